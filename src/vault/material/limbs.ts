/**
 * Arithmetic on the secret numbers of an RSA key in arrays that can be wiped, which BigInt's cannot. Numbers are unsigned
 * and big end first outside, limbs of 16 bits and little end first inside. Schoolbook methods: a key is checked once.
 */
type Limbs = Uint32Array

const toLimbs = (bytes: Uint8Array): Limbs => {
  const limbs = new Uint32Array(Math.ceil(bytes.length / 2))
  for (let at = bytes.length - 1, place = 0; at >= 0; at--, place++) {
    const index = place >> 1
    limbs[index] = (limbs[index] ?? 0) | ((bytes[at] ?? 0) << (8 * (place & 1)))
  }
  return limbs
}

function product(a: Limbs, b: Limbs): Limbs {
  const result = new Uint32Array(a.length + b.length)
  for (let i = 0; i < a.length; i++) {
    let carry = 0
    for (let j = 0; j < b.length; j++) {
      // At most (2^16-1)^2 + 2 (2^16-1) = 2^32-1.
      const sum = (a[i] ?? 0) * (b[j] ?? 0) + (result[i + j] ?? 0) + carry
      result[i + j] = sum & 0xffff
      carry = Math.floor(sum / 0x10000)
    }
    result[i + b.length] = carry
  }
  return result
}

/** Bit by bit: shift one in, take the modulus off when it fits. */
function remainder(a: Limbs, modulus: Limbs): Limbs {
  const rest = new Uint32Array(modulus.length + 1)
  for (let bit = a.length * 16 - 1; bit >= 0; bit--) {
    let carry = ((a[bit >> 4] ?? 0) >> (bit & 15)) & 1
    for (let i = 0; i < rest.length; i++) {
      const shifted = ((rest[i] ?? 0) << 1) | carry
      rest[i] = shifted & 0xffff
      carry = shifted >>> 16
    }
    if (!isLess(rest, modulus)) subtract(rest, modulus)
  }
  return rest
}

function isLess(a: Limbs, b: Limbs): boolean {
  for (let i = Math.max(a.length, b.length) - 1; i >= 0; i--) {
    const [left = 0, right = 0] = [a[i], b[i]]
    if (left !== right) return left < right
  }
  return false
}

function subtract(a: Limbs, b: Limbs): void {
  let borrow = 0
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0) - borrow
    borrow = difference < 0 ? 1 : 0
    a[i] = difference & 0xffff
  }
}

const isSame = (a: Limbs, b: Limbs): boolean => !isLess(a, b) && !isLess(b, a)

/** The numbers of an RSA private key (RFC 8017 §A.1.2), as octets. */
export interface RsaNumbers {
  readonly n: Uint8Array
  readonly e: Uint8Array
  readonly d: Uint8Array
  readonly p: Uint8Array
  readonly q: Uint8Array
  readonly dp: Uint8Array
  readonly dq: Uint8Array
  readonly qInverse: Uint8Array
}

/** Whether the numbers belong together: n = pq, ed = 1 and what follows from d, modulo p − 1 and q − 1, and the coefficient. */
export function areConsistent(octets: RsaNumbers): boolean {
  const made: Limbs[] = []
  const keep = (limbs: Limbs): Limbs => {
    made.push(limbs)
    return limbs
  }
  try {
    const [n, e, d, p, q, dp, dq, qInverse] = (
      ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qInverse'] as const
    ).map((name) => keep(toLimbs(octets[name]))) as [
      Limbs,
      Limbs,
      Limbs,
      Limbs,
      Limbs,
      Limbs,
      Limbs,
      Limbs,
    ]
    const one = Uint32Array.of(1)
    const lessOne = (prime: Limbs): Limbs => {
      const copy = keep(prime.slice())
      subtract(copy, one)
      return copy
    }
    const modulo = (a: Limbs, m: Limbs) => keep(remainder(a, m))
    const [p1, q1] = [lessOne(p), lessOne(q)]
    const ed = keep(product(e, d))
    return (
      isLess(one, p) &&
      isLess(one, q) &&
      isSame(keep(product(p, q)), n) &&
      isLess(d, n) &&
      isSame(modulo(ed, p1), one) &&
      isSame(modulo(ed, q1), one) &&
      isSame(modulo(d, p1), dp) &&
      isSame(modulo(d, q1), dq) &&
      isSame(modulo(keep(product(q, qInverse)), p), one)
    )
  } finally {
    for (const limbs of made) limbs.fill(0)
  }
}
