import type { KeyObject } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'
import { decode } from './encode.ts'
import {
  contentAlgorithms,
  isKeyAlgorithm,
  type JweKeyAlgorithm,
  type JweOptions,
  keyAlgorithms,
} from './jwe-algorithms.ts'

/** The fields that say how a key is wrapped, as the wire names them (reference 8). */
export interface WrapFields {
  readonly wrappingMethod?: string | null | undefined
  readonly wrappingEncryptionAlgo?: string | null | undefined
  readonly format?: string | null | undefined
  readonly padded?: boolean | null | undefined
  readonly wrapPublicKeyPadding?: string | null | undefined
  readonly wrapHKDF?:
    | {
        readonly hashAlgorithm?: string | null | undefined
        readonly okmLen?: number | null | undefined
        readonly salt?: string | null | undefined
        readonly info?: string | null | undefined
      }
    | null
    | undefined
  readonly wrapPBE?:
    | {
        readonly hashAlgorithm?: string | null | undefined
        /** As it is typed, whether it came in the request or lay here as a secret. */
        readonly password?: string | null | undefined
        readonly salt?: string | null | undefined
        readonly iteration?: number | null | undefined
        readonly dklen?: number | null | undefined
        readonly purpose?: string | null | undefined
      }
    | null
    | undefined
  readonly wrapRSAAES?:
    | {
        readonly aesKeySize?: number | null | undefined
        readonly padding?: string | null | undefined
      }
    | null
    | undefined
  readonly wrapJWE?:
    | {
        readonly contentEncryptionAlgorithm?: string | null | undefined
        readonly keyEncryptionAlgorithm?: string | null | undefined
        readonly keyIdentifier?: string | null | undefined
        readonly jwtIdentifier?: string | null | undefined
      }
    | null
    | undefined
}

export interface Hkdf {
  readonly digest: string
  readonly length: number
  readonly salt: Uint8Array
  readonly info: Uint8Array
}

export interface Pbe {
  readonly digest: string
  readonly password: string
  readonly salt: Uint8Array
  readonly iterations: number
  readonly length: number
  /** Stands before the salt (SP 800-132 §5.1). */
  readonly purpose: string
}

/** Digest of OAEP and of its mask; undefined: PKCS #1 v1.5. */
export type RsaPadding = string | undefined

/** A way to wrap, read and checked. `padded` undefined: as the material needs it. */
export type Wrapping =
  | { readonly kind: 'aes'; readonly padded: boolean | undefined; readonly hkdf?: Hkdf }
  | { readonly kind: 'pbe'; readonly padded: boolean | undefined; readonly pbe: Pbe }
  | { readonly kind: 'rsa'; readonly padding: RsaPadding }
  | { readonly kind: 'rsa-aes'; readonly aesKeySize: number; readonly padding: string }
  | { readonly kind: 'jwe'; readonly jwe: JweOptions }

const paddings: Readonly<Record<string, RsaPadding>> = {
  pkcs1: undefined,
  oaep: 'sha1',
  oaep256: 'sha256',
  oaep384: 'sha384',
  oaep512: 'sha512',
}

const kdfDigests: Readonly<Record<string, string>> = {
  'hmac-sha1': 'sha1',
  'hmac-sha224': 'sha224',
  'hmac-sha256': 'sha256',
  'hmac-sha384': 'sha384',
  'hmac-sha512': 'sha512',
}
const pbeDigests: Readonly<Record<string, string>> = {
  ...kdfDigests,
  'hmac-sha512/224': 'sha512-224',
  'hmac-sha512/256': 'sha512-256',
  'hmac-sha3-224': 'sha3-224',
  'hmac-sha3-256': 'sha3-256',
  'hmac-sha3-384': 'sha3-384',
  'hmac-sha3-512': 'sha3-512',
}

/**
 * How these fields want a key wrapped, or say that it is, with this key; a password needs none. A fault 'invalid-parameter'
 * for what does not go together.
 */
