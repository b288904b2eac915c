import 'reflect-metadata'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import * as peculiar from '@peculiar/x509'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  commonName,
  extension,
  extensionRequest,
  type Forged,
  forgeRequest,
  forgeRequestDer,
  issueFor,
  pair,
  subjectFields,
  type TestCa,
  testCa,
} from '../../../test/support/x509.ts'
import { Fault } from '../../kit/fault.ts'
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  nothing,
  octetString,
  oid,
  sequence,
  setOf,
  text,
  tlv,
} from './der.ts'
import { buildRequest, factsOf, generateKey, readRequest } from './index.ts'
import { oids } from './oids.ts'
import { writePem } from './pem.ts'

let ca: TestCa
let key: KeyObject
beforeAll(async () => {
  ca = await testCa('ECDSA')
  key = await generateKey('ECDSA')
})

const dns = (name: string) => implicit(2, Buffer.from(name, 'latin1'))
const email = (name: string) => implicit(1, Buffer.from(name, 'latin1'))
const alternative = (...names: readonly Uint8Array[]) =>
  extension(oids.subjectAltName, sequence(...names))
const good = dns('victim.example.com')
const san = (...names: readonly Uint8Array[]): Forged => ({
  extensions: [alternative(good, ...names)],
})
const subject = (...rdns: readonly Buffer[]): Forged => ({ subject: sequence(...rdns) })
const rdn = (dotted: string, value: string, tag?: number) => setOf(pair(dotted, value, tag))
const CN = '2.5.4.3'
const upn = explicit(0, oid('1.3.6.1.4.1.311.20.2.3'), explicit(0, text(0x0c, 'admin@corp')))
const caTrue = sequence(boolean(true))
const usage = (bits: number) => bitString(Buffer.from([bits]), 0)
const eku = (dotted: string) => extension(oids.extKeyUsage, sequence(oid(dotted)))
const nested = (depth: number): Buffer => {
  let inner: Buffer = nothing
  for (let level = 0; level < depth; level++) inner = sequence(inner)
  return inner
}

