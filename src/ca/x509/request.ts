import { createPublicKey, type KeyObject } from 'node:crypto'
import {
  bitString,
  type Der,
  expectTag,
  explicit,
  integer,
  NotDer,
  octetString,
  oid,
  readDer,
  readInteger,
  readOctetsOfBits,
  readOid,
  sequence,
  setOf,
  tags,
} from '../../crypto/der.ts'
import { readPem, writePem } from '../../crypto/pem.ts'
import { invalid, reading } from '../../crypto/refuse.ts'
import {
  curves,
  describeKey,
  rememberSpki,
  type SignatureRow,
  signatureOf,
  signWith,
  verifies,
} from './algorithms.ts'
import {
  type AlternativeNames,
  readAlternativeNames,
  writeAlternativeNames,
} from './alternative-names.ts'
import {
  extensionOf,
  fingerprintsOf,
  firstCertificate,
  publicKeyOf,
  readExtensions,
  subjectOf,
} from './certificate.ts'
import { type NameAttribute, printName, readName, rewriteName, writeSubject } from './names.ts'
import { oids } from './oids.ts'
import type { CertificateFacts, NameFields, ReadRequest, SubjectFields } from './types.ts'
import { checkStrength, type KeyRules } from './weak-keys.ts'

const MAX_TEXT = 64 * 1024

/** A PKCS#10 request in PEM (RFC 2986), its alternative names in an extension request. */
export async function buildRequest(key: KeyObject, fields: SubjectFields): Promise<string> {
  const { signature: row } = describeKey(key)
  const info = requestInfo(key, fields, [])
  return requestPem(row, info, await signWith(row, info, key))
}

/** What of a request is signed; `asked`: other extensions, encoded. */
export function requestInfo(
  key: KeyObject,
  fields: SubjectFields,
  asked: readonly Buffer[],
): Buffer {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const names = writeAlternativeNames(fields)
  const extensions = [
    ...(names ? [sequence(oid(oids.subjectAltName), octetString(names))] : []),
    ...asked,
  ]
  const attributes =
    extensions.length > 0
      ? [sequence(oid(oids.extensionRequest), setOf(sequence(...extensions)))]
      : []
  return sequence(integer(0n), writeSubject(fields), spki, explicit(0, ...attributes))
}

export const requestPem = (row: SignatureRow, info: Buffer, signature: Buffer): string =>
  writePem('CERTIFICATE REQUEST', sequence(info, row.identifier, bitString(signature)))

