import type { KeyObject } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { checkEd25519, checkRsaNumbers, type KeyRules } from '../../crypto/weak-keys.ts'
import { describeKey } from './algorithms.ts'

export type { KeyRules } from '../../crypto/weak-keys.ts'

const MAX_RSA_BITS = 8192

/** Refuses a public key that its holder's opponent could open (C4). The sentence says what is wrong with it. */
export function checkStrength(key: KeyObject, rules: KeyRules): void {
  const { algorithm, size } = describeKey(key)
  if (algorithm === 'RSA') checkLength(key, size, rules)
  if (strong.has(key)) return
  if (algorithm === 'RSA') checkRsaNumbers(key)
  else if (algorithm === 'Ed25519') checkEd25519(key)
  strong.add(key)
}

/** Keys whose numbers were looked at: they are asked about at every step of their way, and do not change on it. */
const strong = new WeakSet<KeyObject>()

/**
 * The part of this that can change with the operator's mind, for a key whose rest was checked when it came: a CA with a
 * key of 1024 bits stops issuing where these are no longer allowed.
 */
export function checkSize(key: KeyObject, whose: string, rules: KeyRules): void {
  const { algorithm, size } = describeKey(key)
  const least = rules.allowRsa1024 === true ? 1024 : 2048
  if (algorithm === 'RSA' && size < least)
    throw invalid(`${whose} has ${size} bits; ${least} are the least`)
}

function checkLength(key: KeyObject, size: number, rules: KeyRules): void {
  checkSize(key, 'the RSA key', rules)
  if (size > MAX_RSA_BITS)
    throw invalid(`the RSA key has ${size} bits; ${MAX_RSA_BITS} are the most`)
}
