import { createECDH, ECDH, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import {
  type Der,
  expectTag,
  integer,
  NotDer,
  readDer,
  readInteger,
  readOctetsOfBits,
  sequence,
  tags,
} from '../../crypto/der.ts'

/**
 * ECDSA (FIPS 186-5 §6.4) of a digest that the caller has made: OpenSSL, as Node offers it, digests every message
 * itself. What has to keep a secret from the clock is done by OpenSSL, or with numbers that are blinded.
 */

interface Curve {
  readonly p: bigint
  readonly a: bigint
  readonly order: bigint
  readonly base: Point
}

/** Jacobian coordinates; z = 0 is the point at infinity. */
type Point = readonly [x: bigint, y: bigint, z: bigint]
const INFINITY: Point = [1n, 1n, 0n]

const curves = new Map<string, Curve>()

/** The numbers of a curve, read off a key that OpenSSL writes with all of them (RFC 3279 §2.3.5). */
function curveNamed(name: string): Curve {
  const known = curves.get(name)
  if (known) return known
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: name, paramEncoding: 'explicit' })
  const spki = readDer(publicKey.export({ type: 'spki', format: 'der' }))
  const [, field, curve, base, order] = spki.children[0]?.children[1]?.children ?? []
  const made: Curve = {
    p: readInteger(field?.children[1], 'the field of a curve'),
    a: numberOf(octets(curve?.children[0])),
    order: readInteger(order, 'the order of a curve'),
    base: pointOf(octets(base)),
  }
  curves.set(name, made)
  return made
}

const octets = (element: Der | undefined): Uint8Array =>
  expectTag(element, tags.octetString, 'octets of a curve').content

const numberOf = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`)

/** Of the uncompressed form (SEC 1 §2.3.3). */
function pointOf(bytes: Uint8Array): Point {
  const half = (bytes.length - 1) / 2
  return [numberOf(bytes.subarray(1, 1 + half)), numberOf(bytes.subarray(1 + half)), 1n]
}

/** The leftmost bits of the digest, as many as the order has. */
function digestNumber(digest: Uint8Array, order: bigint): bigint {
  const surplus = digest.length * 8 - order.toString(2).length
  const number = numberOf(digest)
  return surplus > 0 ? number >> BigInt(surplus) : number
}

/** The signature in DER. `curve` is OpenSSL's name of the key's curve. */
export function signDigest(key: KeyObject, curve: string, digest: Uint8Array): Buffer {
  const { order } = curveNamed(curve)
  const e = digestNumber(digest, order)
  const sec1 = key.export({ type: 'sec1', format: 'der' })
  try {
    const d = numberOf(expectTag(readDer(sec1).children[1], tags.octetString, 'a key').content)
    for (;;) {
      const once = createECDH(curve)
      const point = pointOf(once.generateKeys())
      const k = numberOf(once.getPrivateKey())
      const r = point[0] % order
      // One random factor in everything that k and d are part of; it falls out of the quotient again.
      const blind = (numberOf(randomBytes(order.toString(16).length)) % (order - 1n)) + 1n
      const sum = (((((blind * d) % order) * r) % order) + blind * e) % order
      const s = (sum * inverse((blind * k) % order, order)) % order
      if (r !== 0n && s !== 0n) return sequence(integer(r), integer(s))
    }
  } finally {
    sec1.fill(0)
  }
}

/** Whether a signature in DER is of this digest. Everything here is public, so nothing has to be hidden from the clock. */
export function verifyDigest(
  key: KeyObject,
  name: string,
  digest: Uint8Array,
  signature: Buffer,
): boolean {
  const curve = curveNamed(name)
  const { order } = curve
  const read = readSignature(signature)
  if (!read) return false
  const { r, s } = read
  if (r <= 0n || r >= order || s <= 0n || s >= order) return false
  const spki = readDer(key.export({ type: 'spki', format: 'der' }))
  const sent = Buffer.from(readOctetsOfBits(spki.children[1], 'a public key'))
  const whole = ECDH.convertKey(sent, name, undefined, undefined, 'uncompressed') as Buffer
  const w = inverse(s, order)
  const sum = twoMultiples(
    curve,
    (digestNumber(digest, order) * w) % order,
    (r * w) % order,
    pointOf(whole),
  )
  if (sum[2] === 0n) return false
  const z = inverse(sum[2], curve.p)
  return ((sum[0] * z * z) % curve.p) % order === r
}

function readSignature(signature: Buffer): { r: bigint; s: bigint } | undefined {
  try {
    const { children } = expectTag(readDer(signature), tags.sequence, 'a signature')
    if (children.length !== 2) return undefined
    return { r: readInteger(children[0], 'r'), s: readInteger(children[1], 's') }
  } catch (error) {
    if (error instanceof NotDer) return undefined
    throw error
  }
}

/** u × base + v × point, both in one go (Shamir's trick). */
function twoMultiples(curve: Curve, u: bigint, v: bigint, point: Point): Point {
  const both = add(curve, curve.base, point)
  const bits = Math.max(u.toString(2).length, v.toString(2).length)
  const [ofU, ofV] = [u.toString(2).padStart(bits, '0'), v.toString(2).padStart(bits, '0')]
  let sum = INFINITY
  for (let at = 0; at < bits; at++) {
    sum = double(curve, sum)
    const isU = ofU[at] === '1'
    const isV = ofV[at] === '1'
    if (isU || isV) sum = add(curve, sum, isU && isV ? both : isU ? curve.base : point)
  }
  return sum
}

/** https://hyperelliptic.org/EFD/g1p/auto-shortw-jacobian.html, dbl-2007-bl. */
function double({ p, a }: Curve, [x, y, z]: Point): Point {
  if (z === 0n || y === 0n) return INFINITY
  const yy = (y * y) % p
  const s = (4n * x * yy) % p
  const zz = (z * z) % p
  const m = (3n * x * x + a * zz * zz) % p
  const x3 = mod(m * m - 2n * s, p)
  return [x3, mod(m * (s - x3) - 8n * yy * yy, p), (2n * y * z) % p]
}

/** add-2007-bl of the same page; it has no answer for a point and itself. */
function add(curve: Curve, one: Point, other: Point): Point {
  const { p } = curve
  const [x1, y1, z1] = one
  const [x2, y2, z2] = other
  if (z1 === 0n) return other
  if (z2 === 0n) return one
  const [zz1, zz2] = [(z1 * z1) % p, (z2 * z2) % p]
  const [u1, u2] = [(x1 * zz2) % p, (x2 * zz1) % p]
  const [s1, s2] = [(y1 * z2 * zz2) % p, (y2 * z1 * zz1) % p]
  if (u1 === u2) return s1 === s2 ? double(curve, one) : INFINITY
  const h = mod(u2 - u1, p)
  const r = mod(s2 - s1, p)
  const hh = (h * h) % p
  const hhh = (h * hh) % p
  const v = (u1 * hh) % p
  const x3 = mod(r * r - hhh - 2n * v, p)
  return [x3, mod(r * (v - x3) - s1 * hhh, p), (((z1 * z2) % p) * h) % p]
}

function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

/** Of what is prime to the modulus (extended Euclid). */
function inverse(value: bigint, modulus: bigint): bigint {
  let [low, high] = [mod(value, modulus), modulus]
  let [one, other] = [1n, 0n]
  while (low > 1n) {
    const quotient = high / low
    ;[low, high] = [high - quotient * low, low]
    ;[one, other] = [other - quotient * one, one]
  }
  return mod(one, modulus)
}
