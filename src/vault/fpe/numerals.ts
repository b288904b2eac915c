/**
 * Numeral strings and numbers (SP 800-38G §4.5): most significant numeral first. Both directions halve the work until
 * it is small, so that a long text costs little more than its multiplications.
 */
const SMALL = 24

export function numberOf(numerals: ArrayLike<number>, radix: number): bigint {
  return read(numerals, 0, numerals.length, BigInt(radix))
}

function read(numerals: ArrayLike<number>, from: number, to: number, radix: bigint): bigint {
  if (to - from <= SMALL) {
    let number = 0n
    for (let at = from; at < to; at++) number = number * radix + BigInt(numerals[at] ?? 0)
    return number
  }
  const middle = (from + to + 1) >> 1
  const high = read(numerals, from, middle, radix)
  return high * radix ** BigInt(to - middle) + read(numerals, middle, to, radix)
}

/** As many numerals as `length` says; the number is below radix to that power. */
export function numeralsOf(number: bigint, radix: number, length: number): number[] {
  const numerals = new Array<number>(length).fill(0)
  write(number, BigInt(radix), numerals, 0, length)
  return numerals
}

function write(number: bigint, radix: bigint, numerals: number[], from: number, to: number): void {
  if (to - from <= SMALL) {
    let rest = number
    for (let at = to - 1; at >= from; at--) {
      numerals[at] = Number(rest % radix)
      rest /= radix
    }
    return
  }
  const middle = (from + to + 1) >> 1
  const low = radix ** BigInt(to - middle)
  write(number / low, radix, numerals, from, middle)
  write(number % low, radix, numerals, middle, to)
}

export const numberOfBytes = (bytes: Buffer): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`)

/** Big end first, with zeros in front. */
export function writeNumber(number: bigint, target: Buffer, at: number, length: number): void {
  target.write(number.toString(16).padStart(length * 2, '0'), at, length, 'hex')
}

/** Octets that every number below `limit` fits into. */
export const octetsBelow = (limit: bigint): number =>
  limit <= 1n ? 0 : Math.ceil((limit - 1n).toString(2).length / 8)