export function readWrapping(fields: WrapFields, key: KeyObject | undefined): Wrapping {
  const method = fields.wrappingMethod?.toLowerCase() || 'encrypt'
  if (method === 'pbe' || (fields.wrapPBE && method === 'encrypt' && !key)) {
    const { wrapPBE } = fields
    if (!wrapPBE) throw invalid('wrapPBE is needed for wrappingMethod "pbe"')
    return { kind: 'pbe', padded: paddedOf(fields), pbe: readPbe(wrapPBE) }
  }
  if (method !== 'encrypt')
    throw invalid(
      `wrappingMethod: ${quote(fields.wrappingMethod ?? '')} is not one of encrypt, mac/sign, pbe`,
    )
  if (!key) throw invalid('a key to wrap with is needed')
  if (fields.wrapJWE || fields.format?.toLowerCase() === 'jwe')
    return { kind: 'jwe', jwe: readJwe(fields.wrapJWE ?? {}, key) }
  const algorithm = fields.wrappingEncryptionAlgo?.toUpperCase() || undefined
  if (key.type === 'secret') return readAes(fields, key, algorithm)
  if (key.asymmetricKeyType !== 'rsa')
    throw invalid('the key to wrap with is neither AES nor RSA; keys on a curve wrap as JWE')
  if (fields.wrapRSAAES || algorithm === RSA_AES) return readRsaAes(fields)
  if (algorithm) throw wrongAlgorithm(fields)
  return { kind: 'rsa', padding: readPadding(fields.wrapPublicKeyPadding, 'pkcs1') }
}

const KW = 'AES/AESKEYWRAP'
const KWP = 'AES/AESKEYWRAPPADDING'
const RSA_AES = 'RSA/RSAAESKEYWRAPPADDING'

const wrongAlgorithm = ({ wrappingEncryptionAlgo }: WrapFields) =>
  invalid(
    `wrappingEncryptionAlgo: ${quote(wrappingEncryptionAlgo ?? '')} is not one of ${KW}, ${KWP}, ${RSA_AES} that goes with the key to wrap with`,
  )

function readAes(fields: WrapFields, key: KeyObject, algorithm: string | undefined): Wrapping {
  if (algorithm && algorithm !== KW && algorithm !== KWP) throw wrongAlgorithm(fields)
  const { wrapHKDF } = fields
  if (!wrapHKDF && ![16, 24, 32].includes(key.symmetricKeySize ?? 0))
    throw invalid('the key to wrap with is not an AES key')
  return {
    kind: 'aes',
    padded: paddedOf(fields),
    ...(wrapHKDF && { hkdf: readHkdf(wrapHKDF) }),
  }
}

function paddedOf({ wrappingEncryptionAlgo, padded }: WrapFields): boolean | undefined {
  const algorithm = wrappingEncryptionAlgo?.toUpperCase()
  if (algorithm === KW) return false
  return algorithm === KWP ? true : (padded ?? undefined)
}

function readPadding(text: string | null | undefined, standard: string): RsaPadding {
  const name = text?.toLowerCase() || standard
  if (Object.hasOwn(paddings, name)) return paddings[name]
  throw invalid(`padding: ${quote(text ?? '')} is not one of ${Object.keys(paddings).join(', ')}`)
}

function readRsaAes({ wrapRSAAES }: WrapFields): Wrapping {
  const padding = readPadding(wrapRSAAES?.padding, 'oaep256')
  const aesKeySize = wrapRSAAES?.aesKeySize || 256
  if (padding === undefined)
    throw invalid('wrapRSAAES.padding: pkcs1 is not one of oaep, oaep256, oaep384, oaep512')
  if (![128, 192, 256].includes(aesKeySize))
    throw invalid(`wrapRSAAES.aesKeySize: ${aesKeySize} is not one of 128, 192, 256`)
  return { kind: 'rsa-aes', aesKeySize, padding }
}

