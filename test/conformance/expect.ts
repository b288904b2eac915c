import { createPublicKey, verify, type webcrypto } from 'node:crypto'

/**
 * What a body must look like, as data. An object asks for its own members and allows others; an array asks for the
 * same length, element by element; texts, numbers and booleans are equal; a RegExp matches text; a Rule says more.
 */
export type Expected =
  | string
  | number
  | boolean
  | null
  | RegExp
  | Rule
  | readonly Expected[]
  | { readonly [key: string]: Expected }

/** Returns a complaint for each thing that is not as it should be. */
export type Match = (expected: Expected, value: unknown, at: string) => string[]

type Fill = <T>(value: T) => T

export class Rule {
  readonly says: string
  readonly check: (value: unknown, at: string, match: Match, fill: Fill) => string[]

  constructor(says: string, check: Rule['check']) {
    this.says = says
    this.check = check
  }
}

/** Compares a value with what is expected; `fill` puts values into placeholders. */
export function matcher(fill: Fill): Match {
  const match: Match = (expected, value, at) => {
    if (expected instanceof Rule) return expected.check(value, at, match, fill)
    if (expected instanceof RegExp)
      return typeof value === 'string' && expected.test(value)
        ? []
        : [`${at}: expected text like ${expected}, got ${show(value)}`]
    if (Array.isArray(expected)) return matchArray(expected, value, at, match)
    if (typeof expected === 'object' && expected !== null) {
      if (!isObject(value)) return [`${at}: expected an object, got ${show(value)}`]
      return Object.entries(expected).flatMap(([key, part]) =>
        match(part as Expected, value[key], at === '' ? key : `${at}.${key}`),
      )
    }
    const wanted = fill(expected)
    return value === wanted ? [] : [`${at}: expected ${show(wanted)}, got ${show(value)}`]
  }
  return match
}

function matchArray(
  expected: readonly Expected[],
  value: unknown,
  at: string,
  match: Match,
): string[] {
  if (!Array.isArray(value)) return [`${at}: expected an array, got ${show(value)}`]
  if (value.length !== expected.length)
    return [`${at}: expected ${expected.length} elements, got ${value.length}: ${show(value)}`]
  return expected.flatMap((part, index) => match(part, value[index], `${at}.${index}`))
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

const rule = (says: string, holds: (value: unknown) => boolean): Rule =>
  new Rule(says, (value, at) =>
    holds(value) ? [] : [`${at}: expected ${says}, got ${show(value)}`],
  )

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{0,5}[1-9])?Z$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const isWireTime = (text: string): boolean => TIME.test(text)
export const looksLikeTime = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.test(text)
export const isUuid = (value: unknown): boolean => typeof value === 'string' && UUID.test(value)

