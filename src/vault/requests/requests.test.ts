import { spawnSync } from 'node:child_process'
import { createPublicKey, randomUUID, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const KEYS = '/vault/keys2'
const wrong = { code: 9, codeDesc: expect.stringMatching(/^NCERRInvalidParamValue: ./) }

/** What OpenSSL reads in a request whose signature it verifies. */
function openssl(csr: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'keystead-csr-'))
  const file = join(folder, 'csr.pem')
  writeFileSync(file, csr)
  const args = ['req', '-in', file, '-noout', '-verify', '-text', '-pubkey']
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  rmSync(folder, { recursive: true, force: true })
  expect(status, stderr).toBe(0)
  expect(stdout + stderr).toMatch(/verify OK/)
  return stdout
}

describe.each(databases)('certificate requests for keys on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const request = (body: object, status = 201) => api.post('/vault/csr', body, status)
  const cn = 'host.example.com'

  test.each([
    ['RSA 2048', { algorithm: 'rsa', size: 2048 }, 'sha256WithRSAEncryption'],
    ['RSA 3072', { algorithm: 'rsa', size: 3072 }, 'sha384WithRSAEncryption'],
    ['P-256', { algorithm: 'ec', curveid: 'prime256v1' }, 'ecdsa-with-SHA256'],
    ['P-384', { algorithm: 'ec', curveid: 'secp384r1' }, 'ecdsa-with-SHA384'],
    ['P-521', { algorithm: 'ec', curveid: 'secp521r1' }, 'ecdsa-with-SHA512'],
    ['secp256k1', { algorithm: 'ec', curveid: 'secp256k1' }, 'ecdsa-with-SHA256'],
    ['P-512 of Brainpool', { algorithm: 'ec', curveid: 'brainpoolP512r1' }, 'ecdsa-with-SHA512'],
    ['Ed25519', { algorithm: 'ed25519' }, 'ED25519'],
  ])('are signed by a key of %s as strongly as it is', async (_what, fields, algorithm) => {
    const key = await api.post(KEYS, { name: unique('csr'), ...fields })
    const made = await request({ keyID: key.name, keyIDType: 'name', csrParams: { cn } })
    expect(made).toMatchObject({ keyID: key.id, keyVersion: 0 })
    const text = openssl(made.csr)
    expect(text).toContain(`Signature Algorithm: ${algorithm}`)
    expect(text).toContain(key.publickey.trim())
    expect(text).toMatch(/Subject: CN\s?=\s?host\.example\.com/)
  })

  test('ask for what their sender wants of the certificate', async () => {
    const { csr } = await request({
      keyGenParams: { algorithm: 'EC', curveid: 'prime256v1', keyName: unique('asking') },
      csrParams: {
        cn,
        names: [{ O: 'Org', OU: 'Unit', C: 'US' }],
        dnsNames: ['host.example.com', '*.example.com'],
        emailAddresses: ['a@example.com'],
        ipAddresses: ['10.0.0.1'],
        keyUsage: ['digitalSignature', 'keyCertSign', 'decipherOnly'],
        extendedKeyUsage: ['serverAuth', 'microsoftKernelCodeSigning'],
        isCA: true,
        maxPathLen: 2,
        subjectKeyIdentifierHash: true,
        signatureAlgorithm: 'ecdsaWithSHA512',
      },
    })
    const text = openssl(csr)
    for (const part of [
      'Digital Signature, Certificate Sign, Decipher Only',
      'TLS Web Server Authentication, 1.3.6.1.4.1.311.61.1.1',
      'CA:TRUE, pathlen:2',
      'DNS:host.example.com, DNS:*.example.com, email:a@example.com, IP Address:10.0.0.1',
      'X509v3 Subject Key Identifier',
      'ecdsa-with-SHA512',
    ])
      expect(text).toContain(part)
    const end = await request({
      keyGenParams: {},
      csrParams: { cn, isCA: false, maxPathLen: -1, keyUsage: ['KeyEncipherment'] },
    })
    expect(openssl(end.csr)).toContain('CA:FALSE')
    expect(openssl(end.csr)).toContain('Key Encipherment')
  })

  test('make the key they are for, which then is in the vault', async () => {
    const keyName = unique('made')
    const made = await request({ keyGenParams: { keyName }, csrParams: { cn } })
    const key = await api.get(`${KEYS}/${made.keyID}`)
    expect(key).toMatchObject({ name: keyName, algorithm: 'RSA', size: 2048, version: 0 })
    expect(key.material).toBeUndefined()
    await api.get(`${KEYS}/${keyName}-pub`)
    await request({ keyGenParams: { keyName }, csrParams: { cn } }, 409)
  })

  test('are issued by a local CA for that very key', async () => {
    const key = await api.post(KEYS, { name: unique('csr'), algorithm: 'ec', size: 256 })
    const { csr } = await request({ keyID: key.id, csrParams: { cn, dnsNames: [cn] } })
    const { resources } = await api.get('/ca/local-cas?state=active&limit=1')
    const body = { csr, purpose: 'server', duration: 1 }
    const { cert } = await api.post(`/ca/local-cas/${resources[0].id}/certs`, body)
    const certified = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'pem' })
    const own = createPublicKey(key.publickey).export({ type: 'spki', format: 'pem' })
    expect(certified).toBe(own)
  })

  test('are for the version that is named', async () => {
    const key = await api.post(KEYS, { name: unique('csr'), algorithm: 'ec', size: 256 })
    const next = await api.post(`${KEYS}/${key.name}/versions`, {}, 201)
    const of = (keyVersion?: number) => request({ keyID: key.name, keyVersion, csrParams: { cn } })
    expect(await of()).toMatchObject({ keyID: next.id, keyVersion: 1 })
    const old = await of(0)
    expect(old).toMatchObject({ keyID: key.id, keyVersion: 0 })
    expect(openssl(old.csr)).toContain(key.publickey.trim())
  })

  test('are refused where they cannot be made, and then leave no key behind', async () => {
    const name = unique('none')
    const { total } = await api.get(`${KEYS}?limit=1`)
    for (const csrParams of [
      { cn, keyUsage: ['everything'] },
      { cn, extendedKeyUsage: ['1.2.3'] },
      { cn, maxPathLen: 1 },
      { cn, signatureAlgorithm: 'ecdsaWithSHA256' },
      { cn, signatureAlgorithm: 'sha1WithRSA' },
      { cn, signatureAlgorithm: 'md5WithRSA' },
      { cn, ipAddresses: ['no address'] },
      { cn: '' },
      {},
    ])
      expect(
        await request({ keyGenParams: { keyName: name }, csrParams }, 400),
        JSON.stringify(csrParams),
      ).toMatchObject(wrong)
    const csrParams = { cn }
    const aes = await api.post(KEYS, { name: unique('aes') })
    const pair = await api.post(KEYS, { name: unique('pair'), algorithm: 'ec', size: 256 })
    const agreeing = await api.post(KEYS, { name: unique('x'), algorithm: 'x25519' })
    for (const body of [
      { csrParams },
      { keyID: pair.id, keyGenParams: {}, csrParams },
      { keyID: aes.id, csrParams },
      { keyID: `${pair.name}-pub`, csrParams },
      { keyID: agreeing.id, csrParams },
      { keyGenParams: { algorithm: 'AES' }, csrParams },
      { keyGenParams: { algorithm: 'EC', curveid: 'P-256' }, csrParams },
      { keyID: pair.id },
    ])
      expect(await request(body, 400), JSON.stringify(body)).toMatchObject(wrong)
    await request({ keyID: 'nobody', csrParams }, 404)
    await api.get(`${KEYS}/${name}`, 404)
    expect((await api.get(`${KEYS}?limit=1`)).total).toBe(total + 5)
  })

  test('need the right to sign with the key, or to make one', async () => {
    const password = 'Testuser-123!'
    const username = unique('jo')
    await api.post('/usermgmt/users', { username, password })
    const jo = await api.as({ username, password })
    const key = await api.post(KEYS, { name: unique('csr'), algorithm: 'ec', size: 256 })
    const body = { keyID: key.id, csrParams: { cn } }
    await jo.post('/vault/csr', body, 404)
    await jo.post('/vault/csr', { keyGenParams: {}, csrParams: { cn } }, 403)
    await api.post(`/usermgmt/groups/Key%20Users/users/${username}`, {}, 200)
    await jo.post('/vault/csr', { keyGenParams: {}, csrParams: { cn } }, 201)
    await api.post(`${KEYS}/${key.id}/revoke`, { reason: 'Superseded' }, 200)
    await request(body, 409)
  })
})
