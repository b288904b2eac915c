import 'reflect-metadata'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as peculiar from '@peculiar/x509'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  extension,
  forgeRequest,
  issueFor,
  openssl,
  subjectFields,
  type TestCa,
  testCa,
  validFor,
  write,
} from '../../../test/support/x509.ts'
import { implicit, sequence } from '../../crypto/der.ts'
import { newSerialNumber } from './draft.ts'
import {
  buildRequest,
  checkInstall,
  type Draft,
  factsOf,
  generateKey,
  issue,
  type KeyAlgorithm,
  prepareCertificate,
  prepareSelfSigned,
  readRequest,
  signatureName,
} from './index.ts'
import { oids } from './oids.ts'

const folder = mkdtempSync(join(tmpdir(), 'keystead-x509-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const kinds: readonly (readonly [KeyAlgorithm, number, string])[] = [
  ['RSA', 2048, 'SHA256WithRSA'],
  ['RSA', 3072, 'SHA384WithRSA'],
  ['RSA', 4096, 'SHA512WithRSA'],
  ['ECDSA', 256, 'ECDSAWithSHA256'],
  ['ECDSA', 384, 'ECDSAWithSHA384'],
  ['ECDSA', 521, 'ECDSAWithSHA512'],
  ['Ed25519', 256, 'Ed25519'],
  ['ML-DSA', 44, 'ML-DSA-44'],
  ['ML-DSA', 65, 'ML-DSA-65'],
  ['ML-DSA', 87, 'ML-DSA-87'],
]
const alternatives = {
  none: {},
  dns: { dnsNames: ['*.example.com', 'xn--bcher-kva.example'] },
  email: { emailAddresses: ["o'brien@example.com"] },
  ip: { ipAddresses: ['10.0.0.1', '2001:db8::1', '::1'] },
  all: {
    dnsNames: ['a.example'],
    emailAddresses: ['a@example.com'],
    ipAddresses: ['::', '1.2.3.4'],
  },
}
const purposes = ['server', 'client', 'ca'] as const
const distribution = {
  crl: 'http://pki.example/crl',
  ocsp: 'http://pki.example/ocsp',
  caCertificate: 'http://pki.example/cert',
}

describe.each(kinds)('a CA with a key of %s %i', (algorithm, size, signature) => {
  let ca: TestCa
  beforeAll(async () => {
    ca = await testCa(algorithm, size, subjectFields('Root', { names: [{ C: 'US', O: 'Örg' }] }))
  }, 120_000)

  test('signs as its key asks for', () => {
    expect(signatureName(ca.key)).toBe(signature)
  })

  test('issues for every purpose and kind of name what strict verifiers accept', async () => {
    const key = algorithm === 'RSA' ? ca.key : await generateKey(algorithm, size)
    const leafKey = algorithm === 'RSA' ? await generateKey('RSA', 2048) : key
    const issued: string[] = []
    for (const purpose of purposes) {
      for (const [kind, names] of Object.entries(alternatives)) {
        const csr = await buildRequest(leafKey, subjectFields(`${purpose} ${kind}`, names))
        const pem = await issueFor(csr, purpose, ca, { distribution })
        const read = new X509Certificate(pem)
        const root = new X509Certificate(ca.certificate)
        expect(read.verify(root.publicKey) && read.checkIssued(root)).toBe(true)
        expect(read.ca).toBe(purpose === 'ca')
        expect(new peculiar.X509Certificate(pem).extensions.length).toBe(
          { server: 7, client: 7, ca: 6 }[purpose] + (kind === 'none' ? 0 : 1),
        )
        issued.push(write(folder, `${purpose}-${kind}.pem`, pem))
      }
    }
    // Debian's OpenSSL 3.0 does not know ML-DSA; the OpenSSL inside Node, asked above, does.
    if (algorithm === 'ML-DSA') return
    const root = write(folder, 'root.pem', ca.certificate)
    const answer = openssl('verify', '-x509_strict', '-CAfile', root, ...issued)
    expect(answer.split('\n').filter((line) => line.endsWith(': OK'))).toHaveLength(issued.length)
    for (const purpose of ['sslserver', 'sslclient'] as const) {
      const file = issued[purpose === 'sslserver' ? 1 : 6] ?? ''
      openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', root, file)
    }
  }, 120_000)
})

describe('issuing', () => {
  let ca: TestCa
  let csr: string
  beforeAll(async () => {
    ca = await testCa('ECDSA', 256)
    csr = await buildRequest(await generateKey('ECDSA'), subjectFields('leaf'))
  })
  const prepare = async (
    purpose: 'server' | 'ca',
    issuer: Pick<TestCa, 'certificate' | 'key'> = ca,
    request = csr,
    validity = validFor(1),
  ) => prepareCertificate(await readRequest(request), purpose, issuer, validity, {})

  test('a chain four deep verifies', async () => {
    let issuer: Pick<TestCa, 'certificate' | 'key'> = ca
    const between: string[] = []
    for (let depth = 0; depth < 3; depth++) {
      const key = await generateKey('ECDSA', 384)
      const request = await buildRequest(key, subjectFields(`CA ${depth}`))
      const certificate = await issueFor(request, 'ca', issuer)
      checkInstall(certificate, request, issuer.certificate)
      issuer = { certificate, key }
      between.push(certificate)
    }
    const leaf = write(folder, 'deep.pem', await issueFor(csr, 'server', issuer))
    const root = write(folder, 'deep-root.pem', ca.certificate)
    const chain = write(folder, 'deep-chain.pem', between.join(''))
    expect(openssl('verify', '-x509_strict', '-CAfile', root, '-untrusted', chain, leaf)).toContain(
      'OK',
    )
  })

  test('only a prepared draft is signed', async () => {
    const { tbs } = await prepare('server')
    await expect(issue({ tbs } as unknown as Draft, ca.key)).rejects.toThrow('only a draft')
  })

  test('a draft is signed with its CA’s key and no other', async () => {
    const draft = await prepare('server')
    await expect(issue(draft, await generateKey('ECDSA'))).rejects.toThrow('does not verify')
  })

  test('an issuer whose key and certificate are not one pair is our fault and refused', async () => {
    const mixed = { certificate: ca.certificate, key: await generateKey('ECDSA') }
    await expect(prepare('server', mixed)).rejects.toThrow('not the key in its certificate')
  })

  test('notAfter is cut to the issuer’s, and notBefore too', async () => {
    const validity = { notBefore: new Date('2020-01-01'), notAfter: new Date('2100-01-01') }
    const facts = factsOf(await issue(await prepare('server', ca, csr, validity), ca.key))
    const own = factsOf(ca.certificate)
    expect([facts.notBefore, facts.notAfter]).toEqual([own.notBefore, own.notAfter])
  })

  test('a validity that is over before it begins, or that misses the issuer’s, is refused', async () => {
    for (const [from, to] of [
      ['2027-01-02', '2027-01-01'],
      ['2027-01-01', '2027-01-01'],
      ['2020-01-01', '2021-01-01'],
      ['never', '2027-01-01'],
    ] as const) {
      const validity = { notBefore: new Date(from), notAfter: new Date(to) }
      await expect(prepare('server', ca, csr, validity)).rejects.toMatchObject({
        kind: 'invalid-parameter',
      })
    }
  })

  test('a self-signed CA beyond 2049 has one UTCTime and one GeneralizedTime, in whole seconds', async () => {
    const validity = {
      notBefore: new Date('2049-12-31T23:59:59.999Z'),
      notAfter: new Date('2050-01-01T00:00:00.5Z'),
    }
    const pem = await issue(await prepareSelfSigned(ca.csr, ca.key, validity, {}), ca.key)
    expect(factsOf(pem)).toMatchObject({
      notBefore: '2049-12-31T23:59:59Z',
      notAfter: '2050-01-01T00:00:00Z',
    })
    const shown = openssl('asn1parse', '-in', write(folder, 'late.pem', pem))
    expect(shown).toContain('UTCTIME           :491231235959Z')
    expect(shown).toContain('GENERALIZEDTIME   :20500101000000Z')
  })

  test('a certificate with an empty subject has critical alternative names', async () => {
    const names = sequence(implicit(2, Buffer.from('only.example')))
    const empty = await forgeRequest(await generateKey('ECDSA'), {
      subject: sequence(),
      extensions: [extension(oids.subjectAltName, names)],
    })
    const pem = await issueFor(empty, 'server', ca)
    expect(factsOf(pem).subject).toBe('')
    expect(new peculiar.X509Certificate(pem).getExtension(oids.subjectAltName)?.critical).toBe(true)
    await expect(issueFor(empty, 'ca', ca)).rejects.toThrow('subject is empty')
  })

  test('serial numbers are positive, at most 128 bits, and never come twice', () => {
    const serials = Array.from({ length: 20_000 }, newSerialNumber)
    expect(new Set(serials).size).toBe(serials.length)
    expect(serials.every((serial) => serial > 0n && serial < 1n << 128n)).toBe(true)
    // Every bit is random: each is set in about half of them.
    for (let bit = 0n; bit < 128n; bit++) {
      const set = serials.filter((serial) => ((serial >> bit) & 1n) === 1n).length
      expect(Math.abs(set / serials.length - 0.5)).toBeLessThan(0.03)
    }
  })

  test('a CA does not certify its own key again', async () => {
    const own = await buildRequest(ca.key, subjectFields('another name'))
    await expect(prepare('ca', ca, own)).rejects.toThrow('own key')
  })

  test('self-signing takes the CA’s own request only', async () => {
    await expect(prepareSelfSigned(csr, ca.key, validFor(1), {})).rejects.toThrow('not made with')
  })

  test('a server or client certificate issues nothing', async () => {
    const key = await generateKey('ECDSA')
    const leaf = await issueFor(await buildRequest(key, subjectFields('leaf')), 'server', ca)
    await expect(prepare('server', { certificate: leaf, key })).rejects.toThrow('does not allow it')
  })
})
