import {
  type Compilable,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { Fault } from '../kit/fault.ts'
import type { Schema, Sealed } from './schema.ts'
import { rowName, sealedTables, sealOf } from './sealing.ts'
import { endsSecrets } from './secrets.ts'
import { type Dialect, deleteSql, insertSql, updateSql } from './statements.ts'
import type { AuditEntry, CryptoKeyHandle, Guard, SealedTable, Where, Writer } from './store.ts'
import type { Step, Topic, Unit } from './unit.ts'

/** Has no database behind it: what a unit builds is run by the writer, and never on the spot. */
class NoDriver extends DummyDriver {
  override acquireConnection(): Promise<never> {
    return Promise.reject(
      new Error('a statement of a unit is given to run() and not executed: read before the unit'),
    )
  }
}

type Builder = Pick<Kysely<Schema>, 'insertInto' | 'updateTable' | 'deleteFrom'>

/** Builds statements of this dialect; executing one throws. */
export function statementBuilder(dialect: Dialect): Builder {
  const builder = new Kysely<Schema>({
    dialect:
      dialect === 'sqlite'
        ? {
            createAdapter: () => new SqliteAdapter(),
            createDriver: () => new NoDriver(),
            createIntrospector: (db) => new SqliteIntrospector(db),
            createQueryCompiler: () => new SqliteQueryCompiler(),
          }
        : {
            createAdapter: () => new PostgresAdapter(),
            createDriver: () => new NoDriver(),
            createIntrospector: (db) => new PostgresIntrospector(db),
            createQueryCompiler: () => new PostgresQueryCompiler(),
          },
  })
  return {
    insertInto: builder.insertInto.bind(builder),
    updateTable: builder.updateTable.bind(builder),
    deleteFrom: builder.deleteFrom.bind(builder),
  }
}

type AnyRow = Record<string, unknown>
const MOVED: Guard = { rows: 1 }

/** The writer of one unit: gathers statements and what is to become of them when they fail. */
export class Gathering implements Writer {
  readonly insertInto: Builder['insertInto']
  readonly updateTable: Builder['updateTable']
  readonly deleteFrom: Builder['deleteFrom']
  /** One for each step. */
  readonly guards: (Guard | undefined)[] = []
  readonly #dialect: Dialect
  readonly #rowKey: CryptoKeyHandle | undefined
  readonly #steps: Step[] = []
  readonly #audits: AuditEntry[] = []
  readonly #counts: [domain: string, table: string, difference: number][] = []
  readonly #topics = new Set<Topic>()
  #endsSecrets = false
  #open = true

  constructor(builder: Builder, dialect: Dialect, rowKey: CryptoKeyHandle | undefined) {
    this.#dialect = dialect
    this.#rowKey = rowKey
    this.insertInto = builder.insertInto
    this.updateTable = builder.updateTable
    this.deleteFrom = builder.deleteFrom
  }

  insert<Table extends SealedTable>(
    table: Table,
    row: Omit<Schema[Table], keyof Sealed>,
    guard?: Guard,
  ): Schema[Table] {
    const stored = this.#sealed(table, { ...row, version: 1 })
    const columns = Object.keys(stored)
    this.#add(insertSql(this.#dialect, table, columns), Object.values(stored), guard)
    return stored as unknown as Schema[Table]
  }

  update<Table extends SealedTable>(
    table: Table,
    row: Schema[Table],
    changes: Partial<Omit<Schema[Table], keyof Sealed>>,
    guard?: Pick<Guard, 'otherwise' | 'duplicate'>,
  ): Schema[Table] {
    const stored = this.#sealed(table, { ...row, ...changes, version: row.version + 1 })
    // Only what changes: columns outside the seal may have been written since the row was read.
    const set = [...Object.keys(changes), 'version', 'seal']
    const { where, params } = this.#sameRow(table, row)
    this.#add(
      updateSql(this.#dialect, table, set, where),
      [...set.map((column) => stored[column]), ...params],
      { ...MOVED, ...guard },
    )
    return stored as unknown as Schema[Table]
  }

  remove<Table extends SealedTable>(
    table: Table,
    row: Schema[Table],
    guard?: Pick<Guard, 'otherwise'>,
  ): void {
    const { where, params } = this.#sameRow(table, row)
    this.#add(deleteSql(this.#dialect, table, where), params, { ...MOVED, ...guard })
  }

  set<Table extends keyof Schema>(
    table: Table,
    changes: Partial<Schema[Table]>,
    where: Where<Schema[Table]>,
    guard?: Guard,
  ): void {
    const sql = updateSql(this.#dialect, table, Object.keys(changes), Object.keys(where))
    this.#add(sql, [...Object.values(changes), ...Object.values(where)], guard)
  }

  add<Table extends Exclude<keyof Schema, SealedTable>>(
    table: Table,
    row: Schema[Table],
    guard?: Guard,
  ): void {
    this.#add(insertSql(this.#dialect, table, Object.keys(row)), Object.values(row), guard)
  }

  erase<Table extends Exclude<keyof Schema, SealedTable>>(
    table: Table,
    where: Where<Schema[Table]>,
    guard?: Guard,
  ): void {
    this.#add(deleteSql(this.#dialect, table, Object.keys(where)), Object.values(where), guard)
  }

  run(statement: Compilable, guard?: Guard): void {
    const { sql, parameters } = statement.compile()
    this.#add(sql, parameters, guard)
  }

  audit(entry: AuditEntry): void {
    this.#stillOpen()
    this.#audits.push(entry)
  }

  changesAuthority(): void {
    this.#stillOpen()
    this.#topics.add('authority')
  }

  changesKeys(): void {
    this.#stillOpen()
    this.#topics.add('keys')
  }

  count(domain: string, table: keyof Schema, difference: number): void {
    this.#stillOpen()
    this.#counts.push([domain, table, difference])
  }

  /** What was gathered; undefined when it is nothing. Nothing can be added afterwards. */
  finish(): Unit | undefined {
    this.#open = false
    const [steps, audits, counts, topics] = [
      this.#steps,
      this.#audits,
      this.#counts,
      [...this.#topics],
    ]
    if (steps.length + audits.length + counts.length + topics.length === 0) return undefined
    return { steps, audits, counts, topics, endsSecrets: this.#endsSecrets }
  }

  #sealed(table: SealedTable, row: AnyRow): AnyRow {
    if (!this.#rowKey) throw new Fault('unavailable', 'the store is sealed')
    return { ...row, seal: sealOf(this.#rowKey, table, row) }
  }

  #sameRow(table: SealedTable, row: Sealed): { where: string[]; params: unknown[] } {
    const where = [...sealedTables[table].key, 'version']
    const params = where.map((column) => (row as unknown as AnyRow)[column])
    if (params.includes(undefined))
      throw new TypeError(`not a whole row of ${table}: ${rowName(table, row)}`)
    return { where, params }
  }

  #add(sql: string, params: readonly unknown[], guard: Guard | undefined): void {
    this.#stillOpen()
    this.#endsSecrets ||= endsSecrets(sql)
    this.#steps.push({ sql, params: params.map(parameter), rows: guard?.rows ?? -1 })
    this.guards.push(guard)
  }

  #stillOpen(): void {
    if (!this.#open)
      throw new Error('this unit of work is over: wait for all of it inside transact')
  }
}

function parameter(value: unknown): unknown {
  // PostgreSQL keeps no NUL in text, and SQLite ends the text there.
  if (typeof value === 'string' && value.includes('\0'))
    throw new Fault('invalid', 'text must not contain the character U+0000')
  // A slice of the pool that buffers share would travel to the writer together with the whole pool.
  if (value instanceof Uint8Array && value.byteLength !== value.buffer.byteLength)
    return Uint8Array.from(value)
  return value
}
