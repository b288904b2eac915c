import type { Context } from '../../context.ts'
import { invalid } from '../../crypto/refuse.ts'
import type { KeyReference } from '../keys/find.ts'
import { type UsableKey, usableKey } from '../keys/usable.ts'
import { algorithmRow } from '../material/index.ts'
import { type KeyContext, vaultOf } from '../vault.ts'
import { base64, cryptoFailed, maybeBase64 } from './bytes.ts'
import { decryptBlocks, encryptBlocks } from './ciphers.ts'
import { decryptRsa, encryptRsa } from './rsa.ts'
import { demandFreshIv } from './strict-iv.ts'
import { readVersion, withVersion } from './version-header.ts'

/** Encryption and decryption as requests ask for them: which key, which cipher, what comes back. */

interface Fields extends KeyReference {
  readonly mode?: string | undefined
  readonly pad?: string | undefined
  readonly iv?: string | undefined
  readonly aad?: string | undefined
  readonly tag_len?: number | undefined
  readonly nae_key_version_header?: boolean | undefined
}

interface SealedFields extends Fields {
  readonly ciphertext: string
  readonly tag?: string | undefined
}

const TAG = 16

/** Encrypts with a key that was found for it, and says all that is needed to decrypt. */
export async function seal(
  context: Pick<Context, 'services' | 'now' | 'transact'>,
  { row, spec, key, publicKey }: UsableKey,
  plaintext: Buffer,
  fields: Fields,
) {
  const { mode, pad, iv, aad, tag_len, nae_key_version_header } = fields
  const hasHeader = nae_key_version_header === true
  const shown = (ciphertext: Buffer) =>
    (hasHeader ? withVersion(ciphertext, row.key_version) : ciphertext).toString('base64')
  const by = { id: row.key_id, version: row.key_version }
  const marked = hasHeader && { nae_key_version_header: true }
  if (algorithmRow(spec.algorithm).family === 'rsa') {
    const { allowRsaPkcs1 } = await vaultOf(context.services).settings(row.domain_id)
    const { ciphertext, pad: padded } = encryptRsa(publicKey ?? key, plaintext, pad, allowRsaPkcs1)
    return { ...by, ciphertext: shown(ciphertext), pad: padded, ...marked }
  }
  const data = maybeBase64(aad, 'aad')
  const made = await encryptBlocks(spec, key, plaintext, {
    mode,
    pad,
    iv: maybeBase64(iv, 'iv'),
    aad: data,
    tagLength: tag_len,
  })
  if (iv !== undefined && made.iv) await demandFreshIv(context, row, made.mode, made.iv)
  return {
    ...by,
    ciphertext: shown(made.ciphertext),
    mode: made.mode,
    ...(made.iv && { iv: made.iv.toString('base64') }),
    ...(made.tag && { tag: made.tag.toString('base64') }),
    ...(made.tag && made.tag.length !== TAG && { tag_len: made.tag.length }),
    ...(made.tag && data && data.length > 0 && { aad: data.toString('base64') }),
    ...(made.pad !== undefined && { pad: made.pad }),
    ...marked,
  }
}

export interface Opened {
  readonly used: UsableKey
  readonly plaintext: Buffer
}

/** Finds the key and decrypts with it. `found` hears of the key before anything else is done with it. */
export async function open(
  context: KeyContext,
  fields: SealedFields,
  found: (used: UsableKey) => void,
): Promise<Opened> {
  const sent = base64(fields.ciphertext, 'ciphertext')
  const { ciphertext, used } = fields.nae_key_version_header
    ? await withHeader(context, fields, sent)
    : { ciphertext: sent, used: await usableKey(context, fields, 'decrypt') }
  found(used)
  const { row, spec, key } = used
  if (algorithmRow(spec.algorithm).family === 'rsa') {
    if (key.type !== 'private') throw invalid('id: a private key is needed to decrypt with RSA')
    const { allowRsaPkcs1 } = await vaultOf(context.services).settings(row.domain_id)
    return { used, plaintext: decryptRsa(key, ciphertext, fields.pad, allowRsaPkcs1) }
  }
  const plaintext = await decryptBlocks(spec, key, ciphertext, {
    mode: fields.mode,
    pad: fields.pad,
    iv: maybeBase64(fields.iv, 'iv'),
    aad: maybeBase64(fields.aad, 'aad'),
    tag: maybeBase64(fields.tag, 'tag'),
    tagLength: fields.tag_len,
  })
  return { used, plaintext }
}

/** The header says the version; one that the key does not have is told like any ciphertext that does not open. */
async function withHeader(context: KeyContext, fields: SealedFields, sent: Buffer) {
  const { version, rest } = readVersion(sent)
  const { id, type } = fields
  if (fields.version !== undefined && fields.version !== version) throw cryptoFailed()
  const used = await usableKey(context, { id, type, version }, 'decrypt')
  return { ciphertext: rest, used }
}