function readHkdf(given: NonNullable<WrapFields['wrapHKDF']>): Hkdf {
  const length = given.okmLen || 32
  if (![16, 24, 32].includes(length))
    throw invalid(`wrapHKDF.okmLen: ${length} is not the length of an AES key: 16, 24 or 32`)
  return {
    digest: readDigest(given.hashAlgorithm, kdfDigests, 'wrapHKDF'),
    length,
    salt: decode(given.salt ?? '', 'hex', 'wrapHKDF.salt'),
    info: decode(given.info ?? '', 'hex', 'wrapHKDF.info'),
  }
}

function readDigest(
  text: string | null | undefined,
  known: Readonly<Record<string, string>>,
  where: string,
): string {
  const name = text?.toLowerCase() || 'hmac-sha256'
  const found = Object.hasOwn(known, name) ? known[name] : undefined
  if (found !== undefined) return found
  throw invalid(
    `${where}.hashAlgorithm: ${quote(text ?? '')} is not one of ${Object.keys(known).join(', ')}`,
  )
}

const within = (value: number, least: number, most: number, what: string): number => {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw invalid(`${what}: ${value} is not a whole number from ${least} to ${most}`)
}

function readPbe(given: NonNullable<WrapFields['wrapPBE']>): Pbe {
  const { password = '', purpose = '' } = given
  // Not in the sentence: what was sent for a password stays unsaid.
  if (!password || password.length < 8 || password.length > 128)
    throw invalid('wrapPBE.password has 8 to 128 characters')
  if (purpose && purpose.length > 128)
    throw invalid('wrapPBE.purpose is longer than 128 characters')
  const length = within(given.dklen ?? 32, 14, 512, 'wrapPBE.dklen')
  if (![16, 24, 32].includes(length))
    throw invalid(`wrapPBE.dklen: ${length} is not the length of an AES key: 16, 24 or 32`)
  const salt = decode(given.salt ?? '', 'hex', 'wrapPBE.salt')
  within(salt.length, 16, 512, 'the number of octets of wrapPBE.salt')
  return {
    digest: readDigest(given.hashAlgorithm, pbeDigests, 'wrapPBE'),
    password,
    salt,
    iterations: within(given.iteration ?? 0, 1, 10_000_000, 'wrapPBE.iteration'),
    length,
    purpose: purpose ?? '',
  }
}

function readJwe(given: NonNullable<WrapFields['wrapJWE']>, key: KeyObject): JweOptions {
  const content = nameOf(
    given.contentEncryptionAlgorithm,
    contentAlgorithms,
    'contentEncryptionAlgorithm',
  )
  const asked = nameOf(given.keyEncryptionAlgorithm, keyAlgorithms, 'keyEncryptionAlgorithm')
  const keyAlgorithm: JweKeyAlgorithm | undefined =
    asked !== undefined && isKeyAlgorithm(asked) ? asked : undefined
  return {
    key,
    ...(content !== undefined && { content }),
    ...(keyAlgorithm && { keyAlgorithm }),
    ...(given.keyIdentifier && { keyIdentifier: given.keyIdentifier }),
    ...(given.jwtIdentifier && { jwtIdentifier: given.jwtIdentifier }),
  }
}

/** The JOSE name of what the API spells in its own way; JOSE's own spelling is taken too. */
function nameOf(
  text: string | null | undefined,
  rows: Readonly<Record<string, { readonly wire: string }>>,
  what: string,
): string | undefined {
  if (!text) return undefined
  const upper = text.toUpperCase()
  const found = Object.entries(rows).find(
    ([name, { wire }]) => wire === upper || name.toUpperCase() === upper,
  )
  if (found) return found[0]
  const known = Object.values(rows).map(({ wire }) => wire)
  throw invalid(`wrapJWE.${what}: ${quote(text)} is not one of ${known.join(', ')}`)
}