/** Refused whole: none of these may become a certificate. */
const refused: Readonly<Record<string, Forged>> = {
  'another kind of name: otherName': san(upn),
  'another kind of name: x400Address': san(explicit(3, nothing)),
  'another kind of name: directoryName': san(explicit(4, commonName('root'))),
  'another kind of name: ediPartyName': san(explicit(5, nothing)),
  'another kind of name: URI': san(implicit(6, Buffer.from('https://evil.example'))),
  'another kind of name: registeredID': san(implicit(8, Buffer.from([42, 3]))),
  'a list of names that is empty': { extensions: [extension(oids.subjectAltName, sequence())] },
  'a list of names that is no list': { extensions: [extension(oids.subjectAltName, nothing)] },
  'two lists of names': { extensions: [alternative(good), alternative(dns('evil.example'))] },
  'two extension requests': {
    attributes: [
      extensionRequest(alternative(good)),
      extensionRequest(alternative(dns('evil.example'))),
    ],
  },
  'an extension request of two values': {
    attributes: [
      sequence(
        oid(oids.extensionRequest),
        setOf(sequence(alternative(good)), sequence(alternative(dns('evil.example')))),
      ),
    ],
  },
  'an extension request without value': {
    attributes: [sequence(oid(oids.extensionRequest), setOf())],
  },
  'CA:TRUE asked for twice': {
    extensions: [
      extension(oids.basicConstraints, caTrue),
      extension(oids.basicConstraints, caTrue),
    ],
  },
  'a NUL in a host name': san(dns('good.example\0.evil.example')),
  'a second name behind a comma': san(dns('a.example, DNS:evil.example')),
  'a second name behind a line end': san(dns('a.example\nDNS:evil.example')),
  'an e-mail address with a second name': san(email('a@example.com, DNS:evil.example')),
  'a NUL in an e-mail address': san(email('a@example.com\0.evil')),
  'an e-mail address in quotes': san(email('"a@b, DNS:c"@example.com')),
  'an e-mail address of two hosts': san(email('a@example.com@evil.example')),
  'a line end in an e-mail address': san(email('a@example.com\r\nBcc: x@y.example')),
  'an e-mail address beyond ASCII': san(email('ä@example.com')),
  'an e-mail address at a wildcard': san(email('a@*.example.com')),
  'an address of 3 octets': san(implicit(7, Buffer.alloc(3))),
  'an address of 8 octets, which is a network': san(implicit(7, Buffer.alloc(8))),
  'an address of 17 octets': san(implicit(7, Buffer.alloc(17))),
  'an empty host name': san(dns('')),
  'a star alone': san(dns('*')),
  'a star for all of a top level': san(dns('*.com')),
  'a star within a label': san(dns('a*.example.com')),
  'a star in the second label': san(dns('a.*.example.com')),
  'two stars': san(dns('*.*.example.com')),
  'a star and nothing': san(dns('*.')),
  'a star after punycode': san(dns('xn--*.example.com')),
  'a trailing point': san(dns('evil.example.')),
  'a leading point': san(dns('.example.com')),
  'an empty label': san(dns('a..example.com')),
  'a label of 64 characters': san(dns(`${'a'.repeat(64)}.example`)),
  'a host name of 254 characters': san(dns(`${'a.'.repeat(125)}exam`)),
  'a label that begins with a hyphen': san(dns('-a.example')),
  'a host name with a blank': san(dns('a b.example')),
  'a host name with a slash': san(dns('a/CN=b.example')),
  'a host name with an underscore': san(dns('a_b.example')),
  'an IPv4 address as a host name': san(dns('10.0.0.1')),
  'a host name in UTF-8': san(dns(Buffer.from('bücher.example').toString('latin1'))),
  'punycode that stands for nothing': san(dns('xn--zzzzzzzz99999.example')),
  'punycode of plain ASCII': san(dns('xn--example-.com')),
  'hyphens where only punycode has them': san(dns('ab--cd.example')),
  'more names than anybody needs': san(
    ...Array.from({ length: 250 }, (_, at) => dns(`h${at}.example`)),
  ),
  'a NUL in the CN': subject(rdn(CN, 'good.example\0.evil.example')),
  'a line end in the CN': subject(rdn(CN, 'good\nCN=evil')),
  'an escape sequence in the CN': subject(rdn(CN, '\u001b[2J')),
  'text turned around in the CN': subject(rdn(CN, 'good\u202elive')),
  'a blank of no width in the CN': subject(rdn(CN, 'go\u200bod')),
  'two CNs': subject(rdn(CN, 'good.example'), rdn(CN, 'evil.example')),
  'two CNs in one part': subject(setOf(pair(CN, 'a.example'), pair(CN, 'b.example'))),
  'CN and OU in one part': subject(setOf(pair(CN, 'a.example'), pair('2.5.4.11', 'Admins'))),
  'two UIDs': subject(rdn('0.9.2342.19200300.100.1.1', 'a'), rdn('0.9.2342.19200300.100.1.1', 'b')),
  'an attribute nobody knows': subject(rdn(CN, 'a'), rdn('1.2.3.4', 'odd')),
  'a CN of 65 characters': subject(rdn(CN, 'x'.repeat(65))),
  'an empty CN': subject(rdn(CN, '')),
  'a CN of blanks': subject(rdn(CN, '   ')),
  'a country of three letters': subject(rdn('2.5.4.6', 'USA'), rdn(CN, 'a')),
  'a country with a sign': subject(rdn('2.5.4.6', 'U/'), rdn(CN, 'a')),
  'an e-mail address in the subject that holds a second': subject(
    rdn('1.2.840.113549.1.9.1', 'a@b.example,c@d.example', 0x16),
  ),
  'a CN that is not UTF-8': {
    subject: sequence(setOf(sequence(oid(CN), tlv(0x0c, Buffer.from([0xff, 0xfe]))))),
  },
  'a CN with an overlong NUL': {
    subject: sequence(setOf(sequence(oid(CN), tlv(0x0c, Buffer.from([0x61, 0xc0, 0x80]))))),
  },
  'a CN in wide characters with a NUL': {
    subject: sequence(setOf(sequence(oid(CN), tlv(0x1e, Buffer.from([0, 0x61, 0, 0]))))),
  },
  'a CN in half a wide character': {
    subject: sequence(setOf(sequence(oid(CN), tlv(0x1e, Buffer.from([0, 0x61, 0]))))),
  },
  'a part of the name without attribute': { subject: sequence(setOf()) },
  'a name of 65 parts': subject(
    ...Array.from({ length: 65 }, (_, at) => rdn('2.5.4.11', `u${at}`)),
  ),
  'no name at all': { subject: sequence() },
  'another version': { version: integer(1n) },
  'a negative version': { version: tlv(2, Buffer.from([0xff])) },
  'an algorithm of another kind': { algorithm: sequence(oid('1.2.840.113549.1.1.11'), nothing) },
  'SHA-1': { algorithm: sequence(oid('1.2.840.10045.4.1')) },
  'an algorithm with parameters where none belong': {
    algorithm: sequence(oid('1.2.840.10045.4.3.2'), nothing),
  },
  'another’s key': {
    spki: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
      type: 'spki',
      format: 'der',
    }),
  },
  'a structure 40 deep': { attributes: [sequence(oid('1.2.3'), setOf(nested(40)))] },
  'a structure 10,000 deep': { attributes: [sequence(oid('1.2.3'), setOf(nested(10_000)))] },
  'an object identifier that pads its numbers': {
    attributes: [sequence(tlv(6, Buffer.from([0x80, 0x2a, 0x03])), setOf(nothing))],
  },
  'an object identifier without end': {
    attributes: [sequence(tlv(6, Buffer.alloc(127, 0xff)), setOf(nothing))],
  },
}

