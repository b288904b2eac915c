import { type Collection, sameLetters } from '../records.ts'

const fold = (name: string): string => sameLetters(name).toLowerCase()

/** Host names are compared without case, and come back in lower case whatever was sent. */
export const clients = {
  table: 'cte_clients',
  segment: 'clients',
  what: 'client',
  fold,
} satisfies Collection<'cte_clients'>
