import {
  constants,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  pbkdf2,
  privateDecrypt,
  publicEncrypt,
  randomFillSync,
} from 'node:crypto'
import { promisify } from 'node:util'
import { writePem } from '../../crypto/pem.ts'
import { invalid } from '../../crypto/refuse.ts'
import type { KeyRules } from '../../crypto/weak-keys.ts'
import { Fault } from '../../kit/fault.ts'
import { createTurns } from '../../kit/turns.ts'
import { aesUnwrap, aesWrap, doesNotOpen, wrapKeyOf } from './aes-wrap.ts'
import { decode } from './encode.ts'
import { type Exported, type ExportFields, plainBytes } from './export.ts'
import { type Imported, importBytes } from './import.ts'
import { readJwe, writeJwe } from './jwe.ts'
import { type Material, using } from './material.ts'
import type { KeySpec, SpecFields } from './spec.ts'
import type { Hkdf, Pbe, RsaPadding, Wrapping } from './wrapping.ts'

export interface WrapOptions extends Pick<ExportFields, 'combineXts' | 'certType'> {
  /** `raw`, `pkcs1`, `pkcs8`, … of what is wrapped. */
  readonly format?: string | null | undefined
  readonly pemWrap?: boolean | null | undefined
  /** The id of the key that is wrapped, for the `kid` of a JWE. */
  readonly id?: string
}

/** The key wrapped, as base64, or as JSON with a JWE. A fault 'invalid-parameter' for what cannot be wrapped so. */
export async function wrapMaterial(
  spec: KeySpec,
  material: Material,
  key: KeyObject | undefined,
  wrapping: Wrapping,
  options: WrapOptions = {},
): Promise<Exported> {
  const isJwe = wrapping.kind === 'jwe'
  const format = options.format?.toLowerCase() === 'jwe' ? undefined : options.format
  const { bytes, form, label } = plainBytes(spec, material, { ...options, format })
  return using(bytes, async (octets) => {
    const isPem = options.pemWrap === true && label !== undefined
    const plain = isPem ? Buffer.from(writePem(label, octets)) : octets
    try {
      if (isJwe) return asJwe(plain, wrapping, options.id ?? '')
      const wrapped = await wrapBytes(plain, key, withPadding(wrapping, material))
      return { material: wrapped.toString('base64'), format: form, encoding: 'base64' as const }
    } finally {
      plain.fill(0)
    }
  })
}

function asJwe(plain: Buffer, wrapping: Wrapping & { kind: 'jwe' }, id: string): Exported {
  const kid = wrapping.jwe.keyIdentifier ?? id
  const jwe = writeJwe(plain, wrapping.jwe, id)
  return { material: JSON.stringify({ kid, jwe }), format: 'jwe' }
}

/** PKCS #8 and certificates come in any length: RFC 5649 alone can take them. */
function withPadding(wrapping: Wrapping, { form }: Material): Wrapping {
  if (wrapping.kind !== 'aes' && wrapping.kind !== 'pbe') {
    if (wrapping.kind === 'rsa' && form !== 'raw' && form !== 'opaque')
      throw invalid(
        'RSA wraps symmetric keys; for others ask for RSA/RSAAESKEYWRAPPADDING or AES/AESKEYWRAPPADDING',
      )
    return wrapping
  }
  const isLong = form !== 'raw' && form !== 'opaque'
  if (isLong && wrapping.padded === false)
    throw invalid('padded must be true for keys and certificates in DER or PEM')
  return { ...wrapping, padded: wrapping.padded ?? isLong }
}

/** What octets become; `key` is a secret one for AES, an RSA one else, and none with a password. */
export async function wrapBytes(
  bytes: Uint8Array,
  key: KeyObject | undefined,
  wrapping: Wrapping,
): Promise<Buffer> {
  switch (wrapping.kind) {
    case 'aes':
      return aesWrap(aesKeyOf(key, wrapping.hkdf), bytes, wrapping.padded === true)
    case 'pbe':
      return aesWrap(await passwordKey(wrapping.pbe), bytes, wrapping.padded === true)
    case 'rsa':
      return rsaEncrypt(demandKey(key), bytes, wrapping.padding)
    case 'rsa-aes': {
      // PKCS #11 CKM_RSA_AES_KEY_WRAP: a key of this moment under RSA, then the material under that key.
      const octets = Buffer.from(new ArrayBuffer(wrapping.aesKeySize / 8))
      randomFillSync(octets)
      const outer = rsaEncrypt(demandKey(key), octets, wrapping.padding)
      return Buffer.concat([outer, aesWrap(wrapKeyOf(octets), bytes, true)])
    }
    case 'jwe':
      return Buffer.from(writeJwe(bytes, wrapping.jwe, ''))
  }
}

export interface UnwrapRules extends KeyRules {
  /** The domain's word that PKCS #1 v1.5 may be decrypted; its failures are a known oracle (Bleichenbacher). */
  readonly allowRsaPkcs1?: boolean | undefined
}

