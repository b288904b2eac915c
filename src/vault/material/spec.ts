import { invalid } from '../../crypto/refuse.ts'
import type { KeyRules } from '../../crypto/weak-keys.ts'
import { Fault, quote } from '../../kit/fault.ts'
import {
  type AlgorithmName,
  algorithmRow,
  algorithms,
  curves,
  hasCipher,
  hasMode,
  slhDsaSets,
  type Use,
} from './algorithms.ts'

/** What a key is, short of its bytes. */
export interface KeySpec {
  readonly algorithm: AlgorithmName
  /** In bits; of an XTS key that of one half, of ML-KEM, ML-DSA and SLH-DSA the number of the parameter set. */
  readonly size: number
  /** Of EC the curve, of SLH-DSA the parameter set. */
  readonly curve?: string
  /** AES in two halves. */
  readonly xts?: boolean
}

/** As a request carries them (reference 3). */
export interface SpecFields {
  readonly algorithm?: string | null | undefined
  readonly size?: number | null | undefined
  readonly curveid?: string | null | undefined
  readonly xts?: boolean | null | undefined
}

/** Names that say the curve or the parameter set as well; for clients that know no field for it. */
const longNames: Readonly<Record<string, SpecFields>> = {
  ed25519: { algorithm: 'EC', curveid: 'ed25519' },
  ed448: { algorithm: 'EC', curveid: 'ed448' },
  x25519: { algorithm: 'EC', curveid: 'curve25519' },
  x448: { algorithm: 'EC', curveid: 'curve448' },
  ...Object.fromEntries(
    (['ML-KEM', 'ML-DSA'] as const).flatMap((algorithm) =>
      algorithms[algorithm].sizes.map((size) => [
        `${algorithm.toLowerCase()}-${size}`,
        { algorithm, size },
      ]),
    ),
  ),
  ...Object.fromEntries(
    slhDsaSets.map((curveid) => [`slh-dsa-${curveid}`, { algorithm: 'SLH-DSA', curveid }]),
  ),
}

/**
 * What these fields ask for, defaults filled in: AES 256 when they say nothing. A fault 'invalid-parameter' for an
 * algorithm, size or curve that is none, 'not-built' for one that this server's OpenSSL lacks.
 */
export function readSpec(given: SpecFields, rules: KeyRules = {}): KeySpec {
  const fields = { ...given, ...agreeing(given) }
  const algorithm = readAlgorithm(fields.algorithm ?? 'AES')
  const row = algorithmRow(algorithm)
  if (!hasCipher(row))
    throw new Fault('not-built', `${algorithm} is not part of the OpenSSL that this server runs on`)
  if (fields.xts && algorithm !== 'AES')
    throw invalid(`xts: keys of ${algorithm} have no two halves; AES keys have`)
  if (fields.curveid && row.family !== 'ec' && row.family !== 'slh-dsa')
    throw invalid(`curveid: keys of ${algorithm} have no curve`)
  if (row.family === 'ec') return curveSpec(algorithm, fields)
  if (row.family === 'slh-dsa') return slhDsaSpec(algorithm, fields)
  const size = fields.size || row.defaultSize
  checkSize(algorithm, size)
  if (algorithm === 'RSA') checkRsaSize(size, rules)
  if (!fields.xts) return { algorithm, size }
  // IEEE 1619 defines XTS-AES-128 and XTS-AES-256 only.
  if (size === 192) throw invalid('size: XTS keys have halves of 128 or 256 bits')
  return { algorithm, size, xts: true }
}

/** What a long name says; a field beside it that says otherwise is refused. */
function agreeing(given: SpecFields): SpecFields {
  const name = (given.algorithm ?? '').toLowerCase()
  const long = Object.hasOwn(longNames, name) ? longNames[name] : undefined
  if (!long) return {}
  const { size, curveid } = long
  if (size !== undefined && given.size && given.size !== size)
    throw invalid(`size: ${given.size} does not go with algorithm ${quote(given.algorithm ?? '')}`)
  if (curveid && given.curveid && given.curveid.toLowerCase() !== curveid)
    throw invalid(
      `curveid: ${quote(given.curveid)} does not go with algorithm ${quote(given.algorithm ?? '')}`,
    )
  return long
}

/** The name as answers carry it. */
export function readAlgorithm(text: string): AlgorithmName {
  const upper = text.toUpperCase()
  if (Object.hasOwn(algorithms, upper)) return upper as AlgorithmName
  throw invalid(`algorithm: ${quote(text)} is not one of ${Object.keys(algorithms).join(', ')}`)
}

