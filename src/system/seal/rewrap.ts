import type { Kysely } from 'kysely'
import {
  type Envelope,
  type Place,
  type WrappedKey,
  wrappedPrefix,
  wrappingKeyId,
} from '../../crypto/envelope.ts'
import { Tampered } from '../../kit/fault.ts'
import type { Schema } from '../../store/schema.ts'
import type { SealedTable, Store, Writer } from '../../store/store.ts'
import { type DomainKek, places } from './hierarchy.ts'

type TableWithId = {
  [Table in SealedTable]: Schema[Table] extends { id: string; domain_id: string } ? Table : never
}[SealedTable]

/** A column that holds wrapped bytes (or null), so that rotation finds them. */
export interface WrappedColumn {
  readonly table: TableWithId
  readonly column: string
  /** The place of the bytes in this row. */
  place(row: LooseRow): Place
}

/** Declares a wrapped column of a sealed table with `id` and `domain_id`. */
export function wrappedColumn<Table extends TableWithId>(
  table: Table,
  column: string & keyof Schema[Table],
  place: (row: Schema[Table]) => Place,
): WrappedColumn {
  return { table, column, place: (row) => place(row as unknown as Schema[Table]) }
}

/** A row of whichever table: what rotation needs of all of them. */
interface LooseRow {
  readonly id: string
  readonly domain_id: string
  readonly version: number
  readonly [column: string]: unknown
}

type Loose = Pick<Kysely<Record<string, LooseRow>>, 'selectFrom'>
/** Rotation goes through tables that it knows by name only; the schema's types cannot follow it there. */
const loose = (read: Store['read']): Loose => read as unknown as Loose

const BATCH = 100

/**
 * Wraps everything under the domain's newest KEK that is still wrapped under this older one, a batch at a time.
 * What is damaged stays as it is, and is thrown as `Tampered` when all the rest is done.
 */
export async function rewrapAll(
  store: Store,
  envelope: Envelope,
  old: DomainKek,
  columns: readonly WrappedColumn[],
): Promise<void> {
  let damaged: Tampered | undefined
  const attempt = async (
    ids: readonly string[],
    rewrap: (ids: readonly string[]) => Promise<void>,
  ) => {
    try {
      await rewrap(ids)
    } catch (failure) {
      if (!(failure instanceof Tampered)) throw failure
      // One damaged row must not keep its neighbours under the old key.
      if (ids.length === 1) damaged = failure
      else for (const id of ids) await attempt([id], rewrap)
    }
  }
  for await (const ids of wrappedUnder(store, old, 'data_keys', 'wrapped')) {
    await attempt(ids, (some) => rewrapDataKeys(store, envelope, some))
  }
  for (const column of columns) {
    for await (const ids of wrappedUnder(store, old, column.table, column.column)) {
      await attempt(ids, (some) => rewrapRows(store, envelope, column, some, old))
    }
  }
  if (damaged) throw damaged
}

/** Removes the KEK unless something is still wrapped under it, looked up in the same transaction. */
export async function removeUnused(
  store: Store,
  old: DomainKek,
  columns: readonly WrappedColumn[],
): Promise<void> {
  const [from, to] = rangeOf(old)
  await store.transact((tx) => {
    let removal = (tx as unknown as LooseWriter).deleteFrom('domain_keks').where('id', '=', old.id)
    for (const { table, column } of [{ table: 'data_keys', column: 'wrapped' }, ...columns]) {
      removal = removal.where(({ not, exists, selectFrom }) =>
        not(
          exists(selectFrom(table).select('id').where(column, '>=', from).where(column, '<', to)),
        ),
      )
    }
    tx.run(removal)
  })
}

type LooseWriter = Pick<Kysely<Record<string, LooseRow>>, 'deleteFrom'>

/** The ids of the rows whose column is wrapped under this KEK, in batches. */
async function* wrappedUnder(
  store: Store,
  old: DomainKek,
  table: string,
  column: string,
): AsyncGenerator<readonly string[]> {
  const [from, to] = rangeOf(old)
  let last = ''
  for (;;) {
    const rows = await loose(store.read)
      .selectFrom(table)
      .select('id')
      .where(column, '>=', from)
      .where(column, '<', to)
      .where('id', '>', last)
      .orderBy('id')
      .limit(BATCH)
      .execute()
    const end = rows.at(-1)
    if (!end) return
    last = end.id
    yield rows.map(({ id }) => id)
  }
}

/** All bytes that begin with the prefix of this KEK lie between these two; both databases order bytes as memcmp does. */
function rangeOf({ id }: DomainKek): [Buffer, Buffer] {
  const from = wrappedPrefix(id)
  return [from, Buffer.concat([from, Buffer.alloc(64, 0xff)])]
}

async function rewrapDataKeys(
  store: Store,
  envelope: Envelope,
  ids: readonly string[],
): Promise<void> {
  await store.transact(async (tx) => {
    const rows = await store.read
      .selectFrom('data_keys')
      .selectAll()
      .where('id', 'in', ids)
      .execute()
    for (const row of rows) {
      const place = places.dataKey(row)
      const wrapped = rewrap(envelope, place, place, row.wrapped)
      tx.run(
        tx
          .updateTable('data_keys')
          .set({ wrapped, domain_kek_id: wrappingKeyId(wrapped) })
          .where('id', '=', row.id)
          .where('wrapped', '=', row.wrapped),
        { rows: 1 },
      )
    }
  })
}

async function rewrapRows(
  store: Store,
  envelope: Envelope,
  { table, column, place }: WrappedColumn,
  ids: readonly string[],
  old: DomainKek,
): Promise<void> {
  await store.transact(async (tx) => {
    const rows = (await loose(store.read)
      .selectFrom(table)
      .selectAll()
      .where('id', 'in', ids)
      .execute()) as unknown as LooseRow[]
    for (const row of rows) {
      const wrapped = row[column]
      // Another writer may have wrapped it anew since it was found.
      if (!(wrapped instanceof Uint8Array) || wrappingKeyId(wrapped) !== old.id) continue
      const next = place({ ...row, version: row.version + 1 })
      const changes = { [column]: rewrap(envelope, place(row), next, wrapped) }
      updateAny(tx, table, row, changes)
    }
  })
}

function updateAny(
  tx: Writer,
  table: TableWithId,
  row: LooseRow,
  changes: Record<string, WrappedKey>,
): void {
  // One table stands for all here: `wrappedColumn` has checked that the column is one of the row's.
  tx.update(table as 'users', row as unknown as Schema['users'], changes)
}

function rewrap(envelope: Envelope, from: Place, to: Place, wrapped: Uint8Array): WrappedKey {
  const plain = envelope.unwrap(from, wrapped)
  try {
    return envelope.wrap(to, plain)
  } finally {
    plain.wipe()
  }
}
