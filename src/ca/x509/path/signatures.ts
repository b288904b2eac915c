import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import {
  bitString,
  type Der,
  expectTag,
  NotDer,
  oid,
  readDer,
  readInteger,
  readOid,
  sequence,
  tags,
} from '../../../crypto/der.ts'
import { PathRefused } from './refused.ts'

/** Whose signatures are believed. What is left out is not: MD5 and, outside of DSA, SHA-1. */
export interface SignatureRules {
  /** RSA keys below this many bits are refused; 2048 where nothing is said. */
  readonly leastRsaBits?: number
  /** DSA, also with SHA-1: out of use, and part of the test suites that path validation is held against. */
  readonly allowDsa?: boolean
}

interface Row {
  readonly keyTypes: readonly string[]
  readonly digest: string | null
  readonly pss?: true
}

const RSA = ['rsa']
const PSS = '1.2.840.113549.1.1.10'
const DSA_KEY = '1.2.840.10040.4.1'

/** RFC 4055, 5758, 8410, 9881. */
const rows: Readonly<Record<string, Row>> = {
  '1.2.840.113549.1.1.11': { keyTypes: RSA, digest: 'sha256' },
  '1.2.840.113549.1.1.12': { keyTypes: RSA, digest: 'sha384' },
  '1.2.840.113549.1.1.13': { keyTypes: RSA, digest: 'sha512' },
  [PSS]: { keyTypes: ['rsa', 'rsa-pss'], digest: null, pss: true },
  '1.2.840.10045.4.3.2': { keyTypes: ['ec'], digest: 'sha256' },
  '1.2.840.10045.4.3.3': { keyTypes: ['ec'], digest: 'sha384' },
  '1.2.840.10045.4.3.4': { keyTypes: ['ec'], digest: 'sha512' },
  '1.3.101.112': { keyTypes: ['ed25519'], digest: null },
  '1.3.101.113': { keyTypes: ['ed448'], digest: null },
  '2.16.840.1.101.3.4.3.17': { keyTypes: ['ml-dsa-44'], digest: null },
  '2.16.840.1.101.3.4.3.18': { keyTypes: ['ml-dsa-65'], digest: null },
  '2.16.840.1.101.3.4.3.19': { keyTypes: ['ml-dsa-87'], digest: null },
}

/** RFC 3279 §2.2.2, RFC 5758 §3.1. */
const dsaRows: Readonly<Record<string, Row>> = {
  '1.2.840.10040.4.3': { keyTypes: ['dsa'], digest: 'sha1' },
  '2.16.840.1.101.3.4.3.2': { keyTypes: ['dsa'], digest: 'sha256' },
}

const CURVES = [
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
]

const MOST_RSA_BITS = 8192

/** A public key, and what a DSA key below it may inherit. */
export interface WorkingKey {
  readonly key: KeyObject
  readonly dsaParameters?: Uint8Array
}

/**
 * The key of a certificate. DSA lets a key leave out its parameters and inherit those of the issuer's key
 * (RFC 5280 §6.1.4 (d) to (f)). Throws PathRefused for a key that is not readable or too weak to believe.
 */
export function workingKey(
  spki: Uint8Array,
  rules: SignatureRules,
  inherited?: WorkingKey,
): WorkingKey {
  const [algorithm, bits] = expectTag(readDer(spki), tags.sequence, 'the public key').children
  const [type, parameters] = expectTag(algorithm, tags.sequence, 'the public key').children
  if (rules.allowDsa === true && readOid(type, 'the public key') === DSA_KEY)
    return dsaKey(bits, parameters, inherited)
  const key = importKey(spki)
  checkKey(key, rules)
  return { key }
}

function dsaKey(
  bits: Der | undefined,
  parameters: Der | undefined,
  inherited: WorkingKey | undefined,
): WorkingKey {
  const own = parameters !== undefined && parameters.tag !== tags.null ? parameters.raw : undefined
  const dsaParameters = own ?? inherited?.dsaParameters
  if (!dsaParameters)
    throw new PathRefused('a DSA key has no parameters and there are none to inherit')
  const { content } = expectTag(bits, tags.bitString, 'the public key')
  const spki = sequence(sequence(oid(DSA_KEY), dsaParameters), bitString(content.subarray(1)))
  return { key: importKey(spki), dsaParameters }
}