/** A key that comes wrapped, checked like every import. */
export async function unwrapMaterial(
  asked: SpecFields,
  fields: {
    readonly material: string
    readonly format?: string | null | undefined
    readonly objectType?: string | null | undefined
  },
  key: KeyObject | undefined,
  wrapping: Wrapping,
  rules: UnwrapRules = {},
): Promise<Imported> {
  const objectType = fields.objectType ?? undefined
  const format = fields.format?.toLowerCase() ?? ''
  const isJwe = wrapping.kind === 'jwe'
  const wrapped = isJwe
    ? Buffer.from(jweIn(fields.material))
    : decode(fields.material, 'base64', 'material')
  const bytes = await unwrapBytes(wrapped, key, wrapping, rules)
  return importBytes(
    asked,
    bytes,
    { format: format === 'jwe' ? '' : format, ...(objectType !== undefined && { objectType }) },
    rules,
  )
}

/** The compact form, alone or in the JSON that an export gives. */
function jweIn(material: string): string {
  const text = material.trim()
  if (!text.startsWith('{')) return text
  try {
    const { jwe } = JSON.parse(text) as { jwe?: unknown }
    if (typeof jwe === 'string') return jwe
  } catch (cause) {
    throw invalid('material is not JSON with a "jwe"', { cause })
  }
  throw invalid('material is not JSON with a "jwe"')
}

/** What was wrapped, for the caller to wipe. */
export async function unwrapBytes(
  wrapped: Buffer,
  key: KeyObject | undefined,
  wrapping: Wrapping,
  rules: UnwrapRules = {},
): Promise<Buffer> {
  switch (wrapping.kind) {
    case 'aes':
      return unwrapEither(aesKeyOf(key, wrapping.hkdf), wrapped, wrapping.padded)
    case 'pbe':
      return unwrapEither(await passwordKey(wrapping.pbe), wrapped, wrapping.padded)
    case 'rsa':
      if (wrapping.padding === undefined && rules.allowRsaPkcs1 !== true)
        throw invalid('RSA padding pkcs1 is off here for what is decrypted; use oaep256')
      return rsaDecrypt(demandKey(key), wrapped, wrapping.padding)
    case 'rsa-aes': {
      const rsa = demandKey(key)
      const length = (rsa.asymmetricKeyDetails?.modulusLength ?? 0) / 8
      const octets = rsaDecrypt(rsa, wrapped.subarray(0, length), wrapping.padding)
      if (octets.length !== wrapping.aesKeySize / 8) {
        octets.fill(0)
        throw doesNotOpen()
      }
      return aesUnwrap(wrapKeyOf(octets), wrapped.subarray(length), true)
    }
    case 'jwe':
      return readJwe(wrapped.toString('latin1'), wrapping.jwe, rules.allowRsaPkcs1 === true)
  }
}

/** Both wraps check themselves, so that the one that opens is the one that was made. */
function unwrapEither(key: KeyObject, wrapped: Buffer, padded: boolean | undefined): Buffer {
  if (padded !== undefined) return aesUnwrap(key, wrapped, padded)
  try {
    return aesUnwrap(key, wrapped, false)
  } catch {
    return aesUnwrap(key, wrapped, true)
  }
}

function demandKey(key: KeyObject | undefined): KeyObject {
  if (!key) throw invalid('a key to wrap with is needed')
  return key
}

function aesKeyOf(key: KeyObject | undefined, hkdf: Hkdf | undefined): KeyObject {
  const given = demandKey(key)
  if (!hkdf) return given
  const { digest, salt, info, length } = hkdf
  return wrapKeyOf(Buffer.from(hkdfSync(digest, given, salt, info, length)))
}

const pbkdf2Async = promisify(pbkdf2)
const turns = createTurns()
const MAX_WAITING = 8
let waiting = 0

/** PBKDF2 (RFC 8018 §5.2), one at a time: ten million iterations hold a thread for seconds, and there are four. */
async function passwordKey({
  digest,
  password,
  salt,
  iterations,
  length,
  purpose,
}: Pbe): Promise<KeyObject> {
  if (waiting >= MAX_WAITING)
    throw new Fault('too-many-requests', 'too many keys are being made of passwords; try again')
  waiting++
  try {
    const whole = Buffer.concat([Buffer.from(purpose), salt])
    const make = () => pbkdf2Async(password, whole, iterations, length, digest)
    return wrapKeyOf(await turns('', make))
  } finally {
    waiting--
  }
}

const rsaOptions = (padding: RsaPadding) =>
  padding === undefined
    ? { padding: constants.RSA_PKCS1_PADDING }
    : { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: padding }

function rsaEncrypt(key: KeyObject, bytes: Uint8Array, padding: RsaPadding): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  try {
    return publicEncrypt({ key: publicKey, ...rsaOptions(padding) }, bytes)
  } catch (cause) {
    const size = key.asymmetricKeyDetails?.modulusLength ?? 0
    throw invalid(
      `material of ${bytes.length} octets is too long for RSA of ${size} bits; ask for RSA/RSAAESKEYWRAPPADDING`,
      { cause },
    )
  }
}

function rsaDecrypt(key: KeyObject, bytes: Uint8Array, padding: RsaPadding): Buffer {
  if (key.type !== 'private') throw invalid('a private key is needed to unwrap with RSA')
  try {
    return privateDecrypt({ key, ...rsaOptions(padding) }, bytes)
  } catch (cause) {
    throw doesNotOpen(cause)
  }
}
