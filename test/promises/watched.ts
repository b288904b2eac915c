import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Lab, Row } from './lab.ts'

/** What became of a row since the last look: `was` is missing for a new one, `now` for one that is gone. */
export interface Touched {
  readonly table: string
  readonly was?: Row
  readonly now?: Row
}

const BYTES = 'bytes:'

/** Whether a value of a watched row stood in the database as bytes, of which the text is a form. */
export const isBytes = (value: unknown): boolean =>
  typeof value === 'string' && value.startsWith(BYTES)

/**
 * Has the lab's database write down every row that is touched, whoever does it: reading all tables before and after
 * every call takes longer the more there is. `look` tells what was touched since it was asked last.
 */
export function watch(lab: Lab): { look(): Touched[]; close(): void } {
  const tables = lab.tables()
  const database = new DatabaseSync(join(lab.dataDir, 'keystead.db'), { timeout: 5000 })
  database.exec('create table touched (number integer primary key, "of", was, now)')
  for (const table of tables) {
    const columns = database.prepare(`select name from pragma_table_info('${table}')`).all()
    const row = (of: 'old' | 'new') =>
      `json_object(${columns
        .map(({ name }) => {
          const value = `${of}."${name}"`
          return `'${name}', iif(typeof(${value}) = 'blob', '${BYTES}' || hex(${value}), ${value})`
        })
        .join(', ')})`
    for (const [event, was, now] of [
      ['insert', 'null', row('new')],
      ['update', row('old'), row('new')],
      ['delete', row('old'), 'null'],
    ])
      database.exec(
        `create trigger "watch_${table}_${event}" after ${event} on "${table}" begin
           insert into touched ("of", was, now) values ('${table}', ${was}, ${now}); end`,
      )
  }
  const since = database.prepare('select * from touched where number > ? order by number')
  const last = database.prepare('select max(number) as number from touched')
  let seen = 0
  return {
    look() {
      const rows = since.all(seen)
      seen = Number(last.get()?.['number'] ?? seen)
      return rows.map(({ of, was, now }) => ({
        table: String(of),
        ...(was !== null && { was: JSON.parse(String(was)) as Row }),
        ...(now !== null && { now: JSON.parse(String(now)) as Row }),
      }))
    },
    close: () => database.close(),
  }
}
