import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  issueFor,
  openssl,
  subjectFields,
  type TestCa,
  testCa,
  write,
} from '../../../test/support/x509.ts'
import { forgeCertificate } from '../../../test/support/x509-forge.ts'
import { integer } from '../../crypto/der.ts'
import {
  buildRequest,
  factsOf,
  generateKey,
  readCertificate,
  readRequest,
  requestFacts,
  subjectFieldsOf,
} from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'keystead-facts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const full = subjectFields('test.com', {
  names: [
    { O: 'Org', OU: 'RnD', C: 'US', ST: 'CA', L: 'City' },
    { OU: 'Second Unit' },
    { OU: '' },
    { OU: 'RnD' },
  ],
  dnsNames: ['*.example.com'],
  emailAddresses: ['a@example.com'],
  ipAddresses: ['10.10.10.10'],
})
const slashed = '/C=US/ST=CA/L=City/O=Org/OU=RnD/OU=Second Unit/CN=test.com'

let ca: TestCa
let file: string
beforeAll(async () => {
  ca = await testCa('ECDSA', 256, full)
  file = write(folder, 'ca.pem', ca.certificate)
})
const field = (...args: readonly string[]) =>
  openssl('x509', '-in', file, '-noout', ...args)
    .trim()
    .replace(/^[^=]*=/, '')

describe('what is shown of a certificate', () => {
  test('is what OpenSSL reads in it', () => {
    const facts = factsOf(ca.certificate)
    expect(facts.serialNumber).toBe(BigInt(`0x${field('-serial')}`).toString())
    for (const hash of ['sha1', 'sha256', 'sha512'] as const)
      expect(facts[`${hash}Fingerprint`]).toBe(
        field('-fingerprint', `-${hash}`).replaceAll(':', ''),
      )
    expect(new Date(facts.notBefore)).toEqual(new Date(field('-startdate')))
    expect(new Date(facts.notAfter)).toEqual(new Date(field('-enddate')))
    expect(facts.notAfter).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(facts.isCa).toBe(true)
  })

  test('has the subject in slash form, repeated units in one part of the name', () => {
    expect(factsOf(ca.certificate)).toMatchObject({ subject: slashed, issuer: slashed })
    expect(field('-subject', '-nameopt', 'sep_comma_plus,sname')).toBe(
      'C=US,ST=CA,L=City,O=Org,OU=RnD+OU=Second Unit,CN=test.com',
    )
  })

  test('has text as PrintableString where that can hold it, and UTF8String elsewhere', async () => {
    const key = await generateKey('ECDSA')
    const csr = await buildRequest(
      key,
      subjectFields('Grüße', { names: [{ C: 'DE', O: 'a@b', L: 'Ulm' }] }),
    )
    const shown = openssl('asn1parse', '-in', write(folder, 'strings.csr', csr))
    expect(shown.match(/(?:PRINTABLE|UTF8)STRING.*/g)).toEqual([
      expect.stringMatching(/^PRINTABLE.*DE$/),
      expect.stringMatching(/^PRINTABLE.*Ulm$/),
      expect.stringMatching(/^UTF8.*a@b$/),
      expect.stringMatching(/^UTF8/),
    ])
  })

  test('of an uploaded one has the name’s own order, and a serial number of 0', async () => {
    const key = join(folder, 'up.key')
    const out = join(folder, 'up.pem')
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      out,
      '-set_serial',
      '0',
      '-subj',
      '/CN=first/O=Org, Inc./C=US/emailAddress=a@example.com',
      '-days',
      '9000',
    )
    const facts = factsOf(openssl('x509', '-in', out))
    expect(facts.serialNumber).toBe('0')
    expect(facts.subject).toBe('/CN=first/O=Org, Inc./C=US/emailAddress=a@example.com')
  })

  test('has a negative serial number as it is', async () => {
    const pem = await forgeCertificate(ca, (template) => ({
      ...template,
      serialNumber: Buffer.from([2, 1, 0xff]),
    }))
    expect(factsOf(pem).serialNumber).toBe('-1')
    const large = await forgeCertificate(ca, (template) => ({
      ...template,
      serialNumber: integer((1n << 159n) - 1n),
    }))
    expect(factsOf(large).serialNumber).toBe(((1n << 159n) - 1n).toString())
  })
})