function checkSize(algorithm: AlgorithmName, size: number): void {
  const { sizes, anySizeFrom } = algorithmRow(algorithm)
  if (anySizeFrom !== undefined) {
    if (Number.isInteger(size) && size >= anySizeFrom && size <= MAX_BITS && size % 8 === 0) return
    throw invalid(
      `size: ${size} is not a size of ${algorithm}, which has whole octets from ${anySizeFrom} to ${MAX_BITS} bits`,
    )
  }
  if (!sizes.includes(size))
    throw invalid(`size: ${size} is not a size of ${algorithm}, which has ${sizes.join(', ')}`)
}

/** Of HMAC-SHA1 keys and opaque objects. */
const MAX_BITS = 8 * 64 * 1024

/** As at the certificate authority: 1024 only by the operator's word. */
export function checkRsaSize(size: number, rules: KeyRules): void {
  if (size < 2048 && rules.allowRsa1024 !== true)
    throw invalid(`size: RSA keys of ${size} bits are refused here; 2048 are the least`)
}

function curveSpec(algorithm: AlgorithmName, { curveid, size }: SpecFields): KeySpec {
  const found = curveid
    ? Object.keys(curves).find((name) => name.toLowerCase() === curveid.toLowerCase())
    : curveOfSize(size)
  const row = found === undefined ? undefined : curves[found]
  if (found === undefined || !row)
    throw invalid(
      `curveid: ${quote(curveid ?? '')} is not one of ${Object.keys(curves).join(', ')}`,
    )
  if (size && size !== row.size)
    throw invalid(`size: ${size} is not the size of ${found}, which has ${row.size}`)
  return { algorithm, size: row.size, curve: found }
}

/** With a size alone the curve of NIST is meant; with nothing, the reference's default. */
function curveOfSize(size: number | null | undefined): string {
  if (!size) return 'secp384r1'
  const found = ['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1'].find(
    (name) => curves[name]?.size === size,
  )
  if (!found) throw invalid(`size: ${size} names no curve; give curveid`)
  return found
}

function slhDsaSpec(algorithm: AlgorithmName, { curveid, size }: SpecFields): KeySpec {
  const wanted = curveid?.toLowerCase() ?? `sha2-${size || 128}s`
  if (!slhDsaSets.includes(wanted))
    throw invalid(
      `curveid: ${quote(curveid ?? wanted)} is not one of the parameter sets ${slhDsaSets.join(', ')}`,
    )
  const own = Number(/\d{3}/.exec(wanted.slice(wanted.indexOf('-')))?.[0])
  if (size && size !== own)
    throw invalid(`size: ${size} is not the size of ${wanted}, which has ${own}`)
  return { algorithm, size: own, curve: wanted }
}

/** Octets of a key that is not a pair; of XTS both halves. */
export const octetsOf = ({ size, xts }: KeySpec): number => (size / 8) * (xts ? 2 : 1)

/** Whether keys of this kind can be used so at all; `isPublic` for the public key of a pair. */
export function can(spec: KeySpec, use: Use, isPublic = false): boolean {
  const row = algorithmRow(spec.algorithm)
  if (!(isPublic ? row.publicUses : row.uses).includes(use)) return false
  if (spec.xts) return use === 'encrypt' || use === 'decrypt'
  const type = spec.curve === undefined ? undefined : curves[spec.curve]?.type
  // Signatures are for Weierstrass and Edwards curves, agreement for Weierstrass and Montgomery ones.
  if (type === 'ed25519' || type === 'ed448') return use === 'sign' || use === 'verify'
  if (type === 'x25519' || type === 'x448') return use !== 'sign' && use !== 'verify'
  return true
}

/** The usage mask of a key for which none was asked: what its kind is mostly made for. */
export function defaultMask(spec: KeySpec, isPublic = false): number {
  const row = algorithmRow(spec.algorithm)
  const mask = isPublic ? row.publicMask : row.mask
  if (spec.xts) return mask & 12
  if (row.family !== 'ec') return mask
  const sign = can(spec, isPublic ? 'verify' : 'sign', isPublic)
  const agree = can(spec, isPublic ? 'wrap' : 'derive', isPublic)
  return (sign ? mask & 3 : 0) | (agree ? mask & ~3 : 0)
}

/** The name of a cipher in OpenSSL: `aes-256-gcm`, `des-ede3-cbc`. A fault for a mode that the algorithm does not have. */
export function cipherName(spec: KeySpec, mode: string): string {
  const { cipher } = algorithmRow(spec.algorithm)
  const spelled = mode.toLowerCase()
  // OpenSSL's ciphertext stealing is CS1 unless told otherwise (SP 800-38A addendum).
  const own = spelled === 'cbc_cs1' ? 'cbc-cts' : spelled
  const name = `${cipher?.(spec.size)}-${own}`
  const fits = (own === 'xts') === (spec.xts === true)
  if (!cipher || !modes.includes(own) || !fits || !hasMode(name))
    throw invalid(`mode: keys of ${spec.algorithm} have no mode ${quote(mode)}`)
  return name
}

const modes = ['ecb', 'cbc', 'ctr', 'gcm', 'xts', 'cbc-cts']