/** Harmless once the profile has had its say: what was asked for beyond it is not in the certificate. */
const stripped: Readonly<Record<string, Forged>> = {
  'CA:TRUE': { extensions: [alternative(good), extension(oids.basicConstraints, caTrue, true)] },
  'CA:TRUE and a path length': {
    extensions: [
      alternative(good),
      extension(oids.basicConstraints, sequence(boolean(true), integer(9n))),
    ],
  },
  'certificate signing': {
    extensions: [alternative(good), extension(oids.keyUsage, usage(0x06), true)],
  },
  'every key usage': { extensions: [alternative(good), extension(oids.keyUsage, usage(0xff))] },
  'client and server use at once': { extensions: [alternative(good), eku(oids.serverAuth)] },
  'any use': { extensions: [alternative(good), eku('2.5.29.37.0')] },
  'code signing': { extensions: [alternative(good), eku('1.3.6.1.5.5.7.3.3')] },
  'OCSP signing': { extensions: [alternative(good), eku('1.3.6.1.5.5.7.3.9')] },
  'OCSP no check': { extensions: [alternative(good), extension('1.3.6.1.5.5.7.48.1.5', nothing)] },
  'name constraints': {
    extensions: [
      alternative(good),
      extension(oids.nameConstraints, sequence(explicit(0, sequence(dns(''))))),
    ],
  },
  'its own authority key identifier': {
    extensions: [
      alternative(good),
      extension(oids.authorityKeyIdentifier, sequence(implicit(0, Buffer.alloc(20)))),
    ],
  },
  'its own subject key identifier': {
    extensions: [
      alternative(good),
      extension(oids.subjectKeyIdentifier, octetString(Buffer.alloc(20))),
    ],
  },
  'its own place to look up revocation': {
    extensions: [alternative(good), extension(oids.crlDistributionPoints, sequence())],
  },
  'its own OCSP responder': {
    extensions: [
      alternative(good),
      extension(
        oids.authorityInfoAccess,
        sequence(sequence(oid(oids.ocsp), implicit(6, Buffer.from('http://evil')))),
      ),
    ],
  },
  'a policy': {
    extensions: [alternative(good), extension('2.5.29.32', sequence(sequence(oid('2.5.29.32.0'))))],
  },
  'names of the issuer': {
    extensions: [alternative(good), extension('2.5.29.18', sequence(dns('evil.example')))],
  },
  'a Microsoft template': {
    extensions: [alternative(good), extension('1.3.6.1.4.1.311.20.2', text(0x1e, '\0C\0A'))],
  },
  'a Microsoft security identifier': {
    extensions: [alternative(good), extension('1.3.6.1.4.1.311.25.2', sequence(upn))],
  },
  'an unknown critical extension': {
    extensions: [alternative(good), extension('1.2.3.4', nothing, true)],
  },
  'a challenge password and other attributes': {
    attributes: [
      sequence(oid('1.2.840.113549.1.9.7'), setOf(text(0x13, 'secret'))),
      extensionRequest(alternative(good)),
    ],
  },
  'Microsoft’s own attribute with more names': {
    attributes: [
      extensionRequest(alternative(good)),
      sequence(oid('1.3.6.1.4.1.311.2.1.14'), setOf(sequence(alternative(dns('evil.example'))))),
    ],
  },
  'the same name twice, in other case': san(dns('VICTIM.example.com'), good),
}

