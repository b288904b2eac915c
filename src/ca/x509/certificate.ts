import { createPublicKey, hash, type KeyObject, X509Certificate } from 'node:crypto'
import {
  type Der,
  expectTag,
  NotDer,
  readBoolean,
  readDer,
  readInteger,
  readOctetsOfBits,
  readOid,
  readTime,
  tags,
} from '../../crypto/der.ts'
import { readPem, writePem } from '../../crypto/pem.ts'
import { invalid, reading } from '../../crypto/refuse.ts'
import { signatureOf, verifies } from './algorithms.ts'
import { comparableName, type NameAttribute, printName, readName } from './names.ts'
import { oids } from './oids.ts'
import type { CertificateFacts } from './types.ts'

export interface Extension {
  readonly oid: string
  readonly critical: boolean
  readonly value: Uint8Array
}

/** A certificate taken apart, its parts as they stand in it (RFC 5280 §4.1). */
export interface Certificate {
  readonly der: Uint8Array
  readonly tbs: Uint8Array
  readonly version: bigint
  readonly serialNumber: bigint
  readonly innerAlgorithm: Uint8Array
  readonly outerAlgorithm: Uint8Array
  readonly issuer: Der
  readonly notBefore: Der
  readonly notAfter: Der
  readonly subject: Der
  readonly spki: Uint8Array
  readonly extensions: readonly Extension[]
  readonly signature: Uint8Array
}

/** Takes DER apart without judging it. Throws NotDer. */
export function parseCertificate(der: Uint8Array): Certificate {
  const outer = expectTag(readDer(der), tags.sequence, 'the certificate')
  const [tbs, outerAlgorithm, signature] = outer.children
  const fields = [...expectTag(tbs, tags.sequence, 'the certificate').children]
  const version =
    fields[0]?.tag === 0xa0 ? readInteger(fields.shift()?.children[0], 'the version') : 0n
  const [serial, innerAlgorithm, issuer, validity, subject, spki, ...rest] = fields
  const [notBefore, notAfter] = expectTag(validity, tags.sequence, 'the validity').children
  if (!notBefore || !notAfter) throw new NotDer('the validity is not two times')
  const extensions = rest.find(({ tag }) => tag === 0xa3)
  return {
    der,
    tbs: expectTag(tbs, tags.sequence, 'the certificate').raw,
    version,
    serialNumber: readInteger(serial, 'the serial number'),
    innerAlgorithm: expectTag(innerAlgorithm, tags.sequence, 'the algorithm').raw,
    outerAlgorithm: expectTag(outerAlgorithm, tags.sequence, 'the algorithm').raw,
    issuer: expectTag(issuer, tags.sequence, 'the issuer'),
    notBefore,
    notAfter,
    subject: expectTag(subject, tags.sequence, 'the subject'),
    spki: expectTag(spki, tags.sequence, 'the public key').raw,
    extensions: extensions ? readExtensions(extensions.children[0]) : [],
    signature: readOctetsOfBits(signature, 'the signature'),
  }
}

export function readExtensions(list: Der | undefined): Extension[] {
  return expectTag(list, tags.sequence, 'the list of extensions').children.map((one) => {
    const [type, ...rest] = expectTag(one, tags.sequence, 'an extension').children
    const critical = rest[0]?.tag === tags.boolean && readBoolean(rest.shift(), 'a critical flag')
    return {
      oid: readOid(type, 'the identifier of an extension'),
      critical,
      value: expectTag(rest[0], tags.octetString, 'the value of an extension').content,
    }
  })
}

export const extensionOf = (
  { extensions }: Pick<Certificate, 'extensions'>,
  dotted: string,
): Extension | undefined => extensions.find(({ oid }) => oid === dotted)

export interface BasicConstraints {
  readonly isCa: boolean
  readonly pathLength?: number
}

export function basicConstraintsOf(certificate: Pick<Certificate, 'extensions'>): BasicConstraints {
  const extension = extensionOf(certificate, oids.basicConstraints)
  if (!extension) return { isCa: false }
  const fields = [
    ...expectTag(readDer(extension.value), tags.sequence, 'basicConstraints').children,
  ]
  const isCa = fields[0]?.tag === tags.boolean && readBoolean(fields.shift(), 'CA')
  if (fields.length === 0) return { isCa }
  const pathLength = readInteger(fields[0], 'the path length')
  if (pathLength < 0n || pathLength > 255n) throw new NotDer('the path length is odd')
  return { isCa, pathLength: Number(pathLength) }
}

/** The named bits of keyUsage, bit 0 being digitalSignature; undefined without the extension, which allows all. */
export function keyUsageOf(certificate: Pick<Certificate, 'extensions'>): Set<number> | undefined {
  const extension = extensionOf(certificate, oids.keyUsage)
  if (!extension) return undefined
  const { content } = expectTag(readDer(extension.value), tags.bitString, 'keyUsage')
  const bits = new Set<number>()
  for (const [at, octet] of content.subarray(1).entries())
    for (let bit = 0; bit < 8; bit++) if ((octet & (0x80 >> bit)) !== 0) bits.add(at * 8 + bit)
  return bits
}

