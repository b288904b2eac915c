import 'reflect-metadata'
import { type KeyObject, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as peculiar from '@peculiar/x509'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeKey } from '../../src/ca/x509/algorithms.ts'
import { firstCertificate } from '../../src/ca/x509/certificate.ts'
import {
  type CrlEntry,
  type CrlFields,
  crlReasons,
  issueCrl,
  prepareCrl,
} from '../../src/ca/x509/crl.ts'
import { lintCrl } from '../../src/ca/x509/crl-lint.ts'
import {
  certificateDer,
  type Distribution,
  generateKey,
  issue,
  type Purpose,
  prepareCertificate,
  prepareSelfSigned,
  readRequest,
  type Validity,
} from '../../src/ca/x509/index.ts'
import { lint } from '../../src/ca/x509/lint.ts'
import { oids } from '../../src/ca/x509/oids.ts'
import { bitString, integer, octetString, sequence, text, tlv } from '../../src/crypto/der.ts'
import { writePem } from '../../src/crypto/pem.ts'
import { Fault } from '../../src/kit/fault.ts'
import { alternative, dns, email, rdn } from '../support/hostile-requests.ts'
import { readCrl } from '../support/revocation.ts'
import { forgeRequest, openssl, type TestCa, write } from '../support/x509.ts'
import { forgeCertificate } from '../support/x509-forge.ts'
import { pick } from './lab.ts'
import { random, report, scale, seed } from './promise.ts'

