import { invalid } from '../../crypto/refuse.ts'
import { cryptoFailed } from './bytes.ts'

/** The first octet is a mark, the other two are the version of the key (reference 9.1). */
const LENGTH = 3
const MARK = 0x10
const MAX_VERSION = 0xffff

export function withVersion(ciphertext: Buffer, version: number): Buffer {
  if (version > MAX_VERSION)
    throw invalid(`nae_key_version_header: holds versions up to ${MAX_VERSION}`)
  return Buffer.concat([Buffer.from([MARK, version >> 8, version & 0xff]), ciphertext])
}

export function readVersion(bytes: Buffer): { readonly version: number; readonly rest: Buffer } {
  if (bytes.length < LENGTH || bytes[0] !== MARK) throw cryptoFailed()
  return { version: bytes.readUInt16BE(1), rest: bytes.subarray(LENGTH) }
}
