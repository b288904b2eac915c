import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  ECDH,
  encapsulate,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto'
import {
  bitString,
  type Der,
  expectTag,
  NotDer,
  oid,
  readDer,
  readInteger,
  readOctetsOfBits,
  readOid,
  sequence,
  tags,
} from '../../crypto/der.ts'
import { invalid, reading } from '../../crypto/refuse.ts'
import { Secret } from '../../crypto/secret.ts'
import { checkEd25519, checkRsaNumbers, type KeyRules } from '../../crypto/weak-keys.ts'
import { curves } from './algorithms.ts'
import { type Material, privateMaterial, publicMaterial } from './material.ts'
import { checkPrivate, parse } from './private-check.ts'
import { checkRsaSize, type KeySpec, readSpec } from './spec.ts'

/*
 * Private keys, public keys and certificates that others made. Each is taken apart strictly before OpenSSL sees it, must
 * be of a kind and a size that is served here, and is written anew, so that what is stored has one form.
 */

export interface Read {
  readonly spec: KeySpec
  readonly material: Material
}

/** A modulus of 8192 bits and its sign. */
const MAX_INTEGER = 1025
/** An ML-DSA-87 key with its seed and its expanded form is below 5 KiB. */
const MAX_KEY = 16 * 1024
const MAX_CERTIFICATE = 64 * 1024

const ecPublicKey = '1.2.840.10045.2.1'
const rsaEncryption = '1.2.840.113549.1.1.1'

/** FIPS 203, 204 and 205 in the order of their identifiers (RFC 9881, RFC 9935, RFC 9909). */
const postQuantum: Readonly<Record<string, string>> = {
  ...numbered('2.16.840.1.101.3.4.4', 1, ['ml-kem-512', 'ml-kem-768', 'ml-kem-1024']),
  ...numbered('2.16.840.1.101.3.4.3', 17, ['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87']),
  ...numbered(
    '2.16.840.1.101.3.4.3',
    20,
    ['sha2', 'shake'].flatMap((hash) =>
      ['128s', '128f', '192s', '192f', '256s', '256f'].map((set) => `slh-dsa-${hash}-${set}`),
    ),
  ),
}

function numbered(arc: string, first: number, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [`${arc}.${first + index}`, name]))
}

export type PrivateForm = 'pkcs8' | 'pkcs1' | 'sec1'
export type PublicForm = 'spki' | 'pkcs1'

/** A private key in DER. The bytes stay the caller's to wipe. */
export async function readPrivateDer(
  der: Uint8Array,
  type: PrivateForm,
  rules: KeyRules,
): Promise<Read> {
  const what = 'the private key'
  const expected = reading(what, () => {
    const top = readWhole(der)
    if (type !== 'pkcs8') return undefined
    const [version, algorithm] = expectTag(top, tags.sequence, 'it').children
    const number = readInteger(version, 'its version')
    if (number !== 0n && number !== 1n) throw new NotDer('its version is not known')
    return readIdentifier(algorithm, rules)
  })
  const key = parse(what, () =>
    createPrivateKey({
      key: Buffer.from(der.buffer, der.byteOffset, der.length),
      format: 'der',
      type,
    }),
  )
  const material = privateMaterial(key)
  try {
    const { spec } = readSpki(material.publicSpki ?? new Uint8Array(), rules)
    if (expected !== undefined && expected.curve !== spec.curve)
      throw invalid(`${what} has two curves`)
    await checkPrivate(key, spec, material)
    return { spec, material }
  } catch (error) {
    material.secret.wipe()
    throw error
  }
}

/** A public key in DER. */
export function readPublicDer(der: Uint8Array, type: PublicForm, rules: KeyRules): Read {
  if (type === 'spki') return readSpki(der, rules)
  reading('the public key', () => readWhole(der))
  const key = parse('the public key', () =>
    createPublicKey({ key: Buffer.from(der), format: 'der', type }),
  )
  return readSpki(key.export({ type: 'spki', format: 'der' }), rules)
}

/** A certificate in DER, with the public key that it certifies; whether it is valid is not asked. */
export function readCertificateDer(der: Uint8Array, rules: KeyRules): Read {
  if (der.length > MAX_CERTIFICATE)
    throw invalid(`the certificate is larger than ${MAX_CERTIFICATE} bytes`)
  reading('the certificate', () => readDer(der))
  const key = parse('the certificate', () => new X509Certificate(Buffer.from(der)).publicKey)
  const { spec, material } = readSpki(key.export({ type: 'spki', format: 'der' }), rules)
  const publicSpki = material.publicSpki ?? new Uint8Array()
  return { spec, material: { form: 'x509', secret: new Secret(der), publicSpki } }
}