const folder = mkdtempSync(join(tmpdir(), 'keystead-c1-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Authority extends TestCa {
  readonly name: string
}

const from = new Date('1999-01-01T00:00:00Z')
const until = new Date('9998-12-31T23:59:59Z')

let cas: Authority[]
let leaves: KeyObject[]
beforeAll(async () => {
  cas = []
  for (const [name, algorithm, size] of [
    ['p256', 'ECDSA', 256],
    ['p384', 'ECDSA', 384],
    ['ed25519', 'Ed25519', undefined],
    ['rsa', 'RSA', 2048],
  ] as const) {
    const key = await generateKey(algorithm, size)
    const csr = await forgeRequest(key, { subject: sequence(rdn('2.5.4.3', `C1 ${name}`)) })
    const draft = await prepareSelfSigned(csr, key, { notBefore: from, notAfter: until }, {})
    cas.push({ name, key, csr, certificate: await issue(draft, key) })
  }
  leaves = [
    await generateKey('ECDSA', 256),
    await generateKey('ECDSA', 521),
    await generateKey('RSA', 2048),
    await generateKey('Ed25519'),
  ]
})

const TEXTS = [
  'plain',
  'a b',
  ' leading',
  'trailing ',
  'Grüße',
  '名前',
  '🙂',
  'a/CN=b',
  'a, DNS:evil',
  "o'neil",
  '*',
  'x'.repeat(64),
  'x'.repeat(65),
  '',
  '\0',
  'a\u202eb',
  'é'.repeat(64),
  '=+<>#;"\\',
  '-',
  '0',
]
const HOSTS = [
  'a.example',
  'A.EXAMPLE.COM',
  '*.example.com',
  '*.*.example.com',
  'xn--bcher-kva.example',
  'localhost',
  'a_b.example',
  '10.0.0.1',
  `${'a'.repeat(63)}.example`,
  `${'a'.repeat(64)}.example`,
  'a..b',
  'a.b.',
  '',
  'ex ample',
  'münchen.example',
  '1.example',
  'a-.example',
  'xn--a',
  'b'.repeat(250),
]
const MAILS = [
  'a@example.com',
  "o'neil@example.com",
  '"a b"@example.com',
  'a@b@c',
  'ä@example.com',
  'a@',
  'x+y@a.example',
]
const ADDRESSES = [4, 16, 0, 3, 8, 17].map((length) => Buffer.alloc(length, 7))
const TYPES = [
  '2.5.4.3',
  '2.5.4.10',
  '2.5.4.11',
  '2.5.4.6',
  '2.5.4.8',
  '2.5.4.7',
  '2.5.4.5',
  '0.9.2342.19200300.100.1.1',
  '0.9.2342.19200300.100.1.25',
  '1.2.840.113549.1.9.1',
  '1.2.3.4',
]
const DATES = [
  '1949-12-31T23:59:59Z',
  '1950-01-01T00:00:00Z',
  '1999-06-01T00:00:00Z',
  '2000-02-29T12:00:00Z',
  '2026-01-01T00:00:00.987Z',
  '2049-12-31T23:59:59Z',
  '2050-01-01T00:00:00Z',
  '2050-01-01T00:00:01Z',
  '2100-02-28T23:59:59Z',
  '9998-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '+010000-01-01T00:00:00Z',
  'never',
]
const ADDRESS: readonly Distribution[] = [
  {},
  {
    crl: 'http://pki.example/crl',
    ocsp: 'http://pki.example/ocsp',
    caCertificate: 'http://pki.example/ca',
  },
  { ocsp: 'http://pki.example/ocsp' },
  { crl: `http://pki.example/${'x'.repeat(2000)}` },
  { crl: 'http://pki.example/ä' },
]

/** Mostly ordinary: were every part odd, nothing would ever be issued. */
const odd = <Item>(next: () => number, items: readonly Item[]): Item =>
  next() < 0.88 ? (items[Math.floor(next() * 3)] as Item) : pick(next, items)
const several = <Item>(next: () => number, most: number, make: () => Item): Item[] =>
  Array.from({ length: Math.floor(next() ** 2 * (most + 1)) }, make)

const oddRequest = (next: () => number, key: KeyObject): Promise<string> => {
  const parts = several(next, 5, () =>
    rdn(odd(next, TYPES), odd(next, TEXTS), odd(next, [0x0c, 0x0c, 0x0c, 0x13, 0x14, 0x16])),
  )
  const common =
    next() < 0.9 ? [rdn('2.5.4.3', odd(next, ['host', 'a.example', 'Some One', ...TEXTS]))] : []
  const names = [
    ...several(next, 4, () => dns(odd(next, HOSTS))),
    ...several(next, 2, () => email(odd(next, MAILS))),
    ...several(next, 2, () =>
      tlv(
        0x87,
        odd(next, [ADDRESSES[0], ADDRESSES[1], ADDRESSES[0], ...ADDRESSES]) ?? Buffer.alloc(4),
      ),
    ),
  ]
  return forgeRequest(key, {
    subject: sequence(...parts, ...common),
    extensions: names.length > 0 ? [alternative(...names)] : [],
  })
}

interface Made {
  readonly pem: string
  readonly ca: Authority
  readonly purpose: Purpose
  readonly findings: readonly string[]
}

/** One odd wish. Undefined when it was refused, which is always right; any other error is a crash and thrown. */
async function tryOne(next: () => number): Promise<Made | undefined> {
  const ca = odd(next, [cas[0], cas[0], cas[1], ...cas]) as Authority
  const leaf = odd(next, [leaves[0], leaves[0], leaves[3], ...leaves]) as KeyObject
  const purpose = pick(next, ['server', 'server', 'client', 'ca', 'ocsp'] as const)
  const date = () => new Date(odd(next, [DATES[3], DATES[4], DATES[5], ...DATES]) ?? '')
  const validity: Validity =
    next() < 0.6
      ? { notBefore: date(), notAfter: new Date('2051-01-01T00:00:00Z') }
      : { notBefore: date(), notAfter: date() }
  try {
    const request = await readRequest(await oddRequest(next, leaf))
    const draft = await prepareCertificate(request, purpose, ca, validity, pick(next, ADDRESS))
    const pem = await issue(draft, ca.key)
    const certificate = firstCertificate(ca.certificate)
    const signer = new X509Certificate(ca.certificate).publicKey
    const own = lint(certificateDer(pem), {
      request,
      purpose,
      issuer: certificate,
      signer,
      rules: {},
    })
    return { pem, ca, purpose, findings: [...own, ...secondOpinion(pem, ca.certificate, purpose)] }
  } catch (error) {
    if (error instanceof Fault) return undefined
    throw error
  }
}

/** RFC 5280 once more, on what another parser reads: nothing of our own reader is used. */
function secondOpinion(pem: string, issuerPem: string, purpose: Purpose): string[] {
  const found: string[] = []
  const say = (wrong: boolean, what: string) => wrong && found.push(what)
  const read = new peculiar.X509Certificate(pem)
  const issuer = new peculiar.X509Certificate(issuerPem)
  const raw = Buffer.from(read.rawData)
  // What follows the version: an INTEGER, its length and its first octet, whose top bit is the sign.
  const at = raw.indexOf(Buffer.from('a003020102', 'hex')) + 5
  const [tag, length = 0, first = 0] = raw.subarray(at, at + 3)
  const isPositive = first < 0x80 && BigInt(`0x${read.serialNumber}`) > 0n
  say(tag !== 2 || length > 20 || !isPositive, 'serial number')
  say(read.notBefore >= read.notAfter, 'dates the wrong way round')
  say(
    read.notBefore < issuer.notBefore || read.notAfter > issuer.notAfter,
    'dates beyond the issuer',
  )
  for (const date of [read.notBefore, read.notAfter]) {
    const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
    const isLate = date.getUTCFullYear() >= 2050
    const right = Buffer.concat([
      Buffer.from(isLate ? [0x18, 15] : [0x17, 13]),
      Buffer.from(isLate ? digits : digits.slice(2)),
    ])
    say(!raw.includes(right), 'form of a date')
  }
  say(read.issuer !== issuer.subject, 'issuer')
  const types = read.extensions.map(({ type }) => type)
  say(new Set(types).size !== types.length, 'an extension twice')
  const basic = read.getExtension(peculiar.BasicConstraintsExtension)
  say(basic?.ca !== (purpose === 'ca') || !basic.critical, 'basic constraints')
  const usages = read.getExtension(peculiar.KeyUsagesExtension)
  const signs = peculiar.KeyUsageFlags.keyCertSign
  say(!usages?.critical || ((usages.usages & signs) !== 0) !== (purpose === 'ca'), 'key usage')
  say(
    !types.includes(oids.subjectKeyIdentifier) || !types.includes(oids.authorityKeyIdentifier),
    'key identifiers',
  )
  const names = read.getExtension(oids.subjectAltName)
  say(read.subject === '' && !names?.critical, 'nobody is named, or not critically')
  say(names !== null && names.critical !== (read.subject === ''), 'critical names beside a subject')
  const checked = new X509Certificate(pem)
  say(!checked.verify(new X509Certificate(issuerPem).publicKey), 'signature')
  say(
    !checked.checkIssued(new X509Certificate(issuerPem)),
    'not issued by its issuer, says OpenSSL',
  )
  return found
}

/** As many as one command line takes; OpenSSL's word on each that it does not call OK. */
function strictlyRefused(made: readonly Made[]): string[] {
  const refused: string[] = []
  for (const ca of cas) {
    const own = made.filter((one) => one.ca === ca)
    const file = write(folder, `${ca.name}.pem`, ca.certificate)
    for (let at = 0; at < own.length; at += 50) {
      const files = own
        .slice(at, at + 50)
        .map(({ pem }, index) => write(folder, `${index}.pem`, pem))
      try {
        openssl('verify', '-x509_strict', '-no_check_time', '-CAfile', file, ...files)
      } catch (error) {
        refused.push(String((error as { stderr?: unknown }).stderr ?? error))
      }
    }
  }
  return refused
}

describe('C1: nothing is signed that a linter refuses', () => {
  test('certificates of odd wishes are sound, or not there', {
    timeout: scale(300_000, 3_600_000),
  }, async () => {
    const next = random()
    const wishes = scale(10_000, 100_000)
    const sampled = scale(1_000, 10_000)
    const sample: Made[] = []
    const findings: string[] = []
    let issued = 0
    for (let at = 0; at < wishes; at++) {
      const made = await tryOne(next)
      if (!made) continue
      issued++
      findings.push(...made.findings)
      if (sample.length < sampled) sample.push(made)
    }
    const refused = strictlyRefused(sample)
    report(
      'C1',
      `${wishes} odd wishes, ${issued} issued, ${findings.length} findings of two linters; openssl -x509_strict on ${sample.length}: ${refused.length} refused`,
    )
    expect(findings, `seed ${seed}`).toEqual([])
    expect(refused, `seed ${seed}`).toEqual([])
    // Were nearly all refused, nothing would have been looked at.
    expect(issued).toBeGreaterThan(wishes / 5)
  })

  test('lists of odd entries are sound', { timeout: scale(120_000, 600_000) }, async () => {
    const next = random(seed + 1)
    const lists = scale(300, 3000)
    const findings: string[] = []
    const reasons = [undefined, ...Object.keys(crlReasons)] as CrlEntry['reason'][]
    for (let at = 0; at < lists; at++) {
      const ca = pick(next, cas)
      const isDelta = next() < 0.3
      const number = pick(next, [1n, 127n, 128n, 255n, 1n << 63n, (1n << 158n) + 1n]) + 5n
      const thisUpdate = new Date(
        Math.floor(Date.parse(pick(next, DATES.slice(1, 10))) / 1000) * 1000,
      )
      const fields: CrlFields = {
        number,
        ...(isDelta && { baseNumber: number - 3n }),
        thisUpdate,
        nextUpdate: new Date(thisUpdate.getTime() + pick(next, [1, 3600, 86_400 * 400]) * 1000),
        distributionPoint: pick(next, [undefined, 'http://pki.example/crl']),
        freshest: pick(next, [undefined, 'http://pki.example/delta']),
      }
      const entries = several(
        next,
        60,
        (): CrlEntry => ({
          serialNumber: BigInt(Math.floor(next() * 2 ** 48) + 1) << BigInt(Math.floor(next() * 80)),
          revokedAt: new Date(pick(next, DATES.slice(1, 9))),
          reason: pick(next, isDelta ? reasons : reasons.filter((one) => one !== 'removeFromCRL')),
        }),
      )
      const distinct = [...new Map(entries.map((one) => [one.serialNumber, one])).values()]
      const pages = (async function* () {
        yield distinct.slice(0, 10)
        yield distinct.slice(10)
      })()
      const der = await issueCrl(await prepareCrl(ca, fields, pages), ca.key)
      const signer = new X509Certificate(ca.certificate).publicKey
      const { signature: row } = describeKey(signer)
      const issuer = firstCertificate(ca.certificate)
      findings.push(...(await lintCrl(der, { issuer, row, fields, signer })))
      const second = readCrl(der, ca.certificate)
      if (second.number !== number || second.entries.size !== distinct.length)
        findings.push('another content')
      if (at % 20 === 0) {
        const pem = writePem('X509 CRL', der)
        const caFile = write(folder, 'crl-ca.pem', ca.certificate)
        const shown = openssl(
          'crl',
          '-in',
          write(folder, 'list.pem', pem),
          '-noout',
          '-CAfile',
          caFile,
          '-text',
        )
        if (!shown.includes('X509v3 CRL Number')) findings.push('OpenSSL reads something else')
      }
    }
    report('C1 lists', `${lists} odd revocation lists, ${findings.length} findings`)
    expect(findings, `seed ${seed}`).toEqual([])
  })

  test('the harness notices certificates that were signed unlinted', async () => {
    const [ca] = cas as [Authority]
    const key = leaves[0] as KeyObject
    const csr = await forgeRequest(key, { extensions: [alternative(dns('a.example'))] })
    const request = await readRequest(csr)
    const validity = { notBefore: new Date(), notAfter: new Date(Date.now() + 86_400_000) }
    const draft = await prepareCertificate(request, 'server', ca, validity, {})
    const certificate = await issue(draft, ca.key)
    const signer = new X509Certificate(ca.certificate).publicKey
    const issuer = firstCertificate(ca.certificate)
    const judge = (pem: string) => {
      const expected = { request, purpose: 'server', issuer, signer, rules: {} } as const
      return lint(certificateDer(pem), expected)
    }
    expect(judge(certificate)).toEqual([])
    expect(secondOpinion(certificate, ca.certificate, 'server')).toEqual([])
    const wrong: Parameters<typeof forgeCertificate>[1][] = [
      (template) => ({ ...template, serialNumber: tlv(2, Buffer.from([0x80, 1])) }),
      (template) => ({ ...template, serialNumber: integer(1n << 165n) }),
      (template) => ({ ...template, notAfter: text(0x17, '000101000000Z') }),
      (template) => ({ ...template, notAfter: text(0x18, '20300101000000Z') }),
      (template) => ({ ...template, extensions: template.extensions.slice(1) }),
      (template) => ({
        ...template,
        extensions: [...template.extensions, ...template.extensions.slice(0, 1)],
      }),
      (template) => ({
        ...template,
        extensions: template.extensions.map((one) =>
          one.oid === oids.basicConstraints
            ? { ...one, value: sequence(Buffer.from([1, 1, 255])) }
            : one,
        ),
      }),
      (template) => ({
        ...template,
        extensions: template.extensions.map((one) =>
          one.oid === oids.keyUsage ? { ...one, value: bitString(Buffer.from([0x06]), 1) } : one,
        ),
      }),
    ]
    for (const change of wrong) {
      const pem = await forgeCertificate({ certificate, key: ca.key }, change)
      expect(judge(pem), String(change)).not.toEqual([])
      const second = (() => {
        try {
          return secondOpinion(pem, ca.certificate, 'server')
        } catch {
          return ['cannot be read']
        }
      })()
      expect(second, String(change)).not.toEqual([])
    }
    // And one that every linter knows: names that are no list.
    const nameless = await forgeCertificate({ certificate, key: ca.key }, (template) => ({
      ...template,
      extensions: template.extensions.map((one) =>
        one.oid === oids.subjectAltName ? { ...one, value: octetString(Buffer.of(1)) } : one,
      ),
    }))
    expect(judge(nameless)).not.toEqual([])
  })
})
