import type { Collection } from '../records.ts'

/** Host names are compared without case, and come back in lower case whatever was sent. */
export const clients: Collection<'cte_clients'> = {
  table: 'cte_clients',
  segment: 'clients',
  what: 'client',
  fold: (name) => name.toLowerCase(),
}
