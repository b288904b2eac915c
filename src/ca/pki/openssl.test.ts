import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApi } from '../../../test/support/api.ts'
import { fetchPki, newAuthority } from '../../../test/support/revocation.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** Everything it says. Not synchronous, since the server that it asks runs in this process. */
const openssl = (...args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile('openssl', args, { timeout: 20_000 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })

describe.skipIf(!hasOpenssl)('OpenSSL takes what CAs publish', () => {
  const api = startApi('sqlite', { pki: true, pkiUrl: 'http://pki.example.com' })
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keystead-openssl-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const file = (name: string, contents: string | Uint8Array) => {
    const path = join(folder, name)
    writeFileSync(path, contents)
    return path
  }
  const list = async (ca: { id: string }, what: 'crl' | 'delta-crl') => {
    const { body } = await fetchPki(api.server.running.pki, `/pki/${ca.id}/${what}`)
    const der = file(`${what}.der`, body)
    const pem = join(folder, `${what}.pem`)
    execFileSync('openssl', ['crl', '-inform', 'DER', '-in', der, '-out', pem])
    return pem
  }

  test.each([
    { algorithm: 'RSA', size: 2048 },
    { algorithm: 'RSA', size: 4096 },
    { algorithm: 'ECDSA', size: 256 },
    { algorithm: 'ECDSA', size: 384 },
    { algorithm: 'ECDSA', size: 521 },
    { algorithm: 'Ed25519' },
  ])('lists, deltas and OCSP answers: $algorithm $size', { timeout: 60_000 }, async (key) => {
    const ca = await newAuthority(api, key)
    const [good, bad, held] = [await ca.issue(), await ca.issue(), await ca.issue()]
    const caFile = file('ca.pem', ca.cert)
    const certFiles = [good, bad, held].map(({ cert }, at) => file(`cert-${at}.pem`, cert))
    const verify = (crl: readonly string[], which: number) =>
      openssl(
        'verify',
        '-x509_strict',
        '-crl_check_all',
        ...crl.flatMap((path) => ['-CRLfile', path]),
        '-CAfile',
        caFile,
        certFiles[which] ?? '',
      )
    const base = await list(ca, 'crl')
    for (const which of [0, 1, 2]) expect(await verify([base], which)).toContain(': OK')

    await ca.revoke(bad, 'keyCompromise')
    await ca.revoke(held, 'certificateHold')
    const full = await list(ca, 'crl')
    expect(await verify([full], 0)).toContain(': OK')
    for (const which of [1, 2]) expect(await verify([full], which)).toContain('certificate revoked')
    const shown = await openssl('crl', '-in', full, '-noout', '-text', '-CAfile', caFile)
    expect(shown).toContain('verify OK')
    expect(shown).toContain('X509v3 Authority Key Identifier')
    expect(shown).toContain('Issuing Distribution Point: critical')
    expect(shown).toContain(`URI:http://pki.example.com/pki/${ca.id}/crl`)
    expect(shown).toContain(`URI:http://pki.example.com/pki/${ca.id}/delta-crl`)
    expect(shown).toContain('Key Compromise')

    await ca.resume(held)
    const delta = await list(ca, 'delta-crl')
    const text = await openssl('crl', '-in', delta, '-noout', '-text', '-CAfile', caFile)
    expect(text).toContain('verify OK')
    expect(text).toContain('Delta CRL Indicator: critical')
    expect(text).toContain('Remove From CRL')
    const together = (which: number) =>
      openssl(
        'verify',
        '-crl_check',
        '-extended_crl',
        '-use_deltas',
        '-CRLfile',
        base,
        '-CRLfile',
        delta,
        '-CAfile',
        caFile,
        certFiles[which] ?? '',
      )
    // The base of before and the delta of now say what the list of now says.
    expect(await together(0)).toContain(': OK')
    expect(await together(1)).toContain('certificate revoked')
    expect(await together(2)).toContain(': OK')

    const url = `${api.server.running.pki}/pki/${ca.id}/ocsp`
    const ask = (which: number, ...more: readonly string[]) =>
      openssl(
        'ocsp',
        '-issuer',
        caFile,
        ...more,
        '-cert',
        certFiles[which] ?? '',
        '-url',
        url,
        '-CAfile',
        caFile,
      )
    expect(await ask(0)).toMatch(/: good[\s\S]*Response verify OK/)
    expect(await ask(1)).toMatch(/: revoked[\s\S]*keyCompromise[\s\S]*Response verify OK/)
    expect(await ask(2, '-sha256')).toMatch(/: good[\s\S]*Response verify OK/)
    expect(await ask(0)).not.toContain('WARNING: no nonce')
  })

  test('a sub-CA below a root is followed with the lists of both', async () => {
    const root = await newAuthority(api, { cn: 'Root' })
    const { id, csr } = await api.post('/ca/local-cas', { cn: 'Sub' })
    const issued = await root.issue({ csr, purpose: 'ca', duration: 300 })
    const body = { cert: issued.cert, parent_id: root.id }
    await api.post(`/ca/local-cas/${id}/install`, body, 200)
    const request = (await api.post('/ca/csr', { cn: 'leaf.example.com' })).csr
    const leaf = await api.post(`/ca/local-cas/${id}/certs`, {
      csr: request,
      purpose: 'server',
      duration: 10,
    })
    const rootFile = file('root.pem', root.cert)
    const subFile = file('sub.pem', issued.cert)
    const leafFile = file('leaf.pem', leaf.cert)
    const verify = async () => {
      const lists = [
        (await fetchPki(api.server.running.pki, `/pki/${root.id}/crl`)).body,
        (await fetchPki(api.server.running.pki, `/pki/${id}/crl`)).body,
      ].map((der, at) => {
        const [from, to] = [file(`list-${at}.der`, der), join(folder, `list-${at}.pem`)]
        execFileSync('openssl', ['crl', '-inform', 'DER', '-in', from, '-out', to])
        return to
      })
      return openssl(
        'verify',
        '-x509_strict',
        '-crl_check_all',
        ...lists.flatMap((path) => ['-CRLfile', path]),
        '-CAfile',
        rootFile,
        '-untrusted',
        subFile,
        leafFile,
      )
    }
    expect(await verify()).toContain(': OK')
    await root.revoke(issued, 'cACompromise')
    expect(await verify()).toContain('certificate revoked')
  })

  test('the CA’s certificate lies where certificates say it does', async () => {
    const ca = await newAuthority(api)
    const { cert } = await ca.issue()
    const shown = await openssl('x509', '-in', file('leaf.pem', cert), '-noout', '-text')
    for (const what of ['crl', 'ocsp', 'cert'])
      expect(shown).toContain(`URI:http://pki.example.com/pki/${ca.id}/${what}`)
    const { body, headers } = await fetchPki(api.server.running.pki, `/pki/${ca.id}/cert`)
    expect(headers.get('content-type')).toBe('application/pkix-cert')
    const pem = await openssl('x509', '-inform', 'DER', '-in', file('ca.der', body))
    expect(pem.trim()).toBe(ca.cert.trim())
  })
})
