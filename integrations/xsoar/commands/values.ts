import { controls, controlsBesideLineEnds } from './characters.ts'
import { dateOf, wireDate } from './dates.ts'
import { quoted } from './failure.ts'
import type { Argument, Host, Kind, SubjectFields, Value } from './types.ts'

/** What a reader says: the value, or how the sentence goes on that begins with the argument's name. */
export type Reading = { readonly value: Value } | { readonly problem: string }

/** The word that empties a list or takes a date away. */
export const EMPTY = 'empty'

const MOST_TEXT = 4096
const MOST_FILE = 1024 * 1024

const TRUE_WORDS = ['true', 'yes', 'y', 'on', '1', 't']
const FALSE_WORDS = ['false', 'no', 'n', 'off', '0', 'f']

type Reader = (text: string, argument: Argument, host: Host) => Reading

const read = (value: Value): Reading => ({ value })
const wrong = (problem: string): Reading => ({ problem })

/** An argument as one text. XSOAR hands over numbers, booleans, lists and objects too. Undefined: nothing is given. */
export function textOf(given: unknown): string | undefined {
  if (given === undefined || given === null || given === '') return undefined
  if (typeof given === 'string') return given
  if (typeof given === 'number' || typeof given === 'boolean') return String(given)
  if (Array.isArray(given)) {
    return given.length < 2 ? textOf(given[0]) : JSON.stringify(given)
  }
  if (typeof given === 'object') return isBare(given) ? undefined : JSON.stringify(given)
  return undefined
}

const isBare = (given: object): boolean => Object.keys(given).length === 0

/** Reads one argument that is given. */
export function readingOf(argument: Argument, text: string, host: Host): Reading {
  return readers[argument.kind](text, argument, host)
}

const line: Reader = (text) => {
  if (text.length > MOST_TEXT) return wrong(`is longer than ${MOST_TEXT} characters`)
  if (controls.test(text)) return wrong('must be one line without control characters')
  return read(text)
}

const prose: Reader = (text) => {
  if (text.length > MOST_TEXT) return wrong(`is longer than ${MOST_TEXT} characters`)
  if (controlsBesideLineEnds.test(text)) return wrong('must not hold control characters')
  return read(text)
}

const identifier: Reader = (text, argument, host) => {
  const name = text.trim()
  if (name === '') return wrong('is blank')
  // RFC 3986 section 5.2.4 takes dot segments out of a path, and so would turn one resource's path into another's.
  if (name === '.' || name === '..') return wrong(`must name a resource, not ${quoted(name)}`)
  return line(name, argument, host)
}

const number: Reader = (text, { least = 0, most = 2_147_483_647 }) => {
  const given = text.trim()
  const value = /^\d{1,10}$/.test(given) ? Number(given) : -1
  if (value >= least && value <= most) return read(value)
  return wrong(`must be a whole number from ${least} to ${most}, not ${quoted(given)}`)
}

const boolean: Reader = (text) => {
  const word = text.trim().toLowerCase()
  if (TRUE_WORDS.indexOf(word) >= 0) return read(true)
  if (FALSE_WORDS.indexOf(word) >= 0) return read(false)
  return wrong(`must be true or false, not ${quoted(text)}`)
}

const choice: Reader = (text, { choices = [] }) => {
  const known = oneOf(text, choices)
  return known === undefined
    ? wrong(`must be one of ${choices.join(', ')}, not ${quoted(text)}`)
    : read(known)
}

const oneOf = (text: string, choices: readonly string[]): string | undefined => {
  const word = text.trim().toLowerCase()
  for (const known of choices) if (known.toLowerCase() === word) return known
  return undefined
}

/** Parts of a comma list or of a JSON list of texts, without blanks around them. */
function partsOf(text: string): string[] | undefined {
  const given = text.trim()
  if (given.charAt(0) !== '[')
    return given
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  const list = parsed(given)
  if (!Array.isArray(list)) return undefined
  const parts: string[] = []
  for (const item of list) {
    if (typeof item !== 'string' && typeof item !== 'number') return undefined
    if (String(item).trim() !== '') parts.push(String(item).trim())
  }
  return parts
}

const listOf =
  (is: (part: string) => boolean, words: string): Reader =>
  (text, argument, host) => {
    const parts = partsOf(text)
    if (parts === undefined) return wrong('must be a list of texts with commas between them')
    if (parts.length === 0) return wrong('lists nothing')
    if (parts.length > 100) return wrong('lists more than 100')
    for (const part of parts) {
      const reading = line(part, argument, host)
      if ('problem' in reading) return reading
      if (!is(part)) return wrong(`must list ${words}; ${quoted(part)} is none`)
    }
    return read(parts)
  }

const list = listOf(() => true, 'texts')

const choices: Reader = (text, { choices: known = [], empties = [] }) => {
  const parts = partsOf(text)
  if (parts === undefined || parts.length === 0)
    return wrong(`must list one or more of ${known.join(', ')}`)
  const values: string[] = []
  for (const part of parts) {
    const word = oneOf(part, known) ?? (oneOf(part, empties) === undefined ? undefined : EMPTY)
    if (word === undefined)
      return wrong(`must list one or more of ${known.join(', ')}; ${quoted(part)} is none of them`)
    if (values.indexOf(word) < 0) values.push(word)
  }
  if (values.length > 1 && values.indexOf(EMPTY) >= 0)
    return wrong(`must be ${EMPTY} alone or a list without it`)
  return read(values)
}

