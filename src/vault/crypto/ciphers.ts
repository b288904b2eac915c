import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto'
import { freshOctets } from '../../crypto/fresh-octets.ts'
import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'
import { algorithmRow, cipherName, type KeySpec } from '../material/index.ts'
import { cryptoFailed, inPieces, PIECE } from './bytes.ts'

/** How a text is encrypted under a block cipher, as a request says it; what is left out has its default. */
export interface CipherFields {
  readonly mode?: string | undefined
  readonly pad?: string | undefined
  readonly iv?: Buffer | undefined
  readonly aad?: Buffer | undefined
  /** Octets of the tag. */
  readonly tagLength?: number | undefined
}

export interface Encrypted {
  readonly ciphertext: Buffer
  readonly mode: string
  readonly pad?: string
  readonly iv?: Buffer
  readonly tag?: Buffer
}

interface Mode {
  /** Octets of the IV; 'block': as many as a block has. */
  readonly iv: number | 'block' | 'none'
  readonly hasTag?: boolean
  /** Texts come in whole blocks, and are padded to them unless the caller does so himself. */
  readonly wholeBlocks?: boolean
  /** The text is at least one block, and has to be there in one piece. */
  readonly stealing?: boolean
}

const modes: Readonly<Record<string, Mode>> = {
  gcm: { iv: 12, hasTag: true },
  cbc: { iv: 'block', wholeBlocks: true },
  ctr: { iv: 'block' },
  ecb: { iv: 'none', wholeBlocks: true },
  xts: { iv: 'block', stealing: true },
  cbc_cs1: { iv: 'block', stealing: true },
}

const TAG = 16
const LEAST_TAG = 12
/** SP 800-38D §5.2.1.1 allows IVs of other lengths than 12; short ones repeat too soon to be used for anything new. */
const LEAST_GCM_IV = 12
const MAX_GCM_IV = 128

interface Chosen {
  readonly name: string
  readonly mode: Mode
  /** OpenSSL's name. */
  readonly cipher: string
  readonly block: number
  /** Whether the padding is ours to add and to take away. */
  readonly isPadded: boolean
  readonly tagLength: number
}

function choose(spec: KeySpec, { mode: asked, pad, tagLength = TAG }: CipherFields): Chosen {
  const name = asked?.toLowerCase().replaceAll('-', '_') ?? defaultMode(spec)
  const mode = Object.hasOwn(modes, name) ? modes[name] : undefined
  if (!mode)
    throw invalid(`mode: ${quote(asked ?? '')} is not one of ${Object.keys(modes).join(', ')}`)
  if (!Number.isInteger(tagLength) || tagLength < LEAST_TAG || tagLength > TAG)
    throw invalid(`tag_len: a tag has ${LEAST_TAG} to ${TAG} octets`)
  const padding = readPadding(pad)
  return {
    name,
    mode,
    cipher: cipherOf(spec, name),
    block: algorithmRow(spec.algorithm).block ?? 16,
    isPadded: mode.wholeBlocks === true && padding === 'pkcs7',
    tagLength,
  }
}

/** Names of ciphers are asked for with each call; there are few. */
const names = new Map<string, string>()

function cipherOf(spec: KeySpec, mode: string): string {
  const key = `${spec.algorithm} ${spec.size} ${spec.xts} ${mode}`
  const known = names.get(key)
  if (known !== undefined) return known
  const found = cipherName(spec, mode)
  names.set(key, found)
  return found
}

function defaultMode({ algorithm, xts }: KeySpec): string {
  if (xts) return 'xts'
  return algorithm === 'TDES' || algorithm === 'SEED' ? 'cbc' : 'gcm'
}

/** Other ciphers than those of whole blocks have no padding, whatever a client says about it. */
function readPadding(pad: string | undefined): 'pkcs7' | 'none' {
  const name = pad?.toLowerCase() ?? 'pkcs7'
  if (name === 'none') return 'none'
  // PKCS #5 is the same for blocks of eight octets, and what older clients call both.
  if (name === 'pkcs7' || name === 'pkcs5') return 'pkcs7'
  throw invalid(`pad: ${quote(pad ?? '')} is not one of pkcs7, none`)
}

