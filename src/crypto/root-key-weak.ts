/*
 * A root key that somebody typed instead of drawing it, and a passphrase that the first thousand guesses hold.
 * Both look at bytes, so that the secret never becomes a JavaScript string.
 */

/** Why 32 bytes are no random key, or undefined. A random key is refused once in more than 10^13. */
export function weaknessOfKey(key: Uint8Array): string | undefined {
  if (key.every((byte) => byte === 0)) return 'it is all zero'
  const pattern = patternOf(key)
  if (pattern) return pattern
  // 32 random bytes have fewer than 16 different ones with a probability below 10^-13.
  if (new Set(key).size < 16) return 'it has too few different bytes'
  // (95 / 256)^32 is below 10^-13.
  if (key.every((byte) => byte >= 0x20 && byte < 0x7f)) return 'it is readable text'
  return undefined
}

const MIN_CHARACTERS = 12
const MIN_DIFFERENT = 5

/** Why a passphrase is refused, or undefined. Whether the rest is good is for whoever chose it. */
export function weaknessOfPassphrase(passphrase: Uint8Array): string | undefined {
  // Continuation bytes of UTF-8 are 10xxxxxx; each other byte begins a character.
  const characters = passphrase.filter((byte) => (byte & 0xc0) !== 0x80).length
  if (characters < MIN_CHARACTERS) return `it has fewer than ${MIN_CHARACTERS} characters`
  const pattern = patternOf(passphrase)
  if (pattern) return pattern
  if (new Set(passphrase).size < MIN_DIFFERENT) {
    return `it has fewer than ${MIN_DIFFERENT} different characters`
  }
  const letters = Buffer.from(passphrase)
    .map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte))
    .filter((byte) => byte >= 0x61 && byte <= 0x7a)
  const wellKnown = WELL_KNOWN.some((word) => word.equals(letters))
  letters.fill(0)
  return wellKnown ? 'it is one that everybody tries' : undefined
}

/** Compared with the letters alone, so that `Password-12345` is among them. */
const WELL_KNOWN = [
  'password',
  'passphrase',
  'changeme',
  'changeit',
  'administrator',
  'letmein',
  'qwerty',
  'qwertyuiop',
  'qwertyuiopasdfghjkl',
  'welcome',
  'secret',
  'rootkey',
  'keystead',
  'keysteadrootkey',
  'ciphertrust',
  'correcthorsebatterystaple',
].map((word) => Buffer.from(word))

function patternOf(bytes: Uint8Array): string | undefined {
  const steps = new Set<number>()
  for (let i = 1; i < bytes.length; i++) steps.add(((bytes[i] ?? 0) - (bytes[i - 1] ?? 0)) & 0xff)
  if (steps.has(0) && steps.size === 1) return 'it is one byte over and over'
  if (steps.size === 1 || isCount(bytes)) return 'it counts up or down'
  for (let period = 2; period <= bytes.length / 2; period++) {
    if (bytes.every((byte, i) => i < period || byte === bytes[i - period])) {
      return 'it repeats itself'
    }
  }
  return undefined
}

/** `1234567890123`: digits that count, past nine on to zero. */
function isCount(bytes: Uint8Array): boolean {
  if (!bytes.every((byte) => byte >= 0x30 && byte <= 0x39)) return false
  const steps = new Set<number>()
  for (let i = 1; i < bytes.length; i++) {
    steps.add(((bytes[i] ?? 0) - (bytes[i - 1] ?? 0) + 10) % 10)
  }
  return steps.size === 1
}
