import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import {
  bitString,
  type Der,
  enumerated,
  expectTag,
  explicit,
  generalizedTime,
  implicit,
  NotDer,
  octetString,
  oid,
  readDer,
  readInteger,
  readOctetsOfBits,
  readOid,
  readTime,
  sequence,
  tags,
  tlv,
} from '../../crypto/der.ts'
import { describeKey, signWith } from './algorithms.ts'
import { type Certificate, firstCertificate, readExtensions } from './certificate.ts'
import { type CrlReason, crlReasons } from './crl.ts'
import { writeExtension } from './draft.ts'
import { oids } from './oids.ts'
import { plain } from './profile.ts'

/** A request is a few hundred bytes; one that asks after many certificates, a few thousand. */
const MAX_OCSP_REQUEST = 16 * 1024
const MAX_QUESTIONS = 64
/** RFC 9654 §2.1: 1 to 128 octets; others are malformed. */
const MAX_NONCE = 128

/** The hashes that a certificate may be named with, by the identifier of the algorithm. */
const digests: ReadonlyMap<string, 'sha1' | 'sha256'> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
])

/** One certificate that is asked after. */
export interface CertId {
  /** As it was sent, to be repeated in the answer. */
  readonly raw: Uint8Array
  /** Undefined for an algorithm that is not known here. */
  readonly digest: 'sha1' | 'sha256' | undefined
  readonly nameHash: Uint8Array
  readonly keyHash: Uint8Array
  readonly serialNumber: bigint
}

export interface OcspRequest {
  readonly questions: readonly CertId[]
  /** The value of the nonce's extension, to be repeated. */
  readonly nonce: Uint8Array | undefined
}

/**
 * Reads a request (RFC 6960 §4.1). Who signed it is not looked at: anyone may ask. Throws NotDer for anything that is
 * not a request, has too many questions, or demands (by a critical extension) what is not known here.
 */
export function readOcspRequest(bytes: Uint8Array): OcspRequest {
  if (bytes.length > MAX_OCSP_REQUEST) throw new NotDer('the request is too long')
  const [tbs, signature, ...behind] = expectTag(
    readDer(bytes),
    tags.sequence,
    'the request',
  ).children
  if (behind.length > 0 || (signature && signature.tag !== 0xa0))
    throw new NotDer('the request has a field too many')
  const fields = [...expectTag(tbs, tags.sequence, 'the request').children]
  // Version 1 is the default, so in DER it is not there; some write it all the same.
  if (fields[0]?.tag === 0xa0 && readInteger(fields.shift()?.children[0], 'the version') !== 0n)
    throw new NotDer('the version is not 1')
  if (fields[0]?.tag === 0xa1) fields.shift()
  const [list, extensions, ...more] = fields
  if (more.length > 0 || (extensions && extensions.tag !== 0xa2))
    throw new NotDer('the request has a field too many')
  const questions = expectTag(list, tags.sequence, 'the list of questions').children
  if (questions.length === 0 || questions.length > MAX_QUESTIONS)
    throw new NotDer('the request asks after no certificate, or after too many')
  return { questions: questions.map(readQuestion), nonce: nonceIn(extensions) }
}

function readQuestion(question: Der): CertId {
  const [certId, extensions, ...more] = expectTag(question, tags.sequence, 'a question').children
  if (more.length > 0 || (extensions && extensions.tag !== 0xa0))
    throw new NotDer('a question has a field too many')
  if (extensions) refuseCritical(extensions)
  const [algorithm, nameHash, keyHash, serial, ...behind] = expectTag(
    certId,
    tags.sequence,
    'a certificate’s id',
  ).children
  if (behind.length > 0) throw new NotDer('a certificate’s id has a field too many')
  const dotted = readOid(
    expectTag(algorithm, tags.sequence, 'a hash algorithm').children[0],
    'a hash algorithm',
  )
  return {
    raw: expectTag(certId, tags.sequence, 'a certificate’s id').raw,
    digest: digests.get(dotted),
    nameHash: expectTag(nameHash, tags.octetString, 'the hash of a name').content,
    keyHash: expectTag(keyHash, tags.octetString, 'the hash of a key').content,
    serialNumber: readInteger(serial, 'a serial number'),
  }
}

function refuseCritical({ children }: Der, but: readonly string[] = []): void {
  for (const { oid: dotted, critical } of readExtensions(children[0]))
    if (critical && !but.includes(dotted))
      throw new NotDer('a critical extension is not known here')
}

function nonceIn(extensions: Der | undefined): Uint8Array | undefined {
  if (!extensions) return undefined
  refuseCritical(extensions, [oids.ocspNonce])
  const found = readExtensions(extensions.children[0]).filter(
    ({ oid: dotted }) => dotted === oids.ocspNonce,
  )
  const [nonce, ...more] = found
  if (more.length > 0) throw new NotDer('there are two nonces')
  if (!nonce) return undefined
  const { content } = expectTag(readDer(nonce.value), tags.octetString, 'the nonce')
  if (content.length === 0 || content.length > MAX_NONCE)
    throw new NotDer('the nonce is empty or too long')
  return nonce.value
}

/** A CA as certificate ids name it. */
export interface OcspIssuer {
  readonly nameHash: Readonly<Record<'sha1' | 'sha256', Buffer>>
  readonly keyHash: Readonly<Record<'sha1' | 'sha256', Buffer>>
}

export function ocspIssuerOf(certificatePem: string): OcspIssuer {
  const { subject, spki } = firstCertificate(certificatePem)
  const key = keyBits(spki)
  const both = (data: Uint8Array) => ({ sha1: hash('sha1', data), sha256: hash('sha256', data) })
  return { nameHash: both(subject.raw), keyHash: both(key) }
}