/** Strict DER with no number so large that work on it would hurt. */
export function readWhole(der: Uint8Array): Der {
  if (der.length > MAX_KEY) throw new NotDer(`it is larger than ${MAX_KEY} bytes`)
  const top = readDer(der)
  checkNumbers(top)
  return top
}

function checkNumbers(element: Der): void {
  if (element.tag === tags.integer && element.content.length > MAX_INTEGER)
    throw new NotDer('it has a number above 8192 bits')
  for (const child of element.children) checkNumbers(child)
}

/** What an AlgorithmIdentifier names; RSA's size stands elsewhere. */
function readIdentifier(identifier: Der | undefined, rules: KeyRules): Partial<KeySpec> {
  const [type, parameters] = expectTag(identifier, tags.sequence, 'its algorithm').children
  const dotted = readOid(type, 'its algorithm')
  if (dotted === rsaEncryption) return { algorithm: 'RSA' }
  // A curve of the sender's own making is no curve (CVE-2020-0601); only named ones are read.
  const wanted = dotted === ecPublicKey ? readOid(parameters, 'its named curve') : dotted
  const curve = Object.entries(curves).find(
    ([, row]) => row.oid === wanted && (row.type === 'ec') === (dotted === ecPublicKey),
  )
  if (curve) return readSpec({ algorithm: 'EC', curveid: curve[0] })
  const name = postQuantum[dotted]
  if (name !== undefined) return readSpec({ algorithm: name }, rules)
  throw invalid('the key is of a kind or on a curve that is not known here')
}

function readSpki(der: Uint8Array, rules: KeyRules): Read {
  const what = 'the public key'
  const { named, point } = reading(what, () => {
    const [algorithm, bits] = expectTag(readWhole(der), tags.sequence, 'it').children
    return { named: readIdentifier(algorithm, rules), point: readOctetsOfBits(bits, 'its value') }
  })
  if (named.algorithm === 'RSA') reading(what, () => readWhole(point))
  // OpenSSL finds points off their curve, and values that are not below the field's prime.
  const key = parse(what, () =>
    createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }),
  )
  if (named.algorithm === 'RSA') {
    const size = key.asymmetricKeyDetails?.modulusLength ?? 0
    const spec = readSpec({ algorithm: 'RSA', size }, rules)
    checkRsaSize(size, rules)
    checkRsaNumbers(key)
    return { spec, material: publicMaterial(key.export({ type: 'spki', format: 'der' })) }
  }
  const spec = named as KeySpec
  checkPoint(key, spec, point)
  const row = spec.curve === undefined ? undefined : curves[spec.curve]
  const spki =
    row?.type === 'ec' && point[0] !== 4
      ? uncompressed(spec.curve ?? '', row.oid, point)
      : key.export({ type: 'spki', format: 'der' })
  return { spec, material: publicMaterial(spki) }
}

/** One form for one key (RFC 5480 §2.2 has three). */
function uncompressed(curve: string, dotted: string, point: Uint8Array): Buffer {
  const whole = parse('the public key', () =>
    ECDH.convertKey(Buffer.from(point), curve, undefined, undefined, 'uncompressed'),
  )
  return sequence(sequence(oid(ecPublicKey), oid(dotted)), bitString(Buffer.from(whole)))
}

const P448_TOP = (1n << 448n) - (1n << 224n) - 1n

function checkPoint(key: KeyObject, spec: KeySpec, point: Uint8Array): void {
  const type = spec.curve === undefined ? undefined : curves[spec.curve]?.type
  switch (type) {
    case 'ec':
      // OpenSSL takes the point at infinity, which is no public key, and a third form that nobody writes (SEC 1 §2.3.4).
      if (point[0] !== 2 && point[0] !== 3 && point[0] !== 4)
        throw invalid('the public key is not a point of its curve')
      break
    case 'ed25519':
      checkEd25519(key)
      break
    case 'ed448': {
      // Of the points of small order y is 0, 1 or −1 (RFC 8032 §5.2: their order divides 4).
      const y = BigInt(`0x${Buffer.from(point.subarray(0, 56)).reverse().toString('hex')}`)
      if (y <= 1n || y >= P448_TOP - 1n) throw smallOrder()
      break
    }
    case 'x25519':
    case 'x448': {
      // With a point of small order every agreement is zero, which OpenSSL refuses (RFC 7748 §6).
      const { privateKey } = pairOf(type)
      try {
        diffieHellman({ privateKey, publicKey: key }).fill(0)
      } catch {
        throw smallOrder()
      }
      break
    }
  }
  if (spec.algorithm === 'ML-KEM')
    // FIPS 203 §7.2: values that are not reduced modulo q are refused.
    parse('the public key', () => encapsulate(key).sharedKey.fill(0))
}

const smallOrder = () => invalid('the public key is a point of small order')

const pairOf = (type: 'x25519' | 'x448') =>
  type === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('x448')
