import { randomUUID } from 'node:crypto'
import { freshOctets } from '../../crypto/fresh-octets.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { demandNotClear } from './clear-key.ts'
import { uriPrefix } from './find.ts'

/** Controls, bidirectional marks and other characters that cannot be seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** The name as it is stored, or one of ours. Throws 'invalid-parameter' when it breaks a rule (reference 3). */
export function nameFor(given: string | undefined, field = 'name'): string {
  if (given === undefined || given === '') return `key-${randomUUID()}`
  const name = given.normalize('NFC')
  if (/[<>\\]/.test(name) || UNSEEN.test(name) || name.trim() !== name)
    throw new Fault(
      'invalid-parameter',
      `${field}: may not contain < > \\ or characters that cannot be seen, nor begin or end with a blank`,
    )
  demandNotClear(field, name)
  if (name.startsWith('kylo:'))
    throw new Fault(
      'invalid-parameter',
      `${field}: ${quote(name)} has the form of a URI, which stands for the key itself`,
    )
  return name
}

const DEFAULT_DIGITS = 64
const LEAST_DIGITS = 16
const MOST_DIGITS = 128

/** An id as long as that one, whose digits may be odd in number when an importer chose it. */
export const newIdLike = (id: string): string => newId(id.length + (id.length % 2))

/** An id of the server's making: hexadecimal digits at random. */
export function newId(digits = DEFAULT_DIGITS): string {
  if (digits === 0) return newId()
  if (digits < LEAST_DIGITS || digits > MOST_DIGITS || digits % 2 !== 0)
    throw new Fault(
      'invalid-parameter',
      `idSize: must be an even number from ${LEAST_DIGITS} to ${MOST_DIGITS}`,
    )
  return freshOctets(digits / 2).toString('hex')
}

/**
 * An id that an importer chooses. It has the form of ours, so that it can be nobody's name: an id is looked for first,
 * and would take the name's place.
 */
export function givenId(text: string): string {
  const id = text.toLowerCase()
  if (!/^[0-9a-f]+$/.test(id) || id.length < LEAST_DIGITS || id.length > MOST_DIGITS)
    throw new Fault(
      'invalid-parameter',
      `id: must be ${LEAST_DIGITS} to ${MOST_DIGITS} hexadecimal digits`,
    )
  return id
}

/** Whether the text could be an id. */
export const looksLikeId = (text: string): boolean =>
  text.length >= LEAST_DIGITS && text.length <= MOST_DIGITS && /^[0-9a-f]+$/i.test(text)

/** What policies match keys by: the name in lower case, and the version of all but the first (reference 2). */
export const uriFor = (domain: string, name: string, version: number): string =>
  `${uriPrefix(domain)}${name.toLowerCase()}${version === 0 ? '' : `-v${version}`}`
