import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { algorithmRow, type KeySpec } from '../material/index.ts'
import { inPieces } from './bytes.ts'
import { Cmac } from './cmac.ts'

/** HMAC (RFC 2104) with the digest that belongs to the key; of an AES key CMAC. */
export async function macOf(spec: KeySpec, key: KeyObject, bytes: Buffer): Promise<Buffer> {
  const { digest } = algorithmRow(spec.algorithm)
  const state = digest === undefined ? new Cmac(key) : createHmac(digest, key)
  await inPieces(bytes, (piece) => state.update(piece))
  return state.digest()
}

/** Takes as long for the first wrong octet as for the last. */
export const sameMac = (due: Buffer, given: Buffer): boolean =>
  due.length === given.length && timingSafeEqual(due, given)