interface ParsedRequest {
  readonly der: Uint8Array
  readonly info: Uint8Array
  readonly subject: readonly (readonly NameAttribute[])[]
  readonly spki: Der
  readonly names: AlternativeNames
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Reads a request as its sender's claim: it gives a key and asks for names, and nothing else of it is looked at (C2).
 * A fault says what is wrong: size and shape (C5), a signature that its key did not make, a weak key (C4), a name.
 */
export async function readRequest(pem: string, rules: KeyRules = {}): Promise<ReadRequest> {
  return reading('the certificate request', () => {
    const request = parseRequest(requestDer(pem))
    const subjectDer = rewriteName(request.subject)
    checkKeyForm(request.spki)
    const publicKey = publicKeyOf(request.spki.raw, 'the key of the certificate request')
    rememberSpki(publicKey, request.spki.raw)
    checkStrength(publicKey, rules)
    const row = signatureOf(request.algorithm)
    if (!row)
      throw invalid('the certificate request is signed with an algorithm that is not accepted')
    if (!verifies(row, request.info, publicKey, request.signature))
      throw invalid('the signature of the certificate request does not verify under its own key')
    if (request.subject.length === 0 && Object.values(request.names).flat().length === 0)
      throw invalid('the certificate request names nobody: subject and alternative names are empty')
    return {
      der: request.der,
      publicKey,
      subject: printName(readName(readDer(subjectDer), 'the subject')),
      subjectDer,
      names: request.names,
    }
  })
}

function requestDer(pem: string): Uint8Array {
  const [block, ...more] = readPem(pem, 'the certificate request', MAX_TEXT)
  if (!block || more.length > 0) throw invalid('the text holds more than one PEM block')
  if (block.label !== 'CERTIFICATE REQUEST' && block.label !== 'NEW CERTIFICATE REQUEST')
    throw invalid('the PEM block is not a certificate request')
  return block.der
}

function parseRequest(der: Uint8Array): ParsedRequest {
  const outer = expectTag(readDer(der), tags.sequence, 'the request').children
  if (outer.length !== 3) throw new NotDer('the request has not three parts')
  const info = expectTag(outer[0], tags.sequence, 'the request')
  const [version, subject, spki, attributes, ...rest] = info.children
  if (readInteger(version, 'the version') !== 0n) throw new NotDer('the version is not 1')
  // Some tools leave the empty set of attributes out, though RFC 2986 does not allow it.
  if (rest.length > 0 || (attributes !== undefined && attributes.tag !== 0xa0))
    throw new NotDer('something other than attributes follows the key')
  return {
    der,
    info: info.raw,
    subject: readName(subject, 'the subject'),
    spki: expectTag(spki, tags.sequence, 'the public key'),
    names: requestedNames(attributes?.children ?? []),
    algorithm: expectTag(outer[1], tags.sequence, 'the algorithm').raw,
    signature: readOctetsOfBits(outer[2], 'the signature'),
  }
}

const noNames: AlternativeNames = { dnsNames: [], emailAddresses: [], ipAddresses: [] }

/** Of all attributes the extension request, of all extensions the alternative names. The profile gives the rest. */
function requestedNames(attributes: readonly Der[]): AlternativeNames {
  const requests = attributes.filter(
    (one) =>
      readOid(expectTag(one, tags.sequence, 'an attribute').children[0], 'an attribute') ===
      oids.extensionRequest,
  )
  if (requests.length > 1) throw new NotDer('there are several extension requests')
  if (!requests[0]) return noNames
  const values = expectTag(requests[0].children[1], tags.set, 'the extension request').children
  if (values.length !== 1) throw new NotDer('the extension request has not one value')
  const extensions = readExtensions(values[0])
  if (new Set(extensions.map(({ oid: type }) => type)).size !== extensions.length)
    throw new NotDer('an extension is asked for twice')
  const names = extensionOf({ extensions }, oids.subjectAltName)
  return names ? readAlternativeNames(readDer(names.value)) : noNames
}

/** OpenSSL would read more forms than a certificate of ours may hold: explicit curves, points in half, odd parameters. */
function checkKeyForm(spki: Der): void {
  const [algorithm, key] = spki.children
  const [type, parameters, ...more] = expectTag(algorithm, tags.sequence, 'the key').children
  const dotted = readOid(type, 'the algorithm of the key')
  const octets = readOctetsOfBits(key, 'the key')
  if (more.length > 0 || spki.children.length !== 2) throw new NotDer('the key has odd parts')
  if (dotted === oids.ecPublicKey) {
    const named = readOid(parameters, 'the name of the key’s curve')
    if (!Object.values(curves).some((curve) => curve.oid === named))
      throw invalid('the key is on a curve other than P-256, P-384 and P-521')
    if (octets[0] !== 4) throw invalid('the key’s point is not in its uncompressed form')
  } else if (dotted === oids.rsaEncryption) {
    if (parameters?.tag !== tags.null || parameters.content.length !== 0)
      throw new NotDer('the RSA key has odd parameters')
  } else if (parameters !== undefined) throw new NotDer('the key has odd parameters')
}

/** What the wire shows of a CA that has no certificate yet: its request's subject, and fingerprints over its DER. */
export function requestFacts(
  csrPem: string,
): Pick<
  CertificateFacts,
  'subject' | 'sha1Fingerprint' | 'sha256Fingerprint' | 'sha512Fingerprint'
> {
  const der = requestDer(csrPem)
  const { subject } = reading('the certificate request', () => parseRequest(der))
  return { subject: printName(subject), ...fingerprintsOf(der) }
}

/** The public key of a request whose signature was checked when it came, as SubjectPublicKeyInfo. */
export const requestKey = (csrPem: string): Uint8Array =>
  reading('the certificate request', () => parseRequest(requestDer(csrPem)).spki.raw)

export const requestSubject = (csrPem: string): readonly (readonly NameAttribute[])[] =>
  reading('the certificate request', () => parseRequest(requestDer(csrPem)).subject)

/** Subject and alternative names of a request or certificate, to make another request of: C, ST, L, O, OU and CN of the subject. */
export function subjectFieldsOf(pem: string): SubjectFields {
  return reading('the text', () => {
    const isRequest = pem.includes('CERTIFICATE REQUEST-----')
    const { subject, names } = isRequest ? parseRequest(requestDer(pem)) : namesOfCertificate(pem)
    const flat = subject.flat()
    const fields = flat.flatMap(({ short, value }): NameFields[] =>
      isField(short) ? [{ [short]: value }] : [],
    )
    return { cn: flat.find(({ short }) => short === 'CN')?.value ?? '', names: fields, ...names }
  })
}

const isField = (short: string): short is keyof NameFields =>
  ['C', 'ST', 'L', 'O', 'OU'].includes(short)

function namesOfCertificate(pem: string) {
  const certificate = firstCertificate(pem)
  const names = extensionOf(certificate, oids.subjectAltName)
  return {
    subject: subjectOf(certificate),
    names: names ? readAlternativeNames(readDer(names.value)) : noNames,
  }
}
