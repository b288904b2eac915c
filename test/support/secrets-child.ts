/** Removes a secret from the database given as its argument, says so, and waits. To be killed. */
import { writeSync } from 'node:fs'
import { openStore } from '../../src/store/index.ts'
import { testKeysFrom } from './databases.ts'
import { ROOT } from './rows.ts'

const [file = '', seed = ''] = process.argv.slice(2)
const store = await openStore({ kind: 'sqlite', file })
await store.unseal(testKeysFrom(seed))
const [row] = await store.read.rows('password_history', { domain_id: ROOT })
if (row) await store.transact((tx) => tx.remove('password_history', row))
writeSync(1, 'removed\n')
setInterval(() => undefined, 1000)
