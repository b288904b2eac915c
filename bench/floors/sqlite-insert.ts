import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { SERVER_CORE, scratch } from '../processes.ts'
import { answerRounds, repeat } from './rounds.ts'

/**
 * The two rows of a created group and its audit record, inserted by nothing but SQLite (WAL, synchronous=FULL) and so
 * many at a commit. Tables, indexes and row contents are taken from the database named in the first argument, so the
 * floor carries the same bytes as the server.
 */
export interface Question {
  readonly seconds: number
  readonly perCommit: number
}

const [source = '', folder = scratch('sqlite-floor')] = process.argv.slice(2)
const tables = ['groups', 'audit_records'] as const

type Row = Record<string, SQLInputValue>

function blueprint(): { statements: string[]; rows: Record<string, Row> } {
  const database = new DatabaseSync(source, { readOnly: true })
  const statements = database
    .prepare(
      `select sql from sqlite_master where tbl_name in ('groups', 'audit_records') and sql is not null
       order by type = 'table' desc`,
    )
    .all()
    .map(({ sql }) => String(sql))
  const sample = (query: string) => database.prepare(query).get() as Row | undefined
  const group = sample(`select * from "groups" where name like 'bench-%' limit 1`)
  const record =
    sample(`select * from audit_records where details like '%bench-%' limit 1`) ??
    sample('select * from audit_records order by seq desc limit 1')
  database.close()
  if (!group || !record) throw new Error(`${source} has no group and audit record to go by`)
  return { statements, rows: { groups: group, audit_records: record } }
}

const { statements, rows } = blueprint()
const database = new DatabaseSync(join(folder, 'floor.db'), { enableForeignKeyConstraints: false })
database.exec('pragma journal_mode = wal; pragma synchronous = full')
for (const statement of statements) database.exec(statement)

const [insertGroup, insertRecord] = tables.map((table) => {
  const columns = Object.keys(rows[table] ?? {})
  const places = columns.map((column) => `$${column}`).join(', ')
  return database.prepare(`insert into "${table}" (${columns.join(', ')}) values (${places})`)
})
const begin = database.prepare('begin immediate')
const commit = database.prepare('commit')

let number = 0
function insertBoth(): void {
  number++
  const name = `bench-${String(number).padStart(8, '0')}`
  insertGroup?.run({ ...rows['groups'], id: randomUUID(), name, name_key: name })
  insertRecord?.run({ ...rows['audit_records'], id: randomUUID(), seq: number })
}

answerRounds<Question>(SERVER_CORE, ({ seconds, perCommit }) => {
  const commits = repeat(seconds, 1, () => {
    begin.run()
    for (let i = 0; i < perCommit; i++) insertBoth()
    commit.run()
  })
  return commits * perCommit
})
