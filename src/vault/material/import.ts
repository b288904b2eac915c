import { createPrivateKey, type KeyObject } from 'node:crypto'
import { tags } from '../../crypto/der.ts'
import { type PemBlock, readPem } from '../../crypto/pem.ts'
import { openPkcs12 } from '../../crypto/pkcs12/read.ts'
import { invalid, reading } from '../../crypto/refuse.ts'
import type { Secret } from '../../crypto/secret.ts'
import type { KeyRules } from '../../crypto/weak-keys.ts'
import { quote } from '../../kit/fault.ts'
import { type AlgorithmName, algorithmRow, curves } from './algorithms.ts'
import {
  type PrivateForm,
  type Read,
  readCertificateDer,
  readPrivateDer,
  readPublicDer,
  readWhole,
} from './asymmetric.ts'
import { decode, type Encoding, readEncoding } from './encode.ts'
import { privateMaterial, publicKeyObject } from './material.ts'
import { type KeySpec, octetsOf, readAlgorithm, readSpec, type SpecFields } from './spec.ts'
import { takeBytes } from './symmetric.ts'

/** Material as a request carries it (reference 3 and 3.2). */
export interface ImportFields {
  readonly material: string
  readonly format?: string | null | undefined
  readonly encoding?: string | null | undefined
  /** Of an archive, as it is typed; the wire has it in base64. */
  readonly password?: string | undefined
  readonly objectType?: string | null | undefined
  readonly certType?: string | null | undefined
}

export interface Imported extends Read {
  /** DER, of an archive: the certificates that came with its key. */
  readonly certificates?: readonly Uint8Array[]
}

const MAX_PEM = 64 * 1024
const MAX_TEXT = 512 * 1024

const formats = ['raw', 'opaque', 'base64', 'pkcs1', 'pkcs8', 'pkcs12', 'x509', 'x.509', 'secret']

/**
 * A key that someone else made. The fields say of what kind it should be; what they leave out is read off the key. A fault
 * 'invalid-parameter' for material that is not what they say, that is malformed, or that is weak.
 */
export async function importMaterial(
  asked: SpecFields,
  fields: ImportFields,
  rules: KeyRules = {},
): Promise<Imported> {
  const { material } = fields
  if (material.length > MAX_TEXT) throw invalid(`material is longer than ${MAX_TEXT} characters`)
  const format = fields.format?.toLowerCase() ?? ''
  if (format !== '' && !formats.includes(format))
    throw invalid(`format: ${quote(fields.format ?? '')} is not one of ${formats.join(', ')}`)
  if (isCertificate(fields)) return fits(asked, readCertificate(fields, rules))
  if (format === 'pkcs12') return fits(asked, await readArchive(fields, rules))
  if (material.includes('-----BEGIN ')) return fits(asked, await readText(material, rules))
  const encoding = readEncoding(fields.encoding) ?? (format === 'base64' ? 'base64' : 'hex')
  return importBytes(asked, decode(material, encoding, 'material'), { format }, rules)
}

/**
 * The same for octets, which are wiped: of an unwrapped key, say. Symmetric keys are read as they are, the others as DER or
 * PEM, or with format `raw` as a seed or scalar.
 */
export async function importBytes(
  asked: SpecFields,
  bytes: Buffer,
  { format = '', objectType }: { readonly format?: string; readonly objectType?: string },
  rules: KeyRules = {},
): Promise<Imported> {
  try {
    if (objectType?.toLowerCase() === 'certificate') {
      if (!isPem(bytes)) return fits(asked, readCertificateDer(bytes, rules))
      return fits(asked, readCertificate({ material: bytes.toString('latin1') }, rules))
    }
    const algorithm = askedAlgorithm(asked)
    if (!algorithmRow(algorithm).isAsymmetric) {
      const spec = bytesSpec(asked, algorithm, bytes.length, rules)
      return { spec, material: takeBytes(spec, bytes) }
    }
    if (isPem(bytes)) return fits(asked, await readText(bytes.toString('latin1'), rules))
    if (format === 'raw') return fits(asked, readRaw(readSpec(asked, rules), bytes))
    return fits(asked, await readDerKey(bytes, rules))
  } finally {
    bytes.fill(0)
  }
}