const refusal = expect.objectContaining({ name: 'Fault', kind: 'invalid-parameter' })

describe('a hostile request', () => {
  test('of which the corpus has enough kinds', () => {
    expect(Object.keys(refused).length + Object.keys(stripped).length).toBeGreaterThanOrEqual(100)
  })

  test.each(Object.entries(refused))('with %s is refused', async (_, forged) => {
    const csr = await forgeRequest(key, forged)
    await expect(readRequest(csr)).rejects.toEqual(refusal)
  })

  test.each(Object.entries(stripped))(
    'with %s gets what its purpose gives and no more',
    async (_, forged) => {
      const csr = await forgeRequest(key, forged)
      for (const purpose of ['server', 'client', 'ca'] as const) {
        const plain = await issueFor(
          await forgeRequest(key, { extensions: [alternative(good)] }),
          purpose,
          ca,
        )
        const pem = await issueFor(csr, purpose, ca)
        expect(extensionsOf(pem)).toEqual(extensionsOf(plain))
        expect(factsOf(pem).subject).toBe('/CN=victim.example.com')
      }
    },
  )

  test('may say in its CN what looks like another name; it stays text of the CN', async () => {
    const csr = await forgeRequest(key, { subject: commonName('a, DNS:evil.example') })
    const read = new peculiar.X509Certificate(await issueFor(csr, 'server', ca))
    expect(read.getExtension(oids.subjectAltName)).toBeNull()
    expect(read.subjectName.getField('CN')).toEqual(['a, DNS:evil.example'])
  })

  test('in old string types comes out in ours', async () => {
    const wide = Buffer.from('Grüße', 'utf16le').swap16()
    const old = sequence(
      setOf(sequence(oid('2.5.4.10'), tlv(0x1e, wide))),
      setOf(sequence(oid(CN), tlv(0x14, Buffer.from('plain')))),
    )
    const read = await readRequest(await forgeRequest(key, { subject: old }))
    expect(read.subject).toBe('/O=Grüße/CN=plain')
    expect(Buffer.from(read.subjectDer)).toEqual(
      sequence(rdn('2.5.4.10', 'Grüße', 0x0c), rdn(CN, 'plain', 0x13)),
    )
  })
})

/** Read by a parser that is not ours; the names lower-cased, since their case is the requester's. */
function extensionsOf(pem: string): string[] {
  return new peculiar.X509Certificate(pem).extensions.map(({ type, critical, value }) => {
    const shown = Buffer.from(value).toString('latin1')
    return `${type} ${critical} ${type === oids.subjectAltName ? shown.toLowerCase() : shown}`
  })
}

describe('the key of a request', () => {
  const point = (spki: Buffer) => spki.subarray(-64)
  const p256 = () => createPublicKey(key).export({ type: 'spki', format: 'der' })

  test.each([
    ['off its curve', () => Buffer.concat([p256().subarray(0, -64), Buffer.alloc(64, 1)])],
    [
      'at infinity',
      () =>
        sequence(
          sequence(oid(oids.ecPublicKey), oid('1.2.840.10045.3.1.7')),
          bitString(Buffer.from([0])),
        ),
    ],
    [
      'compressed',
      () =>
        sequence(
          sequence(oid(oids.ecPublicKey), oid('1.2.840.10045.3.1.7')),
          bitString(Buffer.concat([Buffer.from([2]), point(p256()).subarray(0, 32)])),
        ),
    ],
    [
      'on a curve of its own',
      () =>
        sequence(sequence(oid(oids.ecPublicKey), sequence(integer(1n))), bitString(point(p256()))),
    ],
    [
      'of an algorithm nobody knows',
      () => sequence(sequence(oid('1.2.3.4')), bitString(Buffer.alloc(32))),
    ],
    [
      'with unused bits',
      () => sequence(sequence(oid('1.3.101.112')), bitString(Buffer.alloc(32), 1)),
    ],
    [
      'of RSA without parameters',
      () =>
        sequence(sequence(oid(oids.rsaEncryption)), bitString(sequence(integer(35n), integer(3n)))),
    ],
  ])('%s is refused', async (_, spki) => {
    await expect(readRequest(await forgeRequest(key, { spki: spki() }))).rejects.toEqual(refusal)
  })

  test('of RSA 1024 is taken where the operator allows it, for the certificate too', async () => {
    const weak = await buildRequest(
      await generateKey('RSA', 1024, { allowRsa1024: true }),
      subjectFields('old'),
    )
    await expect(readRequest(weak)).rejects.toThrow('1024 bits')
    const rules = { allowRsa1024: true }
    expect(factsOf(await issueFor(weak, 'server', ca, { rules })).subject).toBe('/CN=old')
  })
})

