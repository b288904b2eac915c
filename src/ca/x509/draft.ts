import { generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import {
  bitString,
  boolean,
  explicit,
  integer,
  octetString,
  oid,
  readDer,
  readTime,
  sequence,
  time,
} from '../../crypto/der.ts'
import { writePem } from '../../crypto/pem.ts'
import { invalid, reading } from '../../crypto/refuse.ts'
import { Kept } from '../kept.ts'
import {
  describeKey,
  isSameKey,
  publicHalf,
  type SignatureRow,
  signWith,
  spkiOf,
  verifies,
} from './algorithms.ts'
import {
  basicConstraintsOf,
  type Certificate,
  type Extension,
  firstCertificate,
  KEY_CERT_SIGN,
  keyUsageOf,
} from './certificate.ts'
import { lint } from './lint.ts'
import { forbiddenName } from './name-constraints.ts'
import { readName } from './names.ts'
import { extensionsFor } from './profile.ts'
import { readRequest } from './request.ts'
import type { Distribution, Draft, Issuer, Purpose, ReadRequest, Validity } from './types.ts'
import { checkSize, checkStrength, type KeyRules } from './weak-keys.ts'

/** The fields of a certificate, each as its bytes will stand (RFC 5280 §4.1). */
export interface Template {
  readonly version: bigint
  readonly serialNumber: Uint8Array
  readonly algorithm: Uint8Array
  readonly issuer: Uint8Array
  readonly notBefore: Uint8Array
  readonly notAfter: Uint8Array
  readonly subject: Uint8Array
  readonly spki: Uint8Array
  readonly extensions: readonly Extension[]
}

export const writeTbs = (template: Template): Buffer =>
  sequence(
    explicit(0, integer(template.version)),
    template.serialNumber,
    template.algorithm,
    template.issuer,
    sequence(template.notBefore, template.notAfter),
    template.subject,
    template.spki,
    explicit(3, sequence(...template.extensions.map(writeExtension))),
  )

/** critical DEFAULT FALSE is left out, as DER wants. */
export const writeExtension = ({ oid: dotted, critical, value }: Extension): Buffer =>
  sequence(oid(dotted), ...(critical ? [boolean(true)] : []), octetString(value))

export const writeCertificate = (
  tbs: Uint8Array,
  row: SignatureRow,
  signature: Uint8Array,
): Buffer => sequence(tbs, row.identifier, bitString(signature))

/** 128 random bits, never all zero (C3): 17 octets at most, RFC 5280 §4.1.2.2 allows twenty. */
export function newSerialNumber(): bigint {
  for (;;) {
    const serial = BigInt(`0x${randomBytes(16).toString('hex')}`)
    if (serial > 0n) return serial
  }
}

interface Origin {
  readonly row: SignatureRow
  readonly signer: KeyObject
}
/** The drafts that were checked here, and who may sign each. Nothing else that looks like one is signed. */
const origins = new WeakMap<Draft, Origin>()

/** A CA's own certificate, from its own request and key. */
export async function prepareSelfSigned(
  request: string,
  key: KeyObject,
  validity: Validity,
  distribution: Distribution,
  rules: KeyRules = {},
): Promise<Draft> {
  const own = await readRequest(request, rules)
  const signer = publicHalf(key)
  if (!isSameKey(signer, own.publicKey))
    throw invalid('the request was not made with this CA’s key')
  return draft(own, 'ca', undefined, signer, validity, distribution, rules)
}

/**
 * A certificate for this request as its purpose allows, never valid beyond its issuer. A fault when the issuer may not
 * give it: no CA, no path length left, a name outside its name constraints, its own key again, or a failed lint.
 */
export async function prepareCertificate(
  request: ReadRequest,
  purpose: Purpose,
  issuer: Issuer,
  validity: Validity,
  distribution: Distribution,
  rules: KeyRules = {},
): Promise<Draft> {
  const signer = publicHalf(issuer.key)
  checkSize(signer, 'the issuing CA has a key that', rules)
  checkStrength(request.publicKey, rules)
  if (isSameKey(signer, request.publicKey))
    throw invalid('the request holds the issuing CA’s own key')
  const certificate = reading('the certificate of the issuing CA', () =>
    issuingCertificate(issuer.certificate, signer, request, purpose),
  )
  return draft(request, purpose, certificate, signer, validity, distribution, rules)
}

const issuers = new Kept<Certificate>(200)

/** Taken apart once for a certificate: a CA issues many. */
function issuerOf(pem: string): Certificate {
  const known = issuers.get(pem) ?? firstCertificate(pem)
  issuers.set(pem, known)
  return known
}

function issuingCertificate(
  pem: string,
  signer: KeyObject,
  request: ReadRequest,
  purpose: Purpose,
): Certificate {
  const issuer = issuerOf(pem)
  checkIssuer(issuer, signer)
  const forbidden = forbiddenName(issuer, {
    subject: readName(readDer(request.subjectDer), 'the subject'),
    names: request.names,
    isCa: purpose === 'ca',
  })
  if (forbidden !== undefined)
    throw invalid(`the name constraints of the issuing CA do not allow ${forbidden}`)
  return issuer
}

function checkIssuer(issuer: Certificate, signer: KeyObject): void {
  if (!basicConstraintsOf(issuer).isCa || keyUsageOf(issuer)?.has(KEY_CERT_SIGN) === false)
    throw invalid('the certificate of the issuing CA does not allow it to sign certificates')
  // A store that mixed up two CAs must not issue; this is our fault and no caller's.
  if (!spkiOf(signer).equals(issuer.spki))
    throw new Error('the key of the issuing CA is not the key in its certificate')
}

async function draft(
  request: ReadRequest,
  purpose: Purpose,
  issuer: Certificate | undefined,
  signer: KeyObject,
  validity: Validity,
  distribution: Distribution,
  rules: KeyRules,
): Promise<Draft> {
  const { signature: row } = describeKey(signer)
  const { notBefore, notAfter } = within(validity, issuer)
  const tbs = writeTbs({
    version: 2n,
    serialNumber: integer(newSerialNumber()),
    algorithm: row.identifier,
    issuer: issuer?.subject.raw ?? request.subjectDer,
    notBefore: time(notBefore),
    notAfter: time(notAfter),
    subject: request.subjectDer,
    spki: spkiOf(request.publicKey),
    extensions: extensionsFor(request, purpose, issuer, distribution),
  })
  const findings = await rehearse(tbs, row, { request, purpose, issuer, rules })
  if (findings.length > 0)
    throw invalid(`the certificate would not be sound: ${findings.slice(0, 5).join('; ')}`)
  const checked = { tbs } as unknown as Draft
  origins.set(checked, { row, signer })
  return checked
}

/** Signs with a throw-away key and lints the result (C1): the CA's key never touches what would not pass. */
export async function rehearse(
  tbs: Uint8Array,
  row: SignatureRow,
  expected: Omit<Parameters<typeof lint>[1], 'signer'>,
): Promise<string[]> {
  const rehearsal = await throwAwayKey(row)
  const signature = await signWith(row, tbs, rehearsal.privateKey)
  // The true signature is verified when it is made (`issue`); this one only has to be of its form.
  return lint(writeCertificate(tbs, row, signature), { ...expected, signer: undefined })
}

interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}
const generate = promisify(generateKeyPair)
const throwAwayKeys = new Map<string, Promise<KeyPair>>()