const isPem = (bytes: Buffer): boolean => bytes.subarray(0, 11).equals(Buffer.from('-----BEGIN '))

/** Long names (`ML-KEM-768`) and none (AES) included. A size is not looked at: it is read off the octets. */
const askedAlgorithm = ({ algorithm, curveid }: SpecFields): AlgorithmName =>
  algorithm ? readSpec({ algorithm, curveid }, ANY_RSA).algorithm : 'AES'

/** For questions that are not about the size. */
const ANY_RSA: KeyRules = { allowRsa1024: true }

/** Octets say their size themselves; a size beside them must be the same. */
function bytesSpec(
  asked: SpecFields,
  algorithm: AlgorithmName,
  length: number,
  rules: KeyRules,
): KeySpec {
  const size = (length * 8) / (asked.xts ? 2 : 1)
  if (asked.size && asked.size !== size)
    throw invalid(`material has ${size} bits${asked.xts ? ' in each half' : ''}, not ${asked.size}`)
  const spec = readSpec({ ...asked, algorithm, size: size || -1 }, rules)
  if (octetsOf(spec) !== length) throw invalid(`material has ${length} octets`)
  return spec
}

/** Refuses a key that is not of the kind that the request names. */
function fits<T extends Read>(asked: SpecFields, read: T): T {
  const { spec, material } = read
  try {
    if (asked.algorithm) {
      const { size, curveid } = asked
      const wanted = askedAlgorithm({ algorithm: asked.algorithm, curveid })
      if (wanted !== spec.algorithm)
        throw invalid(`material is a key of ${spec.algorithm}, not of ${wanted}`)
      // Read whole, for the curve or parameter set in a long name.
      const whole = readSpec({ algorithm: asked.algorithm, curveid, size }, ANY_RSA)
      if ((curveid || isLong(asked.algorithm)) && whole.curve !== spec.curve)
        throw invalid(`material is a key on ${spec.curve}, not on ${whole.curve}`)
      if ((size || isLong(asked.algorithm)) && whole.size !== spec.size)
        throw invalid(`material is a key of size ${spec.size}, not ${whole.size}`)
    } else if (asked.size && asked.size !== spec.size)
      throw invalid(`material is a key of size ${spec.size}, not ${asked.size}`)
    return read
  } catch (error) {
    material.secret.wipe()
    throw error
  }
}

const isLong = (name: string): boolean => {
  try {
    readAlgorithm(name)
    return false
  } catch {
    return true
  }
}

function isCertificate({ objectType, certType, format, material }: ImportFields): boolean {
  if (format?.toLowerCase() === 'pkcs12') return false
  return (
    objectType?.toLowerCase() === 'certificate' ||
    Boolean(certType) ||
    /^x\.?509$/i.test(format ?? '') ||
    /^\s*-----BEGIN (?:X509 )?CERTIFICATE-----/.test(material)
  )
}

function readCertificate({ material, certType, encoding }: ImportFields, rules: KeyRules): Read {
  const kind = certType?.toLowerCase()
  if (kind && kind !== 'x509-pem' && kind !== 'x509-der')
    throw invalid(`certType: ${quote(certType ?? '')} is not one of x509-pem, x509-der`)
  const isText = material.includes('-----BEGIN ')
  if (kind && isText !== (kind === 'x509-pem')) throw invalid(`material is not ${kind}`)
  if (!isText)
    return readCertificateDer(decode(material, readEncoding(encoding) ?? 'hex', 'material'), rules)
  const [block, ...others] = readPem(material, 'material', MAX_PEM)
  if (others.length > 0 || !block || !block.label.endsWith('CERTIFICATE'))
    throw invalid('material is not one certificate in PEM')
  return readCertificateDer(block.der, rules)
}

const privateForms: Readonly<Record<string, PrivateForm>> = {
  'PRIVATE KEY': 'pkcs8',
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
}

