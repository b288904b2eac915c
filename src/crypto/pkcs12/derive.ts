import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'

const ITERATIONS_A_TURN = 5000

/** The derivation of RFC 7292 appendix B.2; others are served in between. */
export async function derivePkcs12(
  [digest, block]: readonly [name: string, block: number],
  purpose: 1 | 2 | 3,
  password: string,
  asked: { readonly salt: Uint8Array; readonly iterations: number; readonly length: number },
): Promise<Buffer> {
  // UTF-16, big end first, with a zero at its end.
  const text = Buffer.from(`${password}\0`, 'utf16le').swap16()
  const input = Buffer.concat([repeated(asked.salt, block), repeated(text, block)])
  const diversifier = Buffer.alloc(block, purpose)
  const parts: Buffer[] = []
  for (let made = 0; made < asked.length; ) {
    let hash = createHash(digest).update(diversifier).update(input).digest()
    for (let round = 1; round < asked.iterations; round++) {
      hash = createHash(digest).update(hash).digest()
      if (round % ITERATIONS_A_TURN === 0) await nextTurn()
    }
    parts.push(hash)
    made += hash.length
    addToEach(input, repeated(hash, block), block)
  }
  text.fill(0)
  input.fill(0)
  return Buffer.concat(parts).subarray(0, asked.length)
}

/** As often as it takes to fill whole blocks. */
function repeated(bytes: Uint8Array, block: number): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0)
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes)
}

/** Each block of `input` plus `addend` plus one, as numbers. */
function addToEach(input: Buffer, addend: Buffer, block: number): void {
  for (let start = 0; start < input.length; start += block) {
    let carry = 1
    for (let at = block - 1; at >= 0; at--) {
      carry += (input[start + at] ?? 0) + (addend[at] ?? 0)
      input[start + at] = carry & 0xff
      carry >>= 8
    }
  }
}
