import { DatabaseSync } from 'node:sqlite'
import { SERVER_CORE } from '../processes.ts'
import { answerRounds, repeat } from './rounds.ts'

/** A page of groups read by nothing but SQLite and written by nothing but JSON.stringify, from the server's own database. */
export interface Question {
  readonly seconds: number
  readonly skip: number
  readonly limit: number
}

const [source = ''] = process.argv.slice(2)
const database = new DatabaseSync(source, { readOnly: true })
const page = database.prepare(
  `select name, created_at, updated_at from "groups"
   where domain_id = '00000000-0000-0000-0000-000000000000' order by name_key limit ? offset ?`,
)

answerRounds<Question>(SERVER_CORE, ({ seconds, skip, limit }) =>
  repeat(seconds, 1, () => {
    const resources = page.all(limit, skip)
    JSON.stringify({ skip, limit, total: resources.length, resources })
  }),
)
