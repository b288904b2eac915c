import { DatabaseSync } from 'node:sqlite'
import { SERVER_CORE } from '../processes.ts'
import { answerRounds, repeat } from './rounds.ts'
import type { Question } from './select-page.ts'

/** A page of keys, what an answer shows of them, read by nothing but SQLite and written by nothing but JSON.stringify. */
const [source = ''] = process.argv.slice(2)
const database = new DatabaseSync(source, { readOnly: true })
const page = database.prepare(
  `select id, key_id, uri, created_at, updated_at, name, key_version, algorithm, size, state, object_type, unexportable,
     undeletable, never_exported, never_exportable, empty_material, aliases, description, labels, usage_mask,
     activation_date, sha1_fingerprint, sha256_fingerprint
   from keys where domain_id = '00000000-0000-0000-0000-000000000000'
   order by created_at desc, id desc limit ? offset ?`,
)

answerRounds<Question>(SERVER_CORE, ({ seconds, skip, limit }) =>
  repeat(seconds, 1, () => {
    const resources = page.all(limit, skip)
    JSON.stringify({ skip, limit, total: resources.length, resources })
  }),
)
