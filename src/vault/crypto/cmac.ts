import { createCipheriv, type KeyObject } from 'node:crypto'

const BLOCK = 16
const ZEROS = Buffer.alloc(BLOCK)
/** R of SP 800-38B §5.3 for blocks of 128 bits. */
const R = 0x87

/** Twice the value in GF(2^128): SP 800-38B §6.1, without a branch on secret bits. */
function doubled(bytes: Buffer): Buffer {
  const out = Buffer.alloc(BLOCK)
  let carry = 0
  for (let at = BLOCK - 1; at >= 0; at--) {
    const octet = bytes[at] ?? 0
    out[at] = ((octet << 1) | carry) & 0xff
    carry = octet >> 7
  }
  out[BLOCK - 1] = (out[BLOCK - 1] ?? 0) ^ (R & -carry)
  return out
}

/** CMAC of AES (SP 800-38B, RFC 4493), which node:crypto does not have: CBC, with a subkey over the last block. */
export class Cmac {
  readonly #key: KeyObject
  readonly #chain
  /** At least one octet waits until it is known whether it is of the last block. */
  #waiting: Buffer = Buffer.alloc(0)

  constructor(key: KeyObject) {
    this.#key = key
    this.#chain = createCipheriv(cipherOf(key, 'cbc'), key, ZEROS).setAutoPadding(false)
  }

  update(piece: Buffer): void {
    const all = this.#waiting.length === 0 ? piece : Buffer.concat([this.#waiting, piece])
    const whole = Math.max(0, Math.ceil(all.length / BLOCK) - 1) * BLOCK
    if (whole > 0) this.#chain.update(all.subarray(0, whole))
    // A copy: the caller's bytes are his to wipe.
    this.#waiting = Buffer.from(all.subarray(whole))
  }

  digest(): Buffer {
    const first = doubled(
      createCipheriv(cipherOf(this.#key, 'ecb'), this.#key, null)
        .setAutoPadding(false)
        .update(ZEROS),
    )
    const last = Buffer.alloc(BLOCK)
    this.#waiting.copy(last)
    const isWhole = this.#waiting.length === BLOCK
    if (!isWhole) last[this.#waiting.length] = 0x80
    const subkey = isWhole ? first : doubled(first)
    for (let at = 0; at < BLOCK; at++) last[at] = (last[at] ?? 0) ^ (subkey[at] ?? 0)
    return this.#chain.update(last)
  }
}

const cipherOf = (key: KeyObject, mode: string): string =>
  `aes-${(key.symmetricKeySize ?? 0) * 8}-${mode}`
