import type { Collection } from '../records.ts'

/** The four kinds of sets lie in one table. */
const setsOf = (kind: string): Collection<'cte_sets'> => ({
  table: 'cte_sets',
  segment: `${kind}sets`,
  what: `${kind} set`,
  where: { kind },
})

export const resourceSets = setsOf('resource')
export const userSets = setsOf('user')
export const processSets = setsOf('process')
export const signatureSets = setsOf('signature')