const date: Reader = (text, _argument, host) => {
  const time = dateOf(text, host.now())
  return time === undefined
    ? wrong(
        `must be a date such as 2027-05-30, 2027-05-30T10:00:00Z, "in 30 days" or seconds since 1970, not ${quoted(text)}`,
      )
    : read(wireDate(time))
}

const expiry: Reader = (text, argument, host) => {
  const word = text.trim().toLowerCase()
  if (word === EMPTY || (argument.empties ?? []).indexOf(word) >= 0) return read('')
  const reading = date(text, argument, host)
  return 'problem' in reading ? wrong(`${reading.problem}; ${EMPTY} takes the date away`) : reading
}

const SUBJECT_FIELDS = ['O', 'OU', 'L', 'ST', 'C']

/** JSON of the fields of a subject. A field may repeat, each time in another object. */
const subject: Reader = (text) => {
  const json = parsed(text)
  const given: unknown[] = Array.isArray(json) ? json : [json]
  const example = '[{"O": "Example", "OU": "Security", "C": "DE"}]'
  if (json === undefined) return wrong(`must be JSON such as ${example}`)
  if (given.length === 0 || given.length > 50)
    return wrong(`must list 1 to 50 objects such as ${example}`)
  const names: SubjectFields[] = []
  for (const item of given) {
    if (typeof item !== 'object' || item === null || Array.isArray(item))
      return wrong(`must be a list of objects such as ${example}`)
    const fields: Record<string, string> = {}
    for (const key of Object.keys(item)) {
      const value = (item as Record<string, unknown>)[key]
      if (SUBJECT_FIELDS.indexOf(key) < 0)
        return wrong(
          `must have no fields but ${SUBJECT_FIELDS.join(', ')}; ${quoted(key)} is another`,
        )
      if (typeof value !== 'string' || value === '' || controls.test(value))
        return wrong(`must give each field a text; ${key} has none`)
      if (value.length > 256) return wrong(`has a text longer than 256 characters for ${key}`)
      fields[key] = value
    }
    names.push(fields)
  }
  return read(names)
}

/** The text of a file. Text that is PEM or JSON itself is taken as it stands: a context value needs no file first. */
function fileText(text: string, host: Host, isContent: (text: string) => boolean): Reading {
  if (isContent(text)) return read(text)
  const reference = text.trim()
  if (reference === '' || reference.length > MOST_TEXT || reference.indexOf('\u0000') >= 0)
    return wrong('must name a file')
  let content: string
  try {
    content = host.readFile(reference)
  } catch (error) {
    return wrong(error instanceof Error ? error.message : 'names a file that cannot be read')
  }
  if (content.length > MOST_FILE) return wrong('names a file of more than 1 MiB')
  return read(content)
}

const pemFile: Reader = (text, _argument, host) => {
  const reading = fileText(text, host, (given) => /^\s*-----BEGIN /.test(given))
  if ('problem' in reading) return reading
  // Some tools write the two characters \ and n where a line should end.
  const pem = String(reading.value).replace(/\\n/g, '\n').replace(/\r\n?/g, '\n')
  if (!/-----BEGIN [A-Z0-9 ]+-----\n[\s\S]*-----END [A-Z0-9 ]+-----/.test(pem))
    return wrong('must name a file with PEM (-----BEGIN …-----)')
  if (pem.indexOf('PRIVATE KEY-----') >= 0)
    return wrong('names a file with a private key, which must not leave its place')
  return read(pem)
}

const subjectFile: Reader = (text, argument, host) => {
  const reading = fileText(text, host, (given) => /^\s*[[{]/.test(given))
  return 'problem' in reading ? reading : subject(String(reading.value), argument, host)
}

const secretText: Reader = (text) =>
  text.length > MOST_FILE || text.indexOf('\u0000') >= 0
    ? wrong('must be a private key in PEM')
    : /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)
      ? read(text.replace(/\\n/g, '\n'))
      : wrong('must be a private key in PEM')

/** RFC 1123 section 2.1; the first label may be a wildcard (RFC 6125 section 6.4.3). */
const isDnsName = (name: string): boolean =>
  name.length <= 253 &&
  /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.?$/i.test(
    name,
  )

const isEmail = (text: string): boolean =>
  text.length <= 320 && /^[^\s@<>",]+@[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text)

const isAddress = (text: string): boolean => isIpv4(text) || isIpv6(text)

const isIpv4 = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) &&
  text.split('.').every((part) => Number(part) <= 255 && (part === '0' || part.charAt(0) !== '0'))

/** RFC 4291 section 2.2. */
function isIpv6(text: string): boolean {
  const dotted = /^(.*:)(\d{1,3}(?:\.\d{1,3}){3})$/.exec(text)
  if (dotted !== null && !isIpv4(dotted[2] ?? '')) return false
  const plain = dotted === null ? text : `${dotted[1]}0:0`
  if (!/^[0-9a-f:]+$/i.test(plain) || plain.indexOf(':::') >= 0) return false
  const halves = plain.split('::')
  if (halves.length > 2) return false
  let groups = 0
  for (const half of halves) {
    if (half === '') continue
    for (const group of half.split(':')) {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return false
      groups++
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8
}

const readers: Readonly<Record<Kind, Reader>> = {
  text: line,
  prose,
  secret: line,
  'secret-text': secretText,
  identifier,
  number,
  boolean,
  choice,
  list,
  choices,
  'dns-names': listOf(isDnsName, 'DNS names'),
  emails: listOf(isEmail, 'e-mail addresses'),
  addresses: listOf(isAddress, 'IP addresses'),
  date,
  expiry,
  subject,
  'subject-file': subjectFile,
  'pem-file': pemFile,
}

/** Undefined when the text is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