function checkIv({ mode, block }: Chosen, iv: Buffer, isEncrypting: boolean): void {
  if (mode.hasTag) {
    const least = isEncrypting ? LEAST_GCM_IV : 1
    if (iv.length >= least && iv.length <= MAX_GCM_IV) return
    throw invalid(`iv: has ${iv.length} octets; 12 are usual, ${least} to ${MAX_GCM_IV} can be`)
  }
  if (iv.length !== block) throw invalid(`iv: has ${iv.length} octets; this mode needs ${block}`)
}

/** Encrypts under a key of a block cipher. A fault 'invalid-parameter' for a mode, IV or length that does not go. */
export async function encryptBlocks(
  spec: KeySpec,
  key: KeyObject,
  plaintext: Buffer,
  fields: CipherFields,
): Promise<Encrypted> {
  const chosen = choose(spec, fields)
  const { mode, name, cipher, block, isPadded, tagLength } = chosen
  if (mode.wholeBlocks && !isPadded && plaintext.length % block !== 0)
    throw invalid(
      `plaintext: ${plaintext.length} octets are no whole blocks of ${block}; ask for pad pkcs7`,
    )
  if (mode.stealing && plaintext.length < block)
    throw invalid(`plaintext: ${name} needs ${block} octets at least, not ${plaintext.length}`)
  const iv = ivFor(chosen, fields.iv)
  const pad = mode.wholeBlocks ? { pad: isPadded ? 'pkcs7' : 'none' } : undefined
  if (mode.hasTag && iv) {
    const gcm = createCipheriv(cipher as CipherGCMTypes, key, iv, {
      authTagLength: tagLength,
    })
    if (fields.aad) gcm.setAAD(fields.aad)
    const ciphertext = await through(gcm, plaintext)
    return { ciphertext, mode: name, iv, tag: gcm.getAuthTag() }
  }
  const plain = createCipheriv(cipher, key, iv ?? null)
  plain.setAutoPadding(isPadded)
  const ciphertext = await through(plain, plaintext, mode.stealing)
  return { ciphertext, mode: name, ...(iv && { iv }), ...pad }
}

function ivFor(chosen: Chosen, given: Buffer | undefined): Buffer | undefined {
  const { mode, block } = chosen
  if (mode.iv === 'none') return undefined
  if (!given) return freshOctets(mode.iv === 'block' ? block : mode.iv)
  checkIv(chosen, given, true)
  return given
}

/**
 * Decrypts what `encryptBlocks` made. A fault 'crypto-failed' when it does not open, 'invalid-parameter' for what can be
 * told to be wrong without the key.
 */
export async function decryptBlocks(
  spec: KeySpec,
  key: KeyObject,
  ciphertext: Buffer,
  fields: CipherFields & { readonly tag?: Buffer | undefined },
): Promise<Buffer> {
  const chosen = choose(spec, fields)
  const { mode, cipher, block, isPadded, tagLength } = chosen
  const { iv, tag, aad } = fields
  const needsIv = mode.iv !== 'none'
  if (needsIv && !iv) throw invalid('iv: is required')
  if (needsIv && iv) checkIv(chosen, iv, false)
  if (mode.hasTag && tag?.length !== tagLength)
    throw invalid(tag ? `tag: has ${tag.length} octets, not ${tagLength}` : 'tag: is required')
  if (mode.stealing && ciphertext.length < block) throw cryptoFailed()
  try {
    if (mode.hasTag && iv) {
      const gcm: DecipherGCM = createDecipheriv(cipher as CipherGCMTypes, key, iv, {
        authTagLength: tagLength,
      })
      if (tag) gcm.setAuthTag(tag)
      if (aad) gcm.setAAD(aad)
      return await through(gcm, ciphertext)
    }
    const plain = createDecipheriv(cipher, key, needsIv && iv ? iv : null)
    plain.setAutoPadding(isPadded)
    return await through(plain, ciphertext, mode.stealing)
  } catch (cause) {
    throw cryptoFailed(cause)
  }
}

interface Transformation {
  update(bytes: Buffer): Buffer
  final(): Buffer
}

/** Modes that look at the end of a text before they write its last blocks take it in one piece. */
async function through(
  transformation: Transformation,
  bytes: Buffer,
  inOne: boolean | undefined = false,
): Promise<Buffer> {
  if (inOne || bytes.length <= PIECE) {
    const most = transformation.update(bytes)
    const rest = transformation.final()
    return rest.length === 0 ? most : Buffer.concat([most, rest])
  }
  const parts: Buffer[] = []
  await inPieces(bytes, (piece) => parts.push(transformation.update(piece)))
  parts.push(transformation.final())
  return Buffer.concat(parts)
}
