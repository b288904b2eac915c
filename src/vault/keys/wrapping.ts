import type { KeyObject } from 'node:crypto'
import { Fault, notFound } from '../../kit/fault.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Key } from '../contract.ts'
import {
  exportMaterial,
  importMaterial,
  type KeySpec,
  type Material,
  macSign,
  plainBytes,
  publicKeyObject,
  readWrapping,
  unwrapMaterial,
  using,
  verifyMacSign,
  type WrapFields,
  wrapMaterial,
} from '../material/index.ts'
import { type KeyContext, vaultOf } from '../vault.ts'
import { findRow } from './find.ts'
import { askedSpec, type Given, type GivenFields, secretText } from './given-fields.ts'
import { usableKey } from './usable.ts'

/** How keys are wrapped with other keys of the vault, and opened by them (reference 8). */

const isMacSign = ({ wrappingMethod, macSignKeyIdentifier }: GivenFields): boolean =>
  wrappingMethod?.toLowerCase() === 'mac/sign' ||
  (wrappingMethod === undefined && macSignKeyIdentifier !== undefined)

/** Whether material comes wrapped, or is to go out so. */
export const isWrapped = (fields: GivenFields): boolean =>
  fields.wrapKeyName !== undefined ||
  fields.wrapPublicKey !== undefined ||
  fields.wrapPBE !== undefined ||
  fields.wrapJWE !== undefined ||
  fields.wrapRSAAES !== undefined ||
  fields.wrappingMethod !== undefined ||
  fields.macSignKeyIdentifier !== undefined ||
  fields.format?.toLowerCase() === 'jwe'

/** The key that wraps or unwraps; none where a password does. */
async function wrappingKey(
  context: KeyContext,
  fields: GivenFields,
  use: 'wrap' | 'unwrap',
): Promise<KeyObject | undefined> {
  const { wrapKeyName, wrapKeyIDType, wrapPublicKey } = fields
  if (wrapPublicKey !== undefined) {
    if (wrapKeyName !== undefined)
      throw new Fault('invalid-parameter', 'wrapPublicKey: does not go with wrapKeyName')
    if (use === 'unwrap')
      throw new Fault('invalid-parameter', 'wrapPublicKey: a public key unwraps nothing')
    const { material } = await importMaterial(
      {},
      { material: wrapPublicKey },
      vaultOf(context.services).rules,
    )
    try {
      if (material.form !== 'spki' && material.form !== 'x509')
        throw new Fault('invalid-parameter', 'wrapPublicKey: is no public key')
      return publicKeyObject(material)
    } finally {
      material.secret.wipe()
    }
  }
  if (wrapKeyName === undefined) return undefined
  return (await usableKey(context, { id: wrapKeyName, type: wrapKeyIDType }, use)).key
}

/** The fields as they are read, with the password of a secret in the place of its name. */
async function wrapFieldsOf(context: KeyContext, fields: GivenFields): Promise<WrapFields> {
  const { wrapPBE } = fields
  if (wrapPBE?.passwordIdentifier === undefined) return fields
  if (wrapPBE.password !== undefined)
    throw new Fault('invalid-parameter', 'wrapPBE.password: does not go with passwordIdentifier')
  const { text } = await secretText(
    context,
    wrapPBE.passwordIdentifier,
    wrapPBE.passwordIdentifierType ?? 'name',
  )
  return { ...fields, wrapPBE: { ...wrapPBE, password: text } }
}

/** A key that comes wrapped, or with a MAC or signature that must fit. */
export async function unwrapGiven(
  context: KeyContext,
  fields: GivenFields,
  material: string,
): Promise<Given> {
  const vault = vaultOf(context.services)
  const { allowRsaPkcs1 } = await vault.settings(context.caller.domain)
  const rules = { ...vault.rules, allowRsaPkcs1 }
  const asked = askedSpec(fields)
  if (isMacSign(fields)) {
    const given = await importMaterial(asked, { ...fields, material, password: undefined }, rules)
    try {
      await demandMacSign(context, fields, given)
      return given
    } catch (error) {
      given.material.secret.wipe()
      throw error
    }
  }
  const key = await wrappingKey(context, fields, 'unwrap')
  const wrapping = readWrapping(await wrapFieldsOf(context, fields), key)
  return unwrapMaterial(
    asked,
    { material, format: fields.format, objectType: fields.objectType },
    key,
    wrapping,
    rules,
  )
}

interface Signer {
  readonly spec: KeySpec
  readonly key: KeyObject
}

/** The key that MACs or signs: an HMAC key or an RSA key. */
async function signer(
  context: KeyContext,
  { macSignKeyIdentifier, macSignKeyIdentifierType }: GivenFields,
  isVerifying: boolean,
): Promise<Signer> {
  if (macSignKeyIdentifier === undefined)
    throw new Fault('invalid-parameter', 'macSignKeyIdentifier: is required for mac/sign')
  const reference = { id: macSignKeyIdentifier, type: macSignKeyIdentifierType }
  const row = await findRow(context.read, context.caller.domain, reference)
  if (!row) throw notFound('key', macSignKeyIdentifier)
  const isMac = row.object_type === 'Symmetric Key'
  const use = isVerifying ? (isMac ? 'macVerify' : 'verify') : isMac ? 'mac' : 'sign'
  return usableKey(context, reference, use)
}

async function demandMacSign(
  context: KeyContext,
  fields: GivenFields,
  { spec, material }: Given,
): Promise<void> {
  if (fields.macSignBytes === undefined)
    throw new Fault('invalid-parameter', 'macSignBytes: is required for mac/sign')
  const given = fields.macSignBytes
  const by = await signer(context, fields, true)
  const { bytes } = plainBytes(spec, material, { combineXts: true })
  const fits = await using(bytes, (octets) => verifyMacSign(octets, given, by.spec, by.key, fields))
  if (!fits) throw new Fault('invalid-parameter', 'macSignBytes: does not fit the material')
}

/** A key, stored or not yet, whose material goes out. */
export interface Outgoing extends Pick<KeyRow, 'key_id' | 'name' | 'cert_type'> {
  readonly spec: KeySpec
  readonly material: Material
}

/** How it is to go out. */
export type OutFields = GivenFields & { readonly combineXts?: boolean | undefined }

/** What of a key goes out wrapped, or with its MAC or signature. */
export async function wrapForAnswer(
  context: KeyContext,
  { spec, material, key_id, cert_type }: Outgoing,
  fields: OutFields,
): Promise<Partial<Key>> {
  if (isMacSign(fields)) {
    const by = await signer(context, fields, false)
    const { format, encoding, combineXts } = fields
    const { bytes } = plainBytes(spec, material, { format, combineXts })
    const macSignBytes = await using(bytes, (octets) => macSign(octets, by.spec, by.key, fields))
    const plain = await exportMaterial(spec, material, { format, encoding, combineXts })
    return { ...plain, macSignBytes }
  }
  const key = await wrappingKey(context, fields, 'wrap')
  const wrapping = readWrapping(await wrapFieldsOf(context, fields), key)
  const wrapped = await wrapMaterial(spec, material, key, wrapping, {
    format: fields.format,
    pemWrap: fields.pemWrap,
    combineXts: fields.combineXts,
    certType: cert_type,
    id: key_id,
  })
  const { wrapPBE } = fields
  return {
    ...wrapped,
    ...(wrapPBE?.salt !== undefined && { pbeSalt: wrapPBE.salt }),
    ...(wrapPBE?.purpose !== undefined && { pbePurpose: wrapPBE.purpose }),
  }
}
