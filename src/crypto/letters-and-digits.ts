import { randomBytes } from 'node:crypto'

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** Bytes from here on would favour the first characters, and are drawn again. */
const EVEN = 256 - (256 % CHARACTERS.length)

/** So many letters and digits, each drawn evenly: a token that may stand anywhere as it is. */
export function lettersAndDigits(count: number): string {
  let text = ''
  while (text.length < count)
    for (const byte of randomBytes(count + 32)) {
      if (byte < EVEN) text += CHARACTERS[byte % CHARACTERS.length]
      if (text.length === count) break
    }
  return text
}