async function readText(text: string, rules: KeyRules): Promise<Read> {
  // An encrypted key in PEM may ask for any number of iterations, and OpenSSL would do them all.
  if (/^Proc-Type:|-----BEGIN ENCRYPTED /m.test(text))
    throw invalid('material is an encrypted PEM; send it as PKCS #12, wrapped, or in the clear')
  const blocks = readPem(text, 'material', MAX_PEM)
  try {
    // `openssl ecparam -genkey` writes the curve's name before the key, which holds it too.
    const [block, ...others] = blocks.filter(({ label }) => label !== 'EC PARAMETERS')
    if (!block || others.length > 0) throw invalid('material is not one key in PEM')
    return await readBlock(block, rules)
  } finally {
    for (const { der } of blocks) der.fill(0)
  }
}

async function readBlock({ label, der }: PemBlock, rules: KeyRules): Promise<Read> {
  const form = privateForms[label]
  if (form) return readPrivateDer(der, form, rules)
  if (label === 'PUBLIC KEY') return readPublicDer(der, 'spki', rules)
  if (label === 'RSA PUBLIC KEY') return readPublicDer(der, 'pkcs1', rules)
  throw invalid(`material is a PEM of ${quote(label)}, which is not a key`)
}

/** What a key in DER is shows in its first two elements (RFC 5280, 5958, 8017, 5915). */
async function readDerKey(der: Buffer, rules: KeyRules): Promise<Read> {
  const [first, second, third] = reading('material', () => readWhole(der)).children
  if (first?.tag === tags.sequence) return readPublicDer(der, 'spki', rules)
  if (second?.tag === tags.sequence) return readPrivateDer(der, 'pkcs8', rules)
  if (second?.tag === tags.octetString) return readPrivateDer(der, 'sec1', rules)
  if (!third) return readPublicDer(der, 'pkcs1', rules)
  return readPrivateDer(der, 'pkcs1', rules)
}

/** The octets that the algorithm's own document calls the private key: a seed, a scalar (RFC 8032, FIPS 203 to 205). */
function readRaw(spec: KeySpec, bytes: Buffer): Read {
  const type = spec.curve === undefined ? undefined : curves[spec.curve]?.type
  const isSeed = spec.algorithm === 'ML-KEM' || spec.algorithm === 'ML-DSA'
  if (spec.algorithm === 'RSA' || type === 'ec')
    throw invalid(`keys of ${spec.algorithm} have no raw form; send PKCS #8`)
  const name = (type ?? rawName(spec)) as 'ed25519'
  let key: KeyObject
  try {
    key = createPrivateKey({
      key: bytes,
      format: (isSeed ? 'raw-seed' : 'raw-private') as 'raw-private',
      asymmetricKeyType: name,
    })
  } catch (cause) {
    throw invalid('material is not a private key of this kind', { cause })
  }
  return { spec, material: privateMaterial(key) }
}

const rawName = ({ algorithm, size, curve }: KeySpec): string =>
  `${algorithm.toLowerCase()}-${curve ?? size}`

async function readArchive(fields: ImportFields, rules: KeyRules): Promise<Imported> {
  const bytes = decode(fields.material, 'base64', 'material')
  const { keys, certificates } = await openPkcs12(bytes, fields.password ?? '')
  try {
    const [key] = keys
    if (!key || keys.length > 1)
      throw invalid(`the archive holds ${keys.length} private keys, and one is needed`)
    const read = await readPrivateDer(key.reveal(), 'pkcs8', rules)
    return { ...read, certificates: certificates.map((der) => Uint8Array.from(der)) }
  } finally {
    wipeAll(keys)
  }
}

const wipeAll = (secrets: readonly Secret[]): void => {
  for (const secret of secrets) secret.wipe()
}

/** A public key to wrap with: a key or a certificate in PEM (reference 8, wrapPublicKey). */
export async function readPublicKey(pem: string, rules: KeyRules = {}): Promise<KeyObject> {
  const fields = { material: pem }
  const { material } = isCertificate(fields)
    ? readCertificate(fields, rules)
    : await readText(pem, rules)
  if (material.form !== 'pkcs8') return publicKeyObject(material)
  material.secret.wipe()
  throw invalid('the key is a private one, where a public one belongs')
}

/** The password of an archive as the wire has it: base64, or hexadecimal for one that came over KMIP. */
export function readPassword(text: string, encoding: Encoding = 'base64'): string {
  const bytes = decode(text, encoding, 'password')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw invalid('password is not UTF-8 text', { cause })
  } finally {
    bytes.fill(0)
  }
}
