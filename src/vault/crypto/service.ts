import { decapsulate, encapsulate } from 'node:crypto'
import type { Context } from '../../context.ts'
import { invalid } from '../../crypto/refuse.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { noteKey } from '../keys/change.ts'
import { type UsableKey, usableKey } from '../keys/usable.ts'
import type { KeyUse } from '../keys/uses.ts'
import { decode, readWrapping, unwrapBytes, type WrapFields, wrapBytes } from '../material/index.ts'
import type { CryptoSettings } from '../settings/settings.ts'
import { vaultOf } from '../vault.ts'
import { base64, cryptoFailed, maybeBase64 } from './bytes.ts'
import type { crypto } from './contract.ts'
import { derive } from './derivation.ts'
import { digestOf, readDigest } from './digests.ts'
import { hidden, methodOf } from './hiding.ts'
import { macOf, sameMac } from './macs.ts'
import { open, seal } from './sealing.ts'
import { isSignature, signatureOf } from './signatures.ts'

interface InQuery {
  readonly keyName: string
  readonly type?: string | undefined
  readonly version?: number | undefined
}

interface InBody {
  readonly id: string
  readonly type?: string | undefined
  readonly version?: number | undefined
}

/** The key of a call, which goes on record whatever comes of it. */
async function keyFor(context: Context, { id, type, version }: InBody, use: KeyUse) {
  const used = await usableKey(context, { id, type, version }, use)
  noteKey(context, used.row)
  return used
}

const keyOf = (context: Context, { keyName: id, type, version }: InQuery, use: KeyUse) =>
  keyFor(context, { id, type, version }, use)

const by = ({ row }: UsableKey) => ({ id: row.key_id, version: row.key_version })

/** Reencryption moves data between keys, so it is on record for both. */
const noteTarget = (context: Context, { row }: UsableKey): void =>
  context.note({ newId: row.key_id, newKey: row.name, newVersion: row.key_version })

/** What the caller's domain, and so the key's, has chosen. */
const settingsFor = ({ services, caller }: Context): Promise<CryptoSettings> =>
  vaultOf(services).settings(caller.domain)

type HideQuery = InQuery & Parameters<typeof hidden>[2]

/** NIST withdrew FF3-1 after attacks on its tweaks, so a domain has to ask for it. */
async function demandOffered(context: Context, query: HideQuery): Promise<void> {
  if (methodOf(query) === 'FF1' || (await settingsFor(context)).allowFf31) return
  throw invalid('method: FF3-1 is off; FF1 is there')
}

async function hide(context: Context, query: HideQuery, body: Buffer, use: 'hide' | 'unhide') {
  await demandOffered(context, query)
  const { key } = await keyOf(context, query, use)
  const direction = use === 'hide' ? 'encrypt' : 'decrypt'
  return { data: hidden(key, body, query, direction) }
}

/** RSA wraps with OAEP: v1.5 is off until the domain says otherwise, as it is for what is encrypted. */
const wrapFieldsOf = (
  {
    wrappingEncryptionAlgo,
    padded,
    wrapPublicKeyPadding = 'oaep256',
    wrapRSAAES,
    wrapHKDF,
  }: WrapFields,
  { allowRsaPkcs1 }: Pick<CryptoSettings, 'allowRsaPkcs1'>,
): WrapFields => {
  if (wrapPublicKeyPadding?.toLowerCase() === 'pkcs1' && !allowRsaPkcs1)
    throw invalid('wrapPublicKeyPadding: pkcs1 is off for RSA; ask for oaep256')
  return { wrappingEncryptionAlgo, padded, wrapPublicKeyPadding, wrapRSAAES, wrapHKDF }
}

