import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { stamp } from '../../src/kit/time.ts'
import { timeOrderedUuid } from '../../src/kit/uuid.ts'
import { SERVER_CORE, scratch } from '../processes.ts'
import { answerRounds, repeat } from './rounds.ts'

/**
 * The row of something created and that of its audit record, inserted by nothing but SQLite (WAL, synchronous=FULL)
 * and so many at a commit. Tables, indexes and row contents are taken from the database named in the first argument,
 * so the floor carries the same bytes as the server.
 */
export interface Question {
  readonly seconds: number
  /** How many of both rows. */
  readonly perCommit: number
}

type Row = Record<string, SQLInputValue>

/** What differs from row to row, as it differs in the server's own: at random, or in order. */
const fresh = {
  groups: (name: string, at: string): Row => ({
    id: randomUUID(),
    name,
    name_key: name,
    created_at: at,
    updated_at: at,
  }),
  keys: (name: string, at: string): Row => ({
    id: randomUUID(),
    key_id: randomBytes(32).toString('hex'),
    name,
    uri: `kylo:kylo:vault:keys:${name}`,
    material: randomBytes(81),
    sha1_fingerprint: randomBytes(20).toString('hex'),
    sha256_fingerprint: randomBytes(32).toString('hex'),
    activation_date: at,
    created_at: at,
    updated_at: at,
  }),
}

const [source = '', folder = scratch('sqlite-floor'), made = 'groups'] = process.argv.slice(2)
const table = made as keyof typeof fresh

function blueprint(): { statements: string[]; row: Row; record: Row } {
  const database = new DatabaseSync(source, { readOnly: true })
  const statements = database
    .prepare(
      `select sql from sqlite_master where tbl_name in ('${table}', 'audit_records') and sql is not null
       order by type = 'table' desc`,
    )
    .all()
    .map(({ sql }) => String(sql))
  const sample = (query: string) => database.prepare(query).get() as Row | undefined
  const row = sample(`select * from "${table}" where name like 'bench-%' limit 1`)
  const record =
    sample(`select * from audit_records where details like '%bench-%' limit 1`) ??
    sample('select * from audit_records order by seq desc limit 1')
  database.close()
  if (!row || !record) throw new Error(`${source} has no ${table} and audit record to go by`)
  return { statements, row, record }
}

const { statements, row, record } = blueprint()
const database = new DatabaseSync(join(folder, 'floor.db'), { enableForeignKeyConstraints: false })
database.exec('pragma journal_mode = wal; pragma synchronous = full')
for (const statement of statements) database.exec(statement)

function insertInto(name: string, columns: readonly string[]) {
  const places = columns.map((column) => `$${column}`).join(', ')
  return database.prepare(`insert into "${name}" (${columns.join(', ')}) values (${places})`)
}
const insertRow = insertInto(table, Object.keys(row))
const insertRecord = insertInto('audit_records', Object.keys(record))
const begin = database.prepare('begin immediate')
const commit = database.prepare('commit')

let number = 0
function insertBoth(): void {
  number++
  const at = stamp()
  insertRow.run({ ...row, ...fresh[table](`bench-${String(number).padStart(8, '0')}`, at) })
  insertRecord.run({ ...record, id: timeOrderedUuid(), created_at: at, seq: number })
}

answerRounds<Question>(SERVER_CORE, ({ seconds, perCommit }) => {
  const commits = repeat(seconds, 1, () => {
    begin.run()
    for (let i = 0; i < perCommit; i++) insertBoth()
    commit.run()
  })
  return commits * perCommit
})
