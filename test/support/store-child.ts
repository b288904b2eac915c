/**
 * Writes groups with audit records into the database given as its argument, as fast as it can, and names each on a line
 * of its output once it was acknowledged. To be killed.
 */
import { writeSync } from 'node:fs'
import { Fault } from '../../src/kit/fault.ts'
import { openStore } from '../../src/store/index.ts'
import { testKeysFrom } from './databases.ts'
import { auditEntry, groupRow, ROOT } from './rows.ts'

const [file = '', seed = ''] = process.argv.slice(2)
const say = (line: string): number => writeSync(1, `${line}\n`)

try {
  const store = await openStore({ kind: 'sqlite', file })
  await store.unseal(testKeysFrom(seed))
  say('open')
  const write = async (): Promise<never> => {
    for (;;) {
      const row = groupRow(crypto.randomUUID())
      await store.transact((tx) => {
        tx.insert('groups', row)
        tx.count(ROOT, 'groups', 1)
        tx.audit({ ...auditEntry(), id: row.id })
      })
      say(row.id)
    }
  }
  await Promise.all(Array.from({ length: 16 }, write))
} catch (error) {
  say(error instanceof Fault ? `refused: ${error.message}` : String(error))
  process.exit(1)
}