function importKey(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch (error) {
    throw new PathRefused('a public key cannot be read or is of a kind that is not known here', {
      cause: error,
    })
  }
}

function checkKey(key: KeyObject, { leastRsaBits = 2048 }: SignatureRules): void {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  const type = key.asymmetricKeyType ?? 'none'
  if (type === 'rsa' || type === 'rsa-pss') {
    if ((modulusLength ?? 0) < leastRsaBits)
      throw new PathRefused(`an RSA key of ${modulusLength} bits is too short to be believed`)
    if ((modulusLength ?? 0) > MOST_RSA_BITS)
      throw new PathRefused(`an RSA key of ${modulusLength} bits takes too long to verify with`)
  } else if (type === 'ec') {
    if (!CURVES.includes(namedCurve ?? ''))
      throw new PathRefused('a key is on a curve that is not believed')
  } else if (!Object.values(rows).some(({ keyTypes }) => keyTypes.includes(type)))
    throw new PathRefused('a key is of a kind that is not believed')
}

export interface Signed {
  readonly tbs: Uint8Array
  /** AlgorithmIdentifier. */
  readonly outerAlgorithm: Uint8Array
  readonly signature: Uint8Array
}

/** Whether this key made this signature, in a way that these rules believe. */
export function signedBy(
  { tbs, outerAlgorithm, signature }: Signed,
  { key }: WorkingKey,
  rules: SignatureRules,
): boolean {
  const [type, parameters, ...more] = expectTag(
    readDer(outerAlgorithm),
    tags.sequence,
    'the signature algorithm',
  ).children
  const dotted = readOid(type, 'the signature algorithm')
  const row = rows[dotted] ?? (rules.allowDsa === true ? dsaRows[dotted] : undefined)
  if (!row || more.length > 0 || !row.keyTypes.includes(key.asymmetricKeyType ?? '')) return false
  try {
    if (row.pss) {
      const { digest, saltLength } = pssParameters(parameters)
      const padding = constants.RSA_PKCS1_PSS_PADDING
      return verify(digest, tbs, { key, padding, saltLength }, signature)
    }
    // NULL for RSA (some leave it out), nothing for the others.
    if (parameters !== undefined && !(parameters.tag === tags.null && row.keyTypes === RSA))
      return false
    return verify(row.digest, tbs, key, signature)
  } catch {
    return false
  }
}

const digests: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}
const MGF1 = '1.2.840.113549.1.1.8'

/** RSASSA-PSS-params (RFC 4055 §3.1) whose mask is made with the digest of the message. SHA-1, the default, is not believed. */
function pssParameters(parameters: Der | undefined): { digest: string; saltLength: number } {
  const { children } = expectTag(parameters, tags.sequence, 'the PSS parameters')
  const field = (number: number) => children.find(({ tag }) => tag === (0xa0 | number))?.children[0]
  const digestOf = (algorithm: Der | undefined): string => {
    const [type] = expectTag(algorithm, tags.sequence, 'the PSS digest').children
    const digest = digests[readOid(type, 'the PSS digest')]
    if (!digest) throw new NotDer('the PSS digest is not believed')
    return digest
  }
  const digest = digestOf(field(0))
  const [mask, maskDigest] = expectTag(field(1), tags.sequence, 'the PSS mask').children
  if (readOid(mask, 'the PSS mask') !== MGF1 || digestOf(maskDigest) !== digest)
    throw new NotDer('the PSS mask is not made with the digest of the message')
  const salt = field(2)
  const saltLength = salt === undefined ? 20n : readInteger(salt, 'the PSS salt length')
  if (saltLength < 0n || saltLength > 512n) throw new NotDer('the PSS salt length is odd')
  const trailer = field(3)
  if (trailer !== undefined && readInteger(trailer, 'the PSS trailer') !== 1n)
    throw new NotDer('the PSS trailer is not known')
  return { digest, saltLength: Number(saltLength) }
}
