import type { KeyObject } from 'node:crypto'
import { invalid } from './refuse.ts'

/** What an operator may allow beyond the rule. */
export interface KeyRules {
  /** The operator's word that RSA below 2048 is wanted; below 1024 it never is. */
  readonly allowRsa1024?: boolean | undefined
}

/** As many steps as Boulder takes: they find primes that differ in their lower half only, which no sound generator makes. */
const FERMAT_ROUNDS = 100

const primes: readonly number[] = (() => {
  const found: number[] = []
  for (let number = 2; number < 752; number++)
    if (found.every((prime) => number % prime !== 0)) found.push(number)
  return found
})()

/** Refuses the numbers of an RSA public key that tell how to open it; its size is the caller's to judge first. */
export function checkRsaNumbers(key: KeyObject): void {
  const { n, e } = publicNumbers(key)
  // FIPS 186-5 §5.4: odd, above 2^16, below 2^256.
  if (e % 2n === 0n || e <= 65536n || e >= 1n << 256n)
    throw weak('has a public exponent that is even, below 65537 or above 256 bits')
  if (n % 2n === 0n) throw weak('has an even modulus')
  if (primes.some((prime) => n % BigInt(prime) === 0n)) throw weak('has a small prime factor')
  if (isRocaModulus(n)) throw weak('was made by a generator with the ROCA fault (CVE-2017-15361)')
  if (hasClosePrimes(n)) throw weak('has two primes so close that Fermat’s method finds them')
}

const weak = (what: string) => invalid(`the RSA key ${what}`)

function publicNumbers(key: KeyObject): { n: bigint; e: bigint } {
  const { n = '', e = '' } = key.export({ format: 'jwk' })
  const number = (text: string): bigint =>
    BigInt(`0x0${Buffer.from(text, 'base64url').toString('hex')}`)
  return { n: number(n), e: number(e) }
}

/** The primes of the fault have the form k·M + (65537^a mod M): so has their product, modulo each small prime of M. */
const rocaResidues: readonly (readonly [number, ReadonlySet<number>])[] = primes
  .filter((prime) => prime > 2 && prime <= 167)
  .map((prime) => {
    const powers = new Set<number>()
    for (let power = 1; !powers.has(power); power = (power * 65537) % prime) powers.add(power)
    return [prime, powers] as const
  })

const isRocaModulus = (n: bigint): boolean =>
  rocaResidues.every(([prime, powers]) => powers.has(Number(n % BigInt(prime))))

/** n = a² − b² for an a just above √n. */
function hasClosePrimes(n: bigint): boolean {
  let a = squareRoot(n)
  if (a * a < n) a++
  for (let round = 0; round < FERMAT_ROUNDS; round++, a++) {
    const rest = a * a - n
    if (!mayBeSquare(rest)) continue
    const b = squareRoot(rest)
    if (b * b === rest) return true
  }
  return false
}

/** Squares leave few residues; two cheap moduli spare the root nearly always. */
const squaresOf = (modulus: number): ReadonlySet<number> =>
  new Set(Array.from({ length: modulus }, (_, root) => (root * root) % modulus))
const squares256 = squaresOf(256)
const squares3465 = squaresOf(3465)
const mayBeSquare = (n: bigint): boolean =>
  squares256.has(Number(n % 256n)) && squares3465.has(Number(n % 3465n))

function squareRoot(n: bigint): bigint {
  if (n < 2n) return n
  let guess = 1n << BigInt((n.toString(16).length * 4 + 1) >> 1)
  for (;;) {
    const next = (guess + n / guess) >> 1n
    if (next >= guess) return guess
    guess = next
  }
}

/** The points of small order (RFC 7748 §7 speaks of them): under such a key anyone can make signatures that verify. */
const smallOrder: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

/** Refuses an Ed25519 public key of small order. */
export function checkEd25519(key: KeyObject): void {
  const point = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
  // The sign of x does not change the order.
  point[31] = (point[31] ?? 0) & 0x7f
  if (smallOrder.has(point.toString('hex')))
    throw invalid('the Ed25519 key is a point of small order')
}
