import type { Compilable, Kysely } from 'kysely'
import type { Fault } from '../kit/fault.ts'
import type { Schema, Sealed } from './schema.ts'

/** Can only select. It sees what is committed, so also what this process has just written. */
export type Selector = Pick<Kysely<Schema>, 'selectFrom'>

/**
 * Whole rows of sealed tables are read with `row`, `rows` or `selectAll()`; each is checked against its seal before the
 * caller sees it, and one that does not fit throws `Tampered`. Queries that name columns of a sealed table are for
 * counting and joining only.
 */
export interface Reader extends Selector {
  /**
   * The row in which these columns have these values, for reads by a key: the text is made once, and nothing is built
   * for a call.
   */
  row<Table extends keyof Schema>(
    table: Table,
    where: Where<Schema[Table]>,
  ): Promise<Schema[Table] | undefined>
  /** Of all such rows the one with the greatest value in this column. */
  last<Table extends keyof Schema>(
    table: Table,
    where: Where<Schema[Table]>,
    by: keyof Schema[Table] & string,
  ): Promise<Schema[Table] | undefined>
  /** All such rows. */
  rows<Table extends keyof Schema>(
    table: Table,
    where: Where<Schema[Table]>,
  ): Promise<Schema[Table][]>
  /** The rows of a domain by their ids, some hundred in a query. Those that are not there are left out. */
  byId<Table extends IdTable>(
    table: Table,
    domain: string,
    ids: Iterable<string>,
  ): Promise<ReadonlyMap<string, Schema[Table]>>
}

/** Tables whose rows a domain has by their ids. */
export type IdTable = {
  [Table in keyof Schema]: Schema[Table] extends { id: string; domain_id: string } ? Table : never
}[keyof Schema]

/** Columns by name, compared with `=`. Their names are the code's own, never a caller's text. */
export type Where<Row> = { readonly [Column in keyof Row]?: NonNullable<Row[Column]> }

/** What becomes of a statement that did not do what its unit counted on. */
export interface Guard {
  /**
   * How many rows the statement must touch. Another number takes the whole unit back: with `otherwise` that fault is
   * thrown, without it the work is done again from its start, since what it had read has changed meanwhile.
   */
  readonly rows?: number
  readonly otherwise?: Fault
  /** Thrown when a unique index refuses the row. */
  readonly duplicate?: Fault
}

/** What happened, in the words of the audit log. The writer adds place and proof: node, number, chain. */
export interface AuditEntry {
  readonly id: string
  readonly domain_id: string
  readonly created_at: string
  readonly severity: 'info' | 'warning' | 'error' | 'critical' | 'fatal'
  readonly message: string
  readonly username: string
  readonly service: string
  readonly source: string
  readonly success: boolean
  readonly client_ip: string
  /** JSON text; never a secret. */
  readonly details: string
}

export type SealedTable = {
  [Table in keyof Schema]: Schema[Table] extends Sealed ? Table : never
}[keyof Schema]

/**
 * A unit of work being gathered: statements run one after the other, all or none, in one durable transaction
 * together with the unit's audit records. Statements are built here and run later, so nothing is read through it:
 * read first, and let a guard say what the reading counted on.
 */
export interface Writer extends Pick<Kysely<Schema>, 'insertInto' | 'updateTable' | 'deleteFrom'> {
  /** A row of a sealed table, at version 1, sealed. Returns the row as stored. */
  insert<Table extends SealedTable>(
    table: Table,
    row: Omit<Schema[Table], keyof Sealed>,
    guard?: Guard,
  ): Schema[Table]
  /**
   * The row as read, with these changes, at the next version, sealed anew. Done only if the row is still at the
   * version that was read; otherwise as `rows: 1` without a fault says: the work is done again. Returns the new row.
   */
  update<Table extends SealedTable>(
    table: Table,
    row: Schema[Table],
    changes: Partial<Omit<Schema[Table], keyof Sealed>>,
    guard?: Pick<Guard, 'otherwise' | 'duplicate'>,
  ): Schema[Table]
  /** Removes the row as read, under the same condition. */
  remove<Table extends SealedTable>(
    table: Table,
    row: Schema[Table],
    guard?: Pick<Guard, 'otherwise'>,
  ): void
  /** Sets columns outside the seal where these columns have these values: like an update by `run`, its text made once. */
  set<Table extends keyof Schema>(
    table: Table,
    changes: Partial<Schema[Table]>,
    where: Where<Schema[Table]>,
    guard?: Guard,
  ): void
  /** A row of a table without seals, its text made once. */
  add<Table extends Exclude<keyof Schema, SealedTable>>(
    table: Table,
    row: Schema[Table],
    guard?: Guard,
  ): void
  /** Removes the rows of a table without seals in which these columns have these values, its text made once. */
  erase<Table extends Exclude<keyof Schema, SealedTable>>(
    table: Table,
    where: Where<Schema[Table]>,
    guard?: Guard,
  ): void
  /** Any other statement, built with insertInto, updateTable or deleteFrom of this writer. */
  run(statement: Compilable, guard?: Guard): void
  audit(entry: AuditEntry): void
  /** Says that callers' rights change with this unit: every node looks again before it trusts what it remembers. */
  changesAuthority(): void
  /** Says the same of what nodes remember of keys and of who may do what with them. */
  changesKeys(): void
  /** Adds to (or takes from) the number that `counts` keeps for a table in a domain. */
  count(domain: string, table: keyof Schema, difference: number): void
}

export interface Store {
  readonly dialect: 'sqlite' | 'postgres'
  readonly read: Reader
  /**
   * Runs `work`, then everything it gathered; the promise settles when that is on disk. `work` is run again, up to
   * a bound, when a guard without a fault fails. Throws Fault 'unavailable' or 'no-space' when nothing can be
   * written; then nothing was, unless the fault says that the connection was lost while committing, when nobody can
   * know. Work that gathers nothing costs nothing. Work must not wait for another unit: those that others were in the
   * way of time and again go one after the other.
   */
  transact<T>(work: (tx: Writer) => T | Promise<T>): Promise<T>
  /** Grows with every change to callers' rights: on this node before the change is acknowledged, elsewhere within a second. */
  authority(): number
  /** The same of keys that may be in use, and of what grants rights to them; the making of keys is no such change. */
  keysChanged(): number
  /** From then on sealed tables can be read and written, and audit records chained. Called once, at start. */
  unseal(keys: StoreKeys): Promise<void>
  /** False while the database does not answer, or is damaged. */
  healthy(): Promise<boolean>
  /** Lets what was gathered become durable, signs the audit head, then closes. */
  close(): Promise<void>
}

export interface StoreKeys {
  readonly installation: string
  readonly nodeId: string
  /** HMAC-SHA256 key of the rows' seals. */
  readonly rowKey: CryptoKeyHandle
  /** HMAC-SHA256 key of the audit chain. */
  readonly auditKey: CryptoKeyHandle
  /** Ed25519 over a head's bytes. */
  signHead(bytes: Uint8Array): Uint8Array
}

/** A node:crypto KeyObject; named here so that the store's types load without node:crypto. */
export type CryptoKeyHandle = import('node:crypto').KeyObject