/**
 * One per way to sign and process; it stands for nobody. The smallest RSA key that SHA-512 fits does for every size, since
 * the identifier names the digest only, and P-256 for every curve: what is rehearsed is the certificate, not the key.
 */
export function throwAwayKey(row: SignatureRow): Promise<KeyPair> {
  let pair = throwAwayKeys.get(row.name)
  if (!pair) {
    pair = makeThrowAwayKey(row.keyType)
    pair.catch(() => throwAwayKeys.delete(row.name))
    throwAwayKeys.set(row.name, pair)
  }
  return pair
}

function makeThrowAwayKey(keyType: string): Promise<KeyPair> {
  if (keyType === 'rsa') return generate('rsa', { modulusLength: 1024 })
  if (keyType === 'ec') return generate('ec', { namedCurve: 'prime256v1' })
  if (keyType === 'ed25519') return generate('ed25519')
  return generate(keyType as 'ml-dsa-44')
}

/** Whole seconds, cut to the issuer's at both ends: a certificate that outlives its issuer verifies nowhere. */
function within({ notBefore, notAfter }: Validity, issuer: Certificate | undefined): Validity {
  const seconds = (date: Date) => Math.floor(date.getTime() / 1000) * 1000
  let [from, to] = [seconds(notBefore), seconds(notAfter)]
  if (issuer) {
    from = Math.max(from, readTime(issuer.notBefore, 'notBefore').getTime())
    to = Math.min(to, readTime(issuer.notAfter, 'notAfter').getTime())
  }
  // NaN compares false, so that a date that is none is refused here too.
  if (!(from < to))
    throw invalid('notAfter is not after notBefore, within the issuing CA’s own dates')
  if (from < Date.UTC(1950, 0) || to >= Date.UTC(10000, 0))
    throw invalid('a date is outside the years 1950 to 9999')
  return { notBefore: new Date(from), notAfter: new Date(to) }
}

/** Signs a draft and makes sure that the signature is good before it leaves: a faulty RSA signature gives its key away. */
export async function issue(prepared: Draft, issuerKey: KeyObject): Promise<string> {
  const origin = origins.get(prepared)
  if (!origin) throw new Error('only a draft that was prepared here is signed')
  const signature = await signWith(origin.row, prepared.tbs, issuerKey)
  if (!verifies(origin.row, prepared.tbs, origin.signer, signature))
    throw new Error('the signature does not verify under the key the draft was prepared for')
  return writePem('CERTIFICATE', writeCertificate(prepared.tbs, origin.row, signature))
}