describe('what is shown of a request', () => {
  test('is its subject, and fingerprints of its own', () => {
    const facts = requestFacts(ca.csr)
    expect(facts.subject).toBe(slashed)
    expect(facts.sha1Fingerprint).toMatch(/^[0-9A-F]{40}$/)
    expect(facts.sha512Fingerprint).toMatch(/^[0-9A-F]{128}$/)
    expect(facts.sha1Fingerprint).not.toBe(factsOf(ca.certificate).sha1Fingerprint)
  })

  test('is what OpenSSL finds good, names and all', () => {
    const csr = write(folder, 'ca.csr', ca.csr)
    expect(openssl('req', '-in', csr, '-verify', '-noout', '-subject')).toContain('test.com')
    expect(openssl('req', '-in', csr, '-noout', '-text')).toContain(
      'DNS:*.example.com, email:a@example.com, IP Address:10.10.10.10',
    )
  })

  test('copies into the fields of another one, from a request and from a certificate', () => {
    for (const pem of [ca.csr, ca.certificate])
      expect(subjectFieldsOf(pem)).toEqual({
        ...full,
        names: [
          { C: 'US' },
          { ST: 'CA' },
          { L: 'City' },
          { O: 'Org' },
          { OU: 'RnD' },
          { OU: 'Second Unit' },
        ],
      })
  })
})

describe('a request of our own', () => {
  test.each([
    ['an empty cn', subjectFields(' ')],
    ['a cn of 65 characters', subjectFields('x'.repeat(65))],
    ['a country of three letters', subjectFields('a', { names: [{ C: 'USA' }] })],
    ['a NUL in the cn', subjectFields('a\0b')],
    ['a line end in a unit', subjectFields('a', { names: [{ OU: 'a\nb' }] })],
    ['text that turns its direction', subjectFields('a\u202eb')],
    ['half a character', subjectFields('a\ud800')],
    ['two names in one', subjectFields('a', { dnsNames: ['a.example, DNS:b.example'] })],
    ['a name in letters that DNS lacks', subjectFields('a', { dnsNames: ['bücher.example'] })],
    ['an e-mail address without a host', subjectFields('a', { emailAddresses: ['a@'] })],
    ['an address with a zone', subjectFields('a', { ipAddresses: ['fe80::1%eth0'] })],
    ['an address that is none', subjectFields('a', { ipAddresses: ['10.0.0.256'] })],
    [
      'more names than we read',
      subjectFields('a', { dnsNames: Array.from({ length: 251 }, (_, n) => `h${n}.example`) }),
    ],
  ])('with %s is refused', async (_, fields) => {
    const key = await generateKey('ECDSA')
    await expect(buildRequest(key, fields)).rejects.toMatchObject({ kind: 'invalid-parameter' })
  })

  test('reads back as it was asked for', async () => {
    const key = await generateKey('Ed25519')
    const read = await readRequest(await buildRequest(key, full))
    expect(read.subject).toBe(slashed)
    expect(read.names).toEqual({
      dnsNames: full.dnsNames,
      emailAddresses: full.emailAddresses,
      ipAddresses: full.ipAddresses,
    })
  })
})

describe('a certificate that is sent', () => {
  test('comes back in our columns, what followed it apart', async () => {
    const csr = await buildRequest(await generateKey('ECDSA'), subjectFields('leaf'))
    const leaf = await issueFor(csr, 'server', ca)
    const text = `subject: leaf\r\n${leaf.replaceAll('\n', '\r\n')}and its issuer\n${ca.certificate.trim()}`
    const read = readCertificate(text)
    expect(read.pem).toBe(leaf)
    expect(read.chainPems).toEqual([ca.certificate])
    expect(read.facts).toEqual(factsOf(leaf))
    expect(readCertificate(leaf.replaceAll('\n', '\\n')).pem).toBe(leaf)
  })

  test.each([
    ['nothing', ''],
    ['no PEM', 'hello'],
    ['an unfinished block', '-----BEGIN CERTIFICATE-----\nAAAA'],
    ['an empty block', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----'],
    ['no base64', '-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----'],
    ['no certificate', '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----'],
    [
      'a text too long',
      `-----BEGIN CERTIFICATE-----\n${'A'.repeat(300_000)}\n-----END CERTIFICATE-----`,
    ],
    ['a BEGIN line without end', `-----BEGIN ${'A'.repeat(1000)}`],
  ])('and is %s is refused', (_, text) => {
    expect(() => readCertificate(text)).toThrow(
      expect.objectContaining({ kind: 'invalid-parameter' }),
    )
  })
})
