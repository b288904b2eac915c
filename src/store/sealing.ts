import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { Tampered } from '../kit/fault.ts'
import { type Columns, canonical, columnsOf } from './canonical.ts'
import type { Schema } from './schema.ts'
import type { SealedTable } from './store.ts'
import { caSeals } from './tables/ca.ts'
import { clientsSeals } from './tables/clients.ts'
import { cteClientsSeals } from './tables/cte-clients.ts'
import { ctePoliciesSeals } from './tables/cte-policies.ts'
import { identitySeals } from './tables/identity.ts'
import { interfacesSeals } from './tables/interfaces.ts'
import type { SealsOf } from './tables/sealed.ts'
import { systemSeals } from './tables/system.ts'
import { vaultSeals } from './tables/vault.ts'

/** Every sealed table: its primary key, and the columns under the seal in the order they are encoded. */
export const sealedTables = {
  ...identitySeals,
  ...caSeals,
  ...interfacesSeals,
  ...clientsSeals,
  ...vaultSeals,
  ...ctePoliciesSeals,
  ...cteClientsSeals,
  ...systemSeals,
} satisfies SealsOf<Schema>

const encodings = Object.fromEntries(
  Object.entries(sealedTables).map(([table, { columns }]) => [
    table,
    columnsOf(table, Object.keys(columns)),
  ]),
) as Record<SealedTable, Columns>

type AnyRow = Readonly<Record<string, unknown>>

export const isSealedTable = (table: string): table is SealedTable =>
  Object.hasOwn(sealedTables, table)

/** The row's name in faults and logs: its primary key. */
export const rowName = (table: SealedTable, row: object): string =>
  sealedTables[table].key.map((column) => String((row as AnyRow)[column])).join('/')

export const sealOf = (rowKey: KeyObject, table: SealedTable, row: object): Uint8Array =>
  createHmac('sha256', rowKey)
    .update(canonical(encodings[table], row as AnyRow), 'utf8')
    .digest()

const useColumns = columnsOf('refresh_tokens.use', ['id', 'last_used_at'])

/** The seal of a refresh token's last use, which is written without the rest of its row. */
export const sealUse = (rowKey: KeyObject, id: string, lastUsedAt: string): Uint8Array =>
  createHmac('sha256', rowKey)
    .update(canonical(useColumns, { id, last_used_at: lastUsedAt }), 'utf8')
    .digest()

/** Throws `Tampered` when the row is not as the server wrote it. */
export function checkSeal(rowKey: KeyObject, table: SealedTable, row: object): void {
  const { seal, id, last_used_at, use_seal } = row as AnyRow
  let fits = false
  try {
    fits =
      same(seal, sealOf(rowKey, table, row)) &&
      (table !== 'refresh_tokens' ||
        same(use_seal, sealUse(rowKey, id as string, last_used_at as string)))
  } catch (cause) {
    // A value of a type that no column has, such as a number with a fraction: SQLite keeps any type in any column.
    throw new Tampered(table, rowName(table, row), { cause })
  }
  if (!fits) throw new Tampered(table, rowName(table, row))
}

const same = (stored: unknown, due: Uint8Array): boolean =>
  stored instanceof Uint8Array && stored.length === due.length && timingSafeEqual(stored, due)
