import { generateKeyPairSync } from 'node:crypto'
import { oids } from '../../src/ca/x509/oids.ts'
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
} from '../../src/crypto/der.ts'
import { commonName, extension, extensionRequest, type Forged, pair } from './x509.ts'

/** Requests that ask for what they should not get. */

export const dns = (name: string) => implicit(2, Buffer.from(name, 'latin1'))
export const email = (name: string) => implicit(1, Buffer.from(name, 'latin1'))
export const alternative = (...names: readonly Uint8Array[]) =>
  extension(oids.subjectAltName, sequence(...names))
export const good = dns('victim.example.com')
export const san = (...names: readonly Uint8Array[]): Forged => ({
  extensions: [alternative(good, ...names)],
})
const subject = (...rdns: readonly Buffer[]): Forged => ({ subject: sequence(...rdns) })
export const rdn = (dotted: string, value: string, tag?: number) => setOf(pair(dotted, value, tag))
export const CN = '2.5.4.3'
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
export const refused: Readonly<Record<string, Forged>> = {
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
export const stripped: Readonly<Record<string, Forged>> = {
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
