import { Fault, quote } from '../kit/fault.ts'

/**
 * A username or group name is normalised once, where it comes in. What is stored is the normalised text; what is
 * looked up, counted, locked and compared is always its key, so that no two spellings meet two decisions.
 */

/** In front of the UUID of a local account on the wire. */
export const LOCAL = 'local|'

/** `global` owns keys that everyone may read, `self` stands for the caller in paths (reference 3.1, 6). */
const RESERVED_USERNAMES: ReadonlySet<string> = new Set(['global', 'self'])

/** `nil` asks for "none" in list filters. */
const RESERVED_GROUP_NAMES: ReadonlySet<string> = new Set(['nil'])

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Characters of the reference's rule, then what cannot be seen: controls, bidi marks and other format characters. */
const REFUSED = /[/|\\<>]|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** Compatibility forms folded together and the ends trimmed; the case is kept. */
export const normalName = (text: string): string => text.normalize('NFKC').trim()

/** Case and compatibility forms folded, outer space kept: for the pieces of a filter on keys. */
export function foldName(text: string): string {
  // Lower case can leave the normal form, and the normal form can bring upper case back: settle both.
  let folded = text
  for (;;) {
    const next = folded.normalize('NFKC').toLowerCase()
    if (next === folded) return folded
    folded = next
  }
}

/** What two names are compared by: equal keys are one name. */
export const nameKey = (text: string): string => foldName(text).trim()

/** The username as it is stored. Throws 'invalid' when it breaks a rule. */
export function checkedUsername(text: string): string {
  const name = checkedName('username', text)
  const key = nameKey(name)
  if (RESERVED_USERNAMES.has(key))
    throw new Fault('invalid', `the username ${quote(name)} is reserved`)
  if (UUID.test(key)) throw new Fault('invalid', 'a username may not have the form of a user id')
  return name
}

/** The group name as it is stored. Throws 'invalid' when it breaks a rule. */
export function checkedGroupName(text: string): string {
  const name = checkedName('group name', text)
  if (RESERVED_GROUP_NAMES.has(nameKey(name)))
    throw new Fault('invalid', `the group name ${quote(name)} is reserved`)
  return name
}

/** The policy name as it is stored. Throws 'invalid' when it breaks a rule. */
export const checkedPolicyName = (text: string): string => checkedName('policy name', text)

function checkedName(what: string, text: string): string {
  const name = normalName(text)
  if (name === '') throw new Fault('invalid', `a ${what} may not be empty`)
  if (REFUSED.test(name))
    throw new Fault(
      'invalid',
      `a ${what} may not contain / | \\ < > or characters that cannot be seen`,
    )
  return name
}

/** Whom a user id in a path, filter or body means. */
export type UserReference =
  | { readonly kind: 'self' }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'username'; readonly key: string }

/** Reads `local|<uuid>`, `local|<username>`, a bare UUID or username, and `self`; the text is already percent-decoded. */
export function userIdFromPath(text: string): UserReference {
  if (text === 'self') return { kind: 'self' }
  const local = text.startsWith(LOCAL) ? text.slice(LOCAL.length) : text
  if (UUID.test(local)) return { kind: 'id', id: local.toLowerCase() }
  return { kind: 'username', key: nameKey(local) }
}

/** Whether a reference means this caller, however it is spelled. */
export const meansCaller = (
  reference: UserReference,
  { userId, username }: { readonly userId: string; readonly username: string },
): boolean =>
  reference.kind === 'self' ||
  (reference.kind === 'id' ? reference.id === userId : reference.key === nameKey(username))
