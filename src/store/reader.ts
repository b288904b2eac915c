import { setImmediate } from 'node:timers/promises'
import { CompiledQuery, type Kysely } from 'kysely'
import { Fault } from '../kit/fault.ts'
import type { Schema } from './schema.ts'
import { SealCheck } from './seal-check.ts'
import { checkSeal, isSealedTable } from './sealing.ts'
import { byIdSql, type Dialect, idsParameter, lastSql, selectSql } from './statements.ts'
import type { CryptoKeyHandle, IdTable, Reader, Where } from './store.ts'

/** A database to read from. */
export interface Source {
  readonly dialect: Dialect
  readonly db: Kysely<Schema>
  /** Runs a text as it stands. */
  select(sql: string, params: readonly unknown[]): Promise<readonly object[]>
}

export const selectOver =
  (db: Kysely<Schema>): Source['select'] =>
  async (sql, params) =>
    (await db.executeQuery<object>(CompiledQuery.raw(sql, [...params]))).rows

/** Checks every whole row on its way out. */
export function readerOn(source: Source, rowKey: () => CryptoKeyHandle | undefined): Reader {
  const db = source.db.withPlugin(new SealCheck(rowKey))
  return {
    selectFrom: db.selectFrom.bind(db),
    ...byKey(source, (table, rows) => {
      if (!isSealedTable(table)) return
      const key = rowKey()
      if (!key) throw new Fault('unavailable', 'the store is sealed')
      for (const row of rows) checkSeal(key, table, row)
    }),
  }
}

/** Rows as they lie there, for looking after the audit log. */
export const uncheckedReaderOn = (source: Source): Reader => ({
  selectFrom: source.db.selectFrom.bind(source.db),
  ...byKey(source, () => undefined),
})

/** So many rows are read before everybody else has a turn. */
const PIECE = 500

function byKey(
  source: Source,
  check: (table: keyof Schema, rows: readonly object[]) => void,
): Pick<Reader, 'row' | 'last' | 'rows' | 'byId'> {
  async function rows<Table extends keyof Schema>(
    table: Table,
    where: Where<Schema[Table]>,
  ): Promise<Schema[Table][]> {
    const sql = selectSql(source.dialect, table, Object.keys(where))
    return checked<Table>(table, await source.select(sql, Object.values(where)))
  }
  function checked<Table extends keyof Schema>(
    table: Table,
    found: readonly object[],
  ): Schema[Table][] {
    check(table, found)
    return found as Schema[Table][]
  }
  return {
    rows,
    row: async (table, where) => (await rows(table, where))[0],
    async byId<Table extends IdTable>(table: Table, domain: string, ids: Iterable<string>) {
      const found = new Map<string, Schema[Table]>()
      const wanted = [...new Set(ids)]
      const sql = byIdSql(source.dialect, table)
      for (let at = 0; at < wanted.length; at += PIECE) {
        if (at > 0) await setImmediate()
        const some = idsParameter(source.dialect, wanted.slice(at, at + PIECE))
        for (const row of checked<Table>(table, await source.select(sql, [domain, some])))
          found.set((row as Schema[IdTable]).id, row)
      }
      return found
    },
    async last<Table extends keyof Schema>(table: Table, where: Where<Schema[Table]>, by: string) {
      const sql = lastSql(source.dialect, table, Object.keys(where), by)
      return checked<Table>(table, await source.select(sql, Object.values(where)))[0]
    },
  }
}