export const KEY_CERT_SIGN = 5

export function subjectKeyIdentifierOf(
  certificate: Pick<Certificate, 'extensions'>,
): Uint8Array | undefined {
  const extension = extensionOf(certificate, oids.subjectKeyIdentifier)
  return (
    extension &&
    expectTag(readDer(extension.value), tags.octetString, 'subjectKeyIdentifier').content
  )
}

export const subjectOf = ({ subject }: Pick<Certificate, 'subject'>): NameAttribute[][] =>
  readName(subject, 'the subject')

const upperHash = (algorithm: string, der: Uint8Array): string => hash(algorithm, der).toUpperCase()

export const fingerprintsOf = (
  der: Uint8Array,
): Pick<CertificateFacts, 'sha1Fingerprint' | 'sha256Fingerprint' | 'sha512Fingerprint'> => ({
  sha1Fingerprint: upperHash('sha1', der),
  sha256Fingerprint: upperHash('sha256', der),
  sha512Fingerprint: upperHash('sha512', der),
})

const wholeSeconds = (date: Date): string => date.toISOString().replace('.000Z', 'Z')

const factsOfParsed = (certificate: Certificate): CertificateFacts => ({
  serialNumber: certificate.serialNumber.toString(),
  subject: printName(subjectOf(certificate)),
  issuer: printName(readName(certificate.issuer, 'the issuer')),
  notBefore: wholeSeconds(readTime(certificate.notBefore, 'notBefore')),
  notAfter: wholeSeconds(readTime(certificate.notAfter, 'notAfter')),
  ...fingerprintsOf(certificate.der),
  isCa: basicConstraintsOf(certificate).isCa,
})

const MAX_TEXT = 256 * 1024
const MAX_CHAIN = 16

/** The certificates of a PEM text, taken apart; other blocks of the text are passed over. */
function certificatesIn(pem: string): Certificate[] {
  const blocks = readPem(pem, 'the certificate', MAX_TEXT).filter(
    ({ label }) => label === 'CERTIFICATE' || label === 'X509 CERTIFICATE',
  )
  if (blocks.length === 0) throw invalid('the text holds no certificate')
  if (blocks.length > MAX_CHAIN) throw invalid(`the text holds more than ${MAX_CHAIN} certificates`)
  return blocks.map(({ der }) => reading('the certificate', () => parseCertificate(der)))
}

export function firstCertificate(pem: string): Certificate {
  const [first] = certificatesIn(pem)
  if (!first) throw invalid('the text holds no certificate')
  return first
}

export const certificateDer = (pem: string): Uint8Array => firstCertificate(pem).der

/** What the wire shows of the first certificate of this text. */
export const factsOf = (certificatePem: string): CertificateFacts =>
  reading('the certificate', () => factsOfParsed(firstCertificate(certificatePem)))

/** A certificate that a caller sent: read by two parsers, its text in our columns, what followed it apart. */
export function readCertificate(pem: string): {
  readonly pem: string
  readonly facts: CertificateFacts
  readonly publicKeySpki: Uint8Array
  readonly chainPems: readonly string[]
} {
  const [first, ...chain] = certificatesIn(pem)
  if (!first) throw invalid('the text holds no certificate')
  for (const { der } of [first, ...chain]) openSslReads(der)
  return {
    pem: writePem('CERTIFICATE', first.der),
    facts: reading('the certificate', () => factsOfParsed(first)),
    publicKeySpki: first.spki,
    chainPems: chain.map(({ der }) => writePem('CERTIFICATE', der)),
  }
}

function openSslReads(der: Uint8Array): void {
  try {
    new X509Certificate(der)
  } catch (error) {
    throw invalid('the certificate cannot be read', { cause: error })
  }
}

export function publicKeyOf(spki: Uint8Array, what: string): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch (error) {
    throw invalid(`${what} cannot be read or is of a kind that is not known here`, { cause: error })
  }
}

/** Whether `issuer`'s name and key stand behind this certificate. Dates and constraints are another question. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  const named = comparableName(readName(certificate.issuer, 'the issuer'))
  if (named !== comparableName(subjectOf(issuer))) return false
  const row = signatureOf(certificate.outerAlgorithm)
  if (!row) return otherwiseVerifies(certificate, issuer)
  const key = publicKeyOf(issuer.spki, 'the issuer’s key')
  return verifies(row, certificate.tbs, key, certificate.signature)
}

/** RSA-PSS, other curves: an outside CA may use what we do not. OpenSSL knows them; SHA-1 and MD5 it is not asked about. */
function otherwiseVerifies(certificate: Certificate, issuer: Certificate): boolean {
  const broken = [
    '1.2.840.113549.1.1.4',
    '1.2.840.113549.1.1.5',
    '1.2.840.10045.4.1',
    '1.2.840.10040.4.3',
  ]
  if (broken.includes(readOid(readDer(certificate.outerAlgorithm).children[0], 'the algorithm')))
    return false
  try {
    return new X509Certificate(certificate.der).verify(publicKeyOf(issuer.spki, 'the issuer’s key'))
  } catch {
    return false
  }
}