export const absent = rule('nothing', (value) => value === undefined)
export const text = rule('a text', (value) => typeof value === 'string')
export const someText = rule(
  'a text that is not empty',
  (value) => typeof value === 'string' && value !== '',
)
export const integer = rule('an integer', Number.isSafeInteger)
export const bool = rule('true or false', (value) => typeof value === 'boolean')
export const object = rule('an object', isObject)
export const array = rule('an array', Array.isArray)
export const uuid = rule('a UUID in lower case', isUuid)
/** RFC 3339 in UTC with Z, at most six fraction digits, trailing zeros cut. */
export const time = rule(
  'a time as the API writes it',
  (value) => typeof value === 'string' && TIME.test(value),
)
export const userId = rule(
  'a user id, local|<UUID v4>',
  (value) =>
    typeof value === 'string' &&
    /^local\|[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(value),
)

export const between = (low: number, high: number): Rule =>
  rule(
    `a number from ${low} to ${high}`,
    (value) => typeof value === 'number' && value >= low && value <= high,
  )

export const anyOf = (...choices: readonly Expected[]): Rule =>
  new Rule('one of several', (value, at, match) => {
    const complaints = choices.map((choice) => match(choice, value, at))
    return complaints.some((list) => list.length === 0)
      ? []
      : [
          `${at}: none of ${choices.length} forms fits: ${complaints.map((list) => list.join(', ')).join('; or ')}`,
        ]
  })

export const not = (expected: Expected): Rule =>
  new Rule('anything else', (value, at, match) =>
    match(expected, value, at).length > 0 ? [] : [`${at}: ${show(value)} must not be there`],
  )

export const allOf = (...parts: readonly Expected[]): Rule =>
  new Rule('all of these', (value, at, match) => parts.flatMap((part) => match(part, value, at)))

/** The array has, for each of these, an element that fits. */
export const containing = (...parts: readonly Expected[]): Rule =>
  new Rule('an array with certain elements', (value, at, match) => {
    if (!Array.isArray(value)) return [`${at}: expected an array, got ${show(value)}`]
    return parts.flatMap((part) =>
      value.some((element) => match(part, element, at).length === 0)
        ? []
        : [`${at}: no element fits ${describeExpected(part)} in ${show(value)}`],
    )
  })

export const each = (part: Expected): Rule =>
  new Rule('an array whose elements all fit', (value, at, match) =>
    Array.isArray(value)
      ? value.flatMap((element, index) => match(part, element, `${at}.${index}`))
      : [`${at}: expected an array, got ${show(value)}`],
  )

/** The same elements in any order. */
export const inAnyOrder = (...parts: readonly Expected[]): Rule =>
  allOf(sized(parts.length), containing(...parts))

export const sized = (count: number): Rule =>
  new Rule(`${count} elements`, (value, at) =>
    Array.isArray(value) && value.length === count
      ? []
      : [
          `${at}: expected ${count} elements, got ${Array.isArray(value) ? value.length : show(value)}`,
        ],
  )

export const atLeast = (count: number): Rule =>
  rule(`at least ${count} elements`, (value) => Array.isArray(value) && value.length >= count)

/** Nothing more and nothing less, at every depth. */
export const exactly = (wanted: unknown): Rule =>
  new Rule('exactly this', (value, at, _match, fill) => {
    const filled = fill(wanted)
    return canonical(value) === canonical(filled)
      ? []
      : [`${at}: expected exactly ${show(filled)}, got ${show(value)}`]
  })

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isObject(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

/** The elements stand in the order of this member. */
export const ordered = (member: string, direction: 'up' | 'down', caseless = false): Rule =>
  new Rule(`elements by ${member} ${direction}`, (value, at) => {
    if (!Array.isArray(value)) return [`${at}: expected an array, got ${show(value)}`]
    const keys = value.map((element) => {
      const key = isObject(element) ? String(element[member]) : ''
      return looksLikeTime(key) ? comparableTime(key) : caseless ? key.toLowerCase() : key
    })
    const wrong = keys.findIndex((key, index) => {
      const before = keys[index - 1]
      if (before === undefined) return false
      return direction === 'up' ? before > key : before < key
    })
    return wrong === -1
      ? []
      : [
          `${at}.${wrong}: ${show(keys[wrong])} is out of order after ${show(keys[wrong - 1])} (${member} ${direction})`,
        ]
  })

/** Later than another time, which is usually one that was kept. */
export const laterThan = (other: string): Rule =>
  new Rule('a later time', (value, at, _match, fill) => {
    const before = String(fill(other))
    return typeof value === 'string' &&
      TIME.test(value) &&
      comparableTime(value) > comparableTime(before)
      ? []
      : [`${at}: expected a time after ${before}, got ${show(value)}`]
  })

const comparableTime = (value: string): string => {
  const [whole = '', fraction = ''] = value.replace('Z', '').split('.')
  return `${whole}.${fraction.padEnd(9, '0')}`
}

/** A compact JWT: its header and claims as told, `exp` 300 s after `iat`, and `iat` now. */
export const jwt = (header: Expected, claims: Expected): Rule =>
  new Rule('a JWT', (value, at, match, fill) => {
    const decoded = typeof value === 'string' ? decode(value) : undefined
    if (!decoded) return [`${at}: expected a JWT of three base64url parts, got ${show(value)}`]
    const { iat, exp } = decoded.claims
    const complaints = [
      ...match(header, decoded.header, `${at}(header)`),
      ...match(claims, decoded.claims, `${at}(claims)`),
    ]
    if (typeof iat !== 'number' || typeof exp !== 'number' || exp - iat !== 300)
      complaints.push(
        `${at}(claims): expected exp = iat + 300, got iat ${show(iat)}, exp ${show(exp)}`,
      )
    else if (Math.abs(iat - Date.parse(fill('{{in:0}}')) / 1000) > 30)
      complaints.push(`${at}(claims).iat: expected about now, got ${iat}`)
    return complaints
  })

/** A JWT whose signature holds under a key of this JWK set (RFC 7515, RFC 7517), found by its `kid`. */
export const signedByOneOf = (keys: string): Rule =>
  new Rule('a JWT signed by a published key', (value, at, _match, fill) => {
    const published: unknown = fill(keys)
    const decoded = typeof value === 'string' ? decode(value) : undefined
    if (!decoded || typeof value !== 'string') return [`${at}: expected a JWT, got ${show(value)}`]
    if (!Array.isArray(published)) return [`${at}: no JWK set to compare with`]
    const key = published.find((jwk) => isObject(jwk) && jwk['kid'] === decoded.header['kid'])
    if (!isObject(key))
      return [`${at}: no published key has the kid ${show(decoded.header['kid'])}`]
    const [header = '', payload = '', signature = ''] = value.split('.')
    const holds = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      {
        key: createPublicKey({ key: key as webcrypto.JsonWebKey, format: 'jwk' }),
        dsaEncoding: 'ieee-p1363',
      },
      Buffer.from(signature, 'base64url'),
    )
    return holds ? [] : [`${at}: the signature does not hold under the published key`]
  })

interface Decoded {
  readonly header: Record<string, unknown>
  readonly claims: Record<string, unknown>
}

export function decode(token: string): Decoded | undefined {
  const parts = token.split('.')
  if (parts.length !== 3 || parts.some((part) => !/^[A-Za-z0-9_-]+$/.test(part))) return undefined
  try {
    const [header, claims] = parts
      .slice(0, 2)
      .map((part): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')))
    return isObject(header) && isObject(claims) ? { header, claims } : undefined
  } catch {
    return undefined
  }
}

function describeExpected(expected: Expected): string {
  if (expected instanceof Rule) return expected.says
  if (expected instanceof RegExp) return String(expected)
  return JSON.stringify(expected, (_key, part: unknown) =>
    part instanceof Rule ? `<${part.says}>` : part instanceof RegExp ? String(part) : part,
  )
}