describe('the text of a request', () => {
  test.each([
    ['is too long', (pem: string) => pem + ' '.repeat(65_536)],
    ['holds two', (pem: string) => pem + pem],
    ['is a certificate', (pem: string) => pem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')],
    ['ends early', (pem: string) => pem.slice(0, -40)],
    [
      'has bytes after its end',
      (pem: string) => reencode(pem, (der) => Buffer.concat([der, Buffer.from([0, 0, 0])])),
    ],
    [
      'has an indefinite length',
      (pem: string) =>
        reencode(pem, (der) =>
          Buffer.concat([Buffer.from([0x30, 0x80]), der.subarray(3), Buffer.from([0, 0])]),
        ),
    ],
    [
      'claims a huge length',
      (pem: string) =>
        reencode(pem, (der) =>
          Buffer.concat([Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), der.subarray(3)]),
        ),
    ],
    [
      'pads its length',
      (pem: string) =>
        reencode(pem, (der) => Buffer.concat([Buffer.from([0x30, 0x82, 0]), der.subarray(2)])),
    ],
    ['is empty', () => ''],
  ])('that %s is refused', async (_, change) => {
    const pem = await buildRequest(key, subjectFields('text'))
    await expect(readRequest(change(pem))).rejects.toEqual(refusal)
  })

  test('may have words around it and the older label', async () => {
    const pem = await buildRequest(key, subjectFields('text'))
    const older = pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST')
    expect(
      (await readRequest(`made by hand\r\n${older.replaceAll('\n', '\r\n')}\nthe end`)).subject,
    ).toBe('/CN=text')
  })

  test('changed at random is read or refused, never more, and soon', async () => {
    const der = await forgeRequestDer(
      key,
      san(email('a@example.com'), implicit(7, Buffer.alloc(16, 1))),
    )
    const times: number[] = []
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            at: fc.nat(der.length - 1),
            cut: fc.nat(4),
            put: fc.uint8Array({ maxLength: 4 }),
          }),
          { minLength: 1, maxLength: 5 },
        ),
        async (changes) => {
          let bytes = der
          for (const { at, cut, put } of changes)
            bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)])
          const before = performance.now()
          const outcome = await readRequest(writePem('CERTIFICATE REQUEST', bytes)).catch(
            (error: unknown) => error,
          )
          times.push(performance.now() - before)
          if (outcome instanceof Fault) expect(outcome.kind).toBe('invalid-parameter')
          else expect(outcome).toMatchObject({ subject: '/CN=victim.example.com' })
        },
      ),
      { numRuns: 2000 },
    )
    times.sort((one, other) => one - other)
    expect(times[Math.floor(times.length * 0.99)]).toBeLessThan(100)
  })

  test('of bytes at random is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        await expect(readRequest(writePem('CERTIFICATE REQUEST', bytes))).rejects.toEqual(refusal)
      }),
      { numRuns: 1000 },
    )
  })

  test('of characters at random is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
        const given = text.startsWith('-') ? text : `-----BEGIN CERTIFICATE REQUEST-----\n${text}`
        await expect(readRequest(given)).rejects.toEqual(refusal)
      }),
      { numRuns: 1000 },
    )
  })
})

function reencode(pem: string, change: (der: Buffer) => Buffer): string {
  const body = pem.split('\n').slice(1, -2).join('')
  return writePem('CERTIFICATE REQUEST', change(Buffer.from(body, 'base64')))
}
