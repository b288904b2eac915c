import { Fault, quote } from '../../kit/fault.ts'
import { demandNotClear } from './clear-key.ts'

export interface Alias {
  readonly alias: string
  readonly type: 'string' | 'uri'
  readonly index: number
}

/** One entry of `aliases` in a PATCH, which is a delta (reference 7.2). */
export interface AliasChange {
  readonly index?: number | undefined
  readonly alias?: string | undefined
  readonly type?: string | undefined
}

const MAX_ALIASES = 100

/** The aliases of a new key: its name first, then those that were given, the name itself among them or not. */
export function firstAliases(name: string, given: readonly AliasChange[] = []): readonly Alias[] {
  const others = given.filter(({ alias }) => alias !== name)
  return mergeAliases(
    [{ alias: name, type: 'string', index: 0 }],
    others.map(({ alias, type }) => ({ alias, type })),
  )
}

/**
 * The aliases after a delta: `{alias,type}` adds one at the next free index, `{index}` alone deletes, all three
 * modify. An index stays with its alias and is not given again while a higher one is there. Throws 'conflict' for an
 * alias that the key has already.
 */
export function mergeAliases(
  stored: readonly Alias[],
  changes: readonly AliasChange[],
): readonly Alias[] {
  let aliases = [...stored]
  for (const { index, alias, type } of changes) {
    if (index === undefined) {
      const added = checked(aliases, alias, type)
      const next = aliases.reduce((highest, one) => Math.max(highest, one.index), -1) + 1
      aliases.push({ ...added, index: next })
    } else {
      const at = aliases.findIndex((one) => one.index === index)
      if (at < 0) throw new Fault('invalid-parameter', `aliases: there is none at index ${index}`)
      const others = aliases.filter((_, other) => other !== at)
      if (alias === undefined || alias === '') aliases = others
      else aliases[at] = { ...checked(others, alias, type ?? aliases[at]?.type), index }
    }
  }
  if (aliases.length > MAX_ALIASES)
    throw new Fault('invalid-parameter', `aliases: a key may not have more than ${MAX_ALIASES}`)
  return aliases
}

function checked(
  others: readonly Alias[],
  alias: string | undefined,
  type = 'string',
): Omit<Alias, 'index'> {
  if (alias === undefined || alias === '')
    throw new Fault('invalid-parameter', 'aliases: each needs an alias or an index')
  demandNotClear('aliases', alias)
  const kind = type.toLowerCase()
  if (kind !== 'string' && kind !== 'uri')
    throw new Fault(
      'invalid-parameter',
      `aliases: the type ${quote(type)} is neither string nor uri`,
    )
  if (others.some((one) => one.alias === alias))
    throw new Fault('conflict', `the key has the alias ${quote(alias)} already`)
  return { alias, type: kind }
}

export const readAliases = (stored: string): readonly Alias[] =>
  JSON.parse(stored) as readonly Alias[]