const hash = (algorithm: string, data: Uint8Array): Buffer =>
  createHash(algorithm).update(data).digest()

const keyBits = (spki: Uint8Array): Uint8Array =>
  readOctetsOfBits(readDer(spki).children[1], 'the key')

export const isOf = ({ digest, nameHash, keyHash }: CertId, issuer: OcspIssuer): boolean =>
  digest !== undefined &&
  issuer.nameHash[digest].equals(nameHash) &&
  issuer.keyHash[digest].equals(keyHash)

/** What is known of a certificate. */
export type CertStatus =
  | { readonly is: 'good' | 'unknown' }
  | {
      readonly is: 'revoked'
      readonly at: Date
      /** None: unspecified. */
      readonly reason: CrlReason | undefined
    }

export interface OcspAnswers {
  readonly answers: readonly { readonly about: CertId; readonly status: CertStatus }[]
  readonly nonce: Uint8Array | undefined
  readonly thisUpdate: Date
  readonly nextUpdate: Date
}

/** Who signs answers: a certificate that the CA has given for this, and its key. */
export interface OcspSigner {
  readonly certificate: Certificate
  readonly keyHash: Buffer
  readonly key: KeyObject
}

export function ocspSignerOf(certificatePem: string, key: KeyObject): OcspSigner {
  const certificate = firstCertificate(certificatePem)
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  if (!spki.equals(certificate.spki))
    throw new Error('the key of the OCSP responder is not the key in its certificate')
  // SHA-1 by definition (RFC 6960 §4.2.1): it names the key and protects nothing.
  return { certificate, keyHash: hash('sha1', keyBits(spki)), key }
}

/** The signed answer (RFC 6960 §4.2), the signer's certificate with it. */
export async function writeOcspAnswer(
  signer: OcspSigner,
  { answers, nonce, thisUpdate, nextUpdate }: OcspAnswers,
): Promise<Buffer> {
  const { signature: row } = describeKey(signer.key)
  const data = sequence(
    explicit(2, octetString(signer.keyHash)),
    generalizedTime(thisUpdate),
    sequence(
      ...answers.map(({ about, status }) =>
        sequence(
          about.raw,
          writeStatus(status),
          generalizedTime(thisUpdate),
          explicit(0, generalizedTime(nextUpdate)),
        ),
      ),
    ),
    ...(nonce
      ? [explicit(1, sequence(writeExtension(plain(oids.ocspNonce, Buffer.from(nonce)))))]
      : []),
  )
  const findings = [...lintAnswers(data, { answers, nonce, thisUpdate, nextUpdate })]
  if (findings.length > 0)
    throw new Error(`the OCSP answer would not be sound: ${findings.join('; ')}`)
  const signature = await signWith(row, data, signer.key)
  const basic = sequence(
    data,
    row.identifier,
    bitString(signature),
    explicit(0, sequence(signer.certificate.der)),
  )
  return sequence(enumerated(0), explicit(0, sequence(oid(oids.ocspBasic), octetString(basic))))
}

/** What an answer that was written does not say as it was meant to, read by itself: nothing is signed that does. */
export function* lintAnswers(
  data: Uint8Array,
  { answers, nonce, thisUpdate, nextUpdate }: OcspAnswers,
): Generator<string> {
  const [responder, produced, list, extensions] = readDer(data).children
  if (responder?.tag !== 0xa2) yield 'the responder is not named by its key'
  const times = [produced]
  if (list?.children.length !== answers.length) yield 'there are more answers or fewer than meant'
  for (const [at, { about, status }] of answers.entries()) {
    const [certId, said, from, to] = list?.children[at]?.children ?? []
    if (!certId || !Buffer.from(about.raw).equals(certId.raw))
      yield 'an answer is about another one'
    if (said?.tag !== statusTags[status.is]) yield 'a status is not the one meant'
    if (status.is === 'revoked') {
      const [when, reason] = said?.children ?? []
      if (seconds(when) !== wholeSeconds(status.at))
        yield 'a time of revocation is not the one meant'
      const code = reason?.children[0]?.content[0]
      if (code !== (status.reason && crlReasons[status.reason]))
        yield 'a reason is not the one meant'
    }
    times.push(from)
    if (seconds(to?.children[0]) !== wholeSeconds(nextUpdate))
      yield 'nextUpdate is not the one meant'
  }
  if (times.some((time) => seconds(time) !== wholeSeconds(thisUpdate)))
    yield 'thisUpdate is not the one meant'
  if (nextUpdate <= thisUpdate) yield 'nextUpdate is not after thisUpdate'
  const shown = extensions && readExtensions(extensions.children[0])
  if (Buffer.compare(shown?.[0]?.value ?? Buffer.alloc(0), nonce ?? Buffer.alloc(0)) !== 0)
    yield 'the nonce is not the one of the request'
}

const statusTags = { good: 0x80, revoked: 0xa1, unknown: 0x82 } as const
const wholeSeconds = (date: Date): number => Math.floor(date.getTime() / 1000)
const seconds = (time: Der | undefined): number | undefined =>
  time?.tag === tags.generalizedTime ? wholeSeconds(readTime(time, 'a time')) : undefined

function writeStatus(status: CertStatus): Buffer {
  if (status.is !== 'revoked') return implicit(status.is === 'good' ? 0 : 2, Buffer.alloc(0))
  const { at, reason } = status
  return tlv(
    0xa1,
    generalizedTime(at),
    ...(reason ? [explicit(0, enumerated(crlReasons[reason]))] : []),
  )
}

const refusals = { malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const
export type OcspRefusal = keyof typeof refusals

/** An answer that is none, unsigned as all of these are (RFC 6960 §4.2.1). */
export const writeOcspRefusal = (why: OcspRefusal): Buffer => sequence(enumerated(refusals[why]))
