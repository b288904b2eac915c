import { randomFillSync, timingSafeEqual } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { algorithmRow } from './algorithms.ts'
import { type Material, rawMaterial, taken } from './material.ts'
import { type KeySpec, octetsOf } from './spec.ts'

/** A new key of random octets; TDES keys with odd parity, XTS keys with two halves. */
export function generateBytes(spec: KeySpec): Material {
  for (;;) {
    const bytes = Buffer.from(new ArrayBuffer(octetsOf(spec)))
    randomFillSync(bytes)
    if (spec.algorithm === 'TDES') setParity(bytes)
    const secret = taken(bytes)
    if (flawOf(spec, secret.reveal()) === undefined)
      return spec.algorithm === 'OPAQUE' ? { form: 'opaque', secret } : rawMaterial(secret)
    secret.wipe()
  }
}

/** Takes the octets of someone else's key over and wipes them. A fault when it is no good. */
export function takeBytes(spec: KeySpec, bytes: Buffer): Material {
  if (spec.algorithm === 'TDES') setParity(bytes)
  const flaw = flawOf(spec, bytes)
  if (flaw === undefined) {
    const secret = taken(bytes)
    return algorithmRow(spec.algorithm).family === 'opaque'
      ? { form: 'opaque', secret }
      : rawMaterial(secret)
  }
  bytes.fill(0)
  throw invalid(flaw)
}

function flawOf(spec: KeySpec, bytes: Buffer): string | undefined {
  const half = bytes.length / 2
  // Equal halves take the proof of XTS away (FIPS 140-3 IG C.I).
  if (spec.xts && timingSafeEqual(bytes.subarray(0, half), bytes.subarray(half)))
    return 'the two halves of the XTS key are the same'
  return spec.algorithm === 'TDES' ? tdesFlaw(bytes) : undefined
}

/** Each octet gets an odd number of ones (FIPS 46-3). */
function setParity(bytes: Buffer): void {
  for (const [index, byte] of bytes.entries()) {
    let ones = byte >> 1
    ones ^= ones >> 4
    ones ^= ones >> 2
    ones ^= ones >> 1
    bytes[index] = (byte & 0xfe) | (~ones & 1)
  }
}

/** The four weak and twelve semi-weak keys of DES (SP 800-67 §3.3.2). */
const weakDesKeys: readonly Buffer[] = [
  '0101010101010101',
  'fefefefefefefefe',
  'e0e0e0e0f1f1f1f1',
  '1f1f1f1f0e0e0e0e',
  '011f011f010e010e',
  '1f011f010e010e01',
  '01e001e001f101f1',
  'e001e001f101f101',
  '01fe01fe01fe01fe',
  'fe01fe01fe01fe01',
  '1fe01fe00ef10ef1',
  'e01fe01ff10ef10e',
  '1ffe1ffe0efe0efe',
  'fe1ffe1ffe0efe0e',
  'e0fee0fef1fef1fe',
  'fee0fee0fef1fef1',
].map((hex) => Buffer.from(hex, 'hex'))

/** SP 800-67 §3.2: the keys differ from their neighbours, or TDES is a single DES; none of them is weak. */
function tdesFlaw(bytes: Buffer): string | undefined {
  const keys = Array.from({ length: bytes.length / 8 }, (_, index) =>
    bytes.subarray(index * 8, index * 8 + 8),
  )
  for (const [index, key] of keys.entries()) {
    const next = keys[index + 1]
    if (next && timingSafeEqual(key, next))
      return 'the TDES key repeats a DES key: it is single DES'
    if (weakDesKeys.some((weak) => timingSafeEqual(weak, key)))
      return 'the TDES key has a weak DES key in it'
  }
  return undefined
}
