import { Fault, quote } from '../../kit/fault.ts'
import { isObject } from './rights.ts'

/** Metadata of a key: a free JSON object in which some members have a meaning (reference 4). */
export type Meta = Readonly<Record<string, unknown>>

const MAX_META = 65_536

/** Members that clients send as null for what they did not set. */
const MEANT = new Set(['ownerId', 'owner_id', 'permissions', 'cte'])

/**
 * Metadata with what was sent merged in (RFC 7396, but for two things): a member with a meaning is left as it is when
 * null is sent for it, and within `permissions` null is kept, since clients send it for an empty list.
 */
export function mergeMeta(stored: Meta | undefined, sent: Meta): Meta {
  const merged: Record<string, unknown> = { ...stored }
  for (const [name, value] of Object.entries(sent)) {
    if (value === null) {
      if (!MEANT.has(name)) delete merged[name]
    } else if (name === 'permissions' && isObject(value))
      merged[name] = { ...(isObject(merged[name]) ? merged[name] : {}), ...value }
    else merged[name] = mergeValue(merged[name], value)
  }
  // The owner has two spellings: the one that was sent says who it is, and the other one says the same.
  const owner = sent['ownerId'] ?? sent['owner_id'] ?? null
  if (owner !== null)
    for (const name of ['ownerId', 'owner_id'])
      if (Object.hasOwn(stored ?? {}, name)) merged[name] = owner
  return merged
}

function mergeValue(stored: unknown, sent: unknown): unknown {
  if (!isObject(sent)) return sent
  const merged: Record<string, unknown> = isObject(stored) ? { ...stored } : {}
  for (const [name, value] of Object.entries(sent))
    if (value === null) delete merged[name]
    else merged[name] = mergeValue(merged[name], value)
  return merged
}

/** As its column keeps it. */
export function storedMeta(meta: Meta | undefined): string | null {
  if (meta === undefined || Object.keys(meta).length === 0) return null
  const text = JSON.stringify(meta)
  if (text.length > MAX_META)
    throw new Fault('invalid-parameter', `meta: may not be longer than ${MAX_META} characters`)
  if (!text.isWellFormed() || text.includes('\\u0000'))
    throw new Fault('invalid-parameter', 'meta: must be valid Unicode without NUL characters')
  return text
}

export const readMeta = (stored: string | null): Meta | undefined =>
  stored === null ? undefined : (JSON.parse(stored) as Meta)

const USER = /^(?:local\|)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/**
 * The user that owns the key, by `ownerId` or as the provider of 2025 spells it, `owner_id`; empty: nobody. Throws
 * 'invalid-parameter' for what is no user id. That there is such a user is nobody's promise.
 */
export function ownerIn(meta: Meta | undefined): string | null {
  const owner = meta?.['ownerId'] ?? meta?.['owner_id']
  if (owner === undefined || owner === null || owner === '') return null
  const id = typeof owner === 'string' ? USER.exec(owner)?.[1] : undefined
  if (id === undefined)
    throw new Fault(
      'invalid-parameter',
      `meta.ownerId: ${typeof owner === 'string' ? quote(owner) : 'this'} is no user id`,
    )
  return id.toLowerCase()
}

/** Throws 'invalid-parameter' for members whose meaning would be lost: nobody should believe in a grant that is none. */
export function checkMeta(meta: Meta): void {
  const { permissions, cte } = meta
  if (permissions !== undefined && permissions !== null) {
    if (!isObject(permissions))
      throw new Fault('invalid-parameter', 'meta.permissions: must be an object')
    for (const [name, groups] of Object.entries(permissions)) {
      const isList = Array.isArray(groups) && groups.every((group) => typeof group === 'string')
      if (groups !== null && !isList)
        throw new Fault(
          'invalid-parameter',
          `meta.permissions.${name.slice(0, 64)}: must be a list of group names`,
        )
    }
  }
  if (cte !== undefined && cte !== null && !isObject(cte))
    throw new Fault('invalid-parameter', 'meta.cte: must be an object')
}

/** The server's own word, whatever a client sends: whether some CTE policy uses the key. */
export function withCteUse(meta: Meta, used: boolean): Meta {
  const { cte } = meta
  return isObject(cte) ? { ...meta, cte: { ...cte, is_used: used } } : meta
}

export const isCteKey = (meta: Meta | undefined): boolean => isObject(meta?.['cte'])

export const isUsedByCte = (meta: Meta | undefined): boolean =>
  isObject(meta?.['cte']) && meta['cte']['is_used'] === true

/** Whether two JSON values say the same, whatever the order of their members. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((value, at) => sameJson(value, other[at]))
  if (isObject(one) && isObject(other)) {
    const names = Object.keys(one)
    return (
      names.length === Object.keys(other).length &&
      names.every((name) => Object.hasOwn(other, name) && sameJson(one[name], other[name]))
    )
  }
  return Object.is(one, other)
}

/** Whether every member of `part` is in `whole`, objects compared member by member: `metaContains` (reference 7.1). */
export function containsJson(whole: unknown, part: unknown): boolean {
  if (isObject(part))
    return (
      isObject(whole) &&
      Object.entries(part).every(
        ([name, value]) => Object.hasOwn(whole, name) && containsJson(whole[name], value),
      )
    )
  if (Array.isArray(part))
    return (
      Array.isArray(whole) && part.every((value) => whole.some((one) => containsJson(one, value)))
    )
  return Object.is(whole, part)
}