export const cryptoHandlers: Handlers<Context, typeof crypto> = {
  async encrypt(context, { body }) {
    const plaintext = base64(body.plaintext, 'plaintext')
    const used = await keyFor(context, body, 'encrypt')
    return seal(context, used, plaintext, body)
  },

  async decrypt(context, { body }) {
    const { plaintext } = await open(context, body, ({ row }) => noteKey(context, row))
    return { plaintext: plaintext.toString('base64') }
  },

  async reencrypt(context, { body }) {
    const { used, plaintext } = await open(context, body, ({ row }) => noteKey(context, row))
    try {
      const target =
        body.newId === undefined
          ? { id: used.row.name, type: 'name', version: body.newVersion }
          : { id: body.newId, type: body.newType, version: body.newVersion }
      const next = await usableKey(context, target, 'encrypt')
      noteTarget(context, next)
      return await seal(context, next, plaintext, {
        ...target,
        mode: body.newMode,
        pad: body.newPad,
        iv: body.newIv,
        aad: body.newAad ?? body.aad,
        tag_len: body.newTagLen,
        nae_key_version_header: body.nae_key_version_header,
      })
    } finally {
      plaintext.fill(0)
    }
  },

  async sign(context, { query, body }) {
    const { row, spec, key } = await keyOf(context, query, 'sign')
    const signature = await signatureOf(spec, key, body, query)
    return { data: signature.toString('hex'), keyId: row.key_id, keyVersion: row.key_version }
  },

  async signv(context, { query, body }) {
    const { signature, message } = signatureIn(query, body)
    const { spec, key, publicKey } = await keyOf(context, query, 'verify')
    return { verified: await isSignature(spec, publicKey ?? key, message, signature, query) }
  },

  async mac(context, { query, body }) {
    const { spec, key } = await keyOf(context, query, 'mac')
    return { data: (await macOf(spec, key, body)).toString('hex') }
  },

  async macv(context, { query, body }) {
    const given = decode(query.hash, 'hex', 'hash')
    const { spec, key } = await keyOf(context, query, 'macVerify')
    return { verified: sameMac(await macOf(spec, key, body), given) }
  },

  async hash(context, { body }) {
    const digest = readDigest(body.algorithm ?? 'SHA-256', 'algorithm')
    context.note({ algorithm: digest })
    return { data: (await digestOf(digest, base64(body.data, 'data'))).toString('hex') }
  },

  hide2: async (context, { query, body }) => hide(context, query, body, 'hide'),
  unhide2: async (context, { query, body }) => hide(context, query, body, 'unhide'),
  hide: async (context, { query, body }) => hide(context, query, body, 'hide'),
  unhide: async (context, { query, body }) => hide(context, query, body, 'unhide'),

  async wrap(context, { body }) {
    const plaintext = base64(body.plaintext, 'plaintext')
    const settings = await settingsFor(context)
    const used = await keyFor(context, body, 'wrap')
    const key = used.publicKey ?? used.key
    const wrapping = readWrapping(wrapFieldsOf(body, settings), key)
    const wrapped = await wrapBytes(plaintext, key, wrapping)
    return { ...by(used), ciphertext: wrapped.toString('base64') }
  },

  async unwrap(context, { body }) {
    const wrapped = base64(body.ciphertext, 'ciphertext')
    const settings = await settingsFor(context)
    const { key } = await keyFor(context, body, 'unwrap')
    const wrapping = readWrapping(wrapFieldsOf(body, settings), key)
    const bytes = await unwrapBytes(wrapped, key, wrapping, settings)
    const plaintext = bytes.toString('base64')
    bytes.fill(0)
    return { plaintext }
  },

  async derive(context, { body }) {
    const used = await keyFor(context, body, 'derive')
    const derived = await derive(used.key, {
      hashAlgorithm: body.hashAlgorithm,
      salt: maybeBase64(body.salt, 'salt') ?? Buffer.alloc(0),
      info: maybeBase64(body.info, 'info') ?? Buffer.alloc(0),
      length: body.length ?? 32,
      publicKey: body.publicKey,
    })
    return { ...by(used), derivedKey: derived.toString('base64') }
  },

  async encapsulate(context, { body }) {
    const used = await keyFor(context, body, 'encapsulate')
    const { sharedKey, ciphertext } = encapsulate(used.publicKey ?? used.key)
    return {
      ...by(used),
      sharedKey: sharedKey.toString('base64'),
      ciphertext: ciphertext.toString('base64'),
    }
  },

  async decapsulate(context, { body }) {
    const ciphertext = base64(body.ciphertext, 'ciphertext')
    const used = await keyFor(context, body, 'decapsulate')
    try {
      const sharedKey = decapsulate(used.key, ciphertext)
      return { ...by(used), sharedKey: sharedKey.toString('base64') }
    } catch (cause) {
      throw cryptoFailed(cause)
    }
  },
}

function signatureIn(
  {
    signature,
    signatureLength,
  }: { signature?: string | undefined; signatureLength?: number | undefined },
  body: Buffer,
): { readonly signature: Buffer; readonly message: Buffer } {
  if (signatureLength === undefined) {
    if (signature === undefined) throw invalid('signature: is required')
    return { signature: decode(signature, 'hex', 'signature'), message: body }
  }
  if (signature !== undefined) throw invalid('signatureLength: does not go with signature')
  if (signatureLength > body.length) throw invalid('signatureLength: is longer than the body')
  return {
    signature: body.subarray(0, signatureLength),
    message: body.subarray(signatureLength),
  }
}
