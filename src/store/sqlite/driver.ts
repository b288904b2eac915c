import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely'
import { Fault } from '../../kit/fault.ts'
import { DAMAGED, NO_ANSWER } from '../faults.ts'
import type { Schema } from '../schema.ts'
import { isDamage } from './errors.ts'
import { integrityProblem } from './integrity.ts'

const MOST_STATEMENTS = 500

/** Whether the database can be trusted, said to everything that reads it. */
export interface Condition {
  damaged: boolean
  /** What a look at the whole file finds. */
  problem(): string | undefined
}

export const conditionOf = (file: string): Condition => ({
  damaged: false,
  problem: () => integrityProblem(file),
})

export function openReading(file: string, condition: Condition): SqliteDatabase {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
  // So that patterns mean the same on both databases, and an index serves those that begin with text.
  database.exec('pragma case_sensitive_like = on')
  return asKyselyDatabase(database, condition)
}

export const kyselyOn = (database: SqliteDatabase): Kysely<Schema> =>
  new Kysely<Schema>({ dialect: new SqliteDialect({ database }) })

const columnNames = (statement: StatementSync): readonly string[] =>
  statement.columns().map(({ name }) => name)

/**
 * A row as an object whose columns V8 knows the places of. Those that the driver makes itself are dictionaries: reading
 * all columns of such a row, for its seal and its answer, takes two to three times as long.
 */
function rowOf(
  names: readonly string[],
  values: readonly SQLOutputValue[],
): Record<string, SQLOutputValue> {
  const row: Record<string, SQLOutputValue> = {}
  for (let at = 0; at < names.length; at++) row[names[at] as string] = values[at] as SQLOutputValue
  return row
}

/** Kysely speaks better-sqlite3; Node's own driver spreads its parameters and has no `reader` flag. */
export function asKyselyDatabase(database: DatabaseSync, condition: Condition): SqliteDatabase {
  let statements = new Map<string, SqliteStatement>()

  function answered<T>(ask: () => T): T {
    if (condition.damaged) throw new Fault('unavailable', DAMAGED)
    try {
      return ask()
    } catch (cause) {
      if (isDamage(cause)) {
        // SQLite says the same of a page that could not be read this once: only a second look condemns the file.
        condition.damaged = condition.problem() !== undefined
        throw new Fault('unavailable', condition.damaged ? DAMAGED : NO_ANSWER, { cause })
      }
      const code = (cause as { errcode?: number }).errcode ?? 1
      // Disk I/O error, cannot open, busy: of the disk's making, not of the query's.
      if ([5, 10, 14].includes(code & 0xff)) throw new Fault('unavailable', NO_ANSWER, { cause })
      throw cause
    }
  }

  function prepare(sql: string): SqliteStatement {
    const statement = answered(() => database.prepare(sql))
    statement.setReturnArrays(true)
    let names = columnNames(statement)
    const bind = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
    return {
      reader: names.length > 0,
      all: (parameters) =>
        answered(() => {
          const rows = statement.all(...bind(parameters)) as unknown as SQLOutputValue[][]
          // After a change of the schema `select *` has other columns.
          if (rows[0] && rows[0].length !== names.length) names = columnNames(statement)
          return rows.map((values) => rowOf(names, values))
        }),
      run: (parameters) => answered(() => statement.run(...bind(parameters))),
      // A statement of its own: one that is being stepped through cannot serve another caller.
      iterate: (parameters) => answered(() => database.prepare(sql).iterate(...bind(parameters))),
    }
  }

  return {
    close: () => {
      statements = new Map()
      database.close()
    },
    prepare(sql) {
      const known = statements.get(sql)
      if (known) return known
      if (statements.size >= MOST_STATEMENTS) statements.clear()
      const statement = prepare(sql)
      statements.set(sql, statement)
      return statement
    },
  }
}
