import { closeSync, openSync, readSync } from 'node:fs'

/*
 * The write-ahead log as SQLite keeps it: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 * A header of 32 bytes, then frames of 24 bytes and a page; each frame's checksum covers all before it.
 */
const HEADER = 32
const FRAME_HEADER = 24
const MAGIC = 0x377f0682

/**
 * What is wrong with the log that a crash left behind, or undefined. SQLite itself stops without a word at the first
 * frame that does not fit, and would so forget every commit after it. A power cut leaves at most one commit that does
 * not fit, the last; where a later one of the same log follows, something that was durable has been damaged (T2).
 */
export function walProblem(file: string): string | undefined {
  let descriptor: number
  try {
    descriptor = openSync(`${file}-wal`, 'r')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return problemIn(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function problemIn(descriptor: number): string | undefined {
  const header = Buffer.alloc(HEADER)
  if (!fills(descriptor, header, 0)) return undefined
  const magic = header.readUInt32BE(0)
  const pageSize = header.readUInt32BE(8)
  const bigEndian = magic === MAGIC + 1
  const sum = new Checksum(bigEndian)
  sum.add(header.subarray(0, 24))
  // It is synced before the first frame is written, so no power cut leaves it half done beside frames.
  const isHeader =
    (bigEndian || magic === MAGIC) &&
    pageSize >= 512 &&
    pageSize <= 65_536 &&
    sum.is(header.readUInt32BE(24), header.readUInt32BE(28))
  const frame = Buffer.alloc(FRAME_HEADER + (isHeader ? pageSize : 4096))
  if (!isHeader)
    return fills(descriptor, frame, HEADER) ? 'the header of its log is damaged' : undefined

  const salts = header.subarray(16, 24)
  let fit = true
  let commitsBehind = 0
  for (let at = HEADER; fills(descriptor, frame, at); at += frame.length) {
    const isOfThisLog = frame.subarray(8, 16).equals(salts)
    if (fit) {
      sum.add(frame.subarray(0, 8))
      sum.add(frame.subarray(FRAME_HEADER))
      fit = isOfThisLog && sum.is(frame.readUInt32BE(16), frame.readUInt32BE(20))
    }
    const isCommit = frame.readUInt32BE(4) !== 0
    if (!fit && isOfThisLog && isCommit && ++commitsBehind > 1)
      return 'its log is damaged before commits that were durable'
  }
  return undefined
}

/** False when the file ends before the buffer is full. */
function fills(descriptor: number, buffer: Buffer, at: number): boolean {
  let filled = 0
  while (filled < buffer.length) {
    const read = readSync(descriptor, buffer, filled, buffer.length - filled, at + filled)
    if (read === 0) return false
    filled += read
  }
  return true
}

class Checksum {
  readonly #bigEndian: boolean
  #s0 = 0
  #s1 = 0

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian
  }

  add(bytes: Buffer): void {
    let [s0, s1] = [this.#s0, this.#s1]
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      s0 = (s0 + view.getUint32(at, !this.#bigEndian) + s1) >>> 0
      s1 = (s1 + view.getUint32(at + 4, !this.#bigEndian) + s0) >>> 0
    }
    this.#s0 = s0
    this.#s1 = s1
  }

  is(s0: number, s1: number): boolean {
    return this.#s0 === s0 && this.#s1 === s1
  }
}
