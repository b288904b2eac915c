/*
 * A process that replaces keys and is killed at the n-th step of it: before a call that changes a file, before a
 * transaction and after it. Arguments: database file, root key source, what to rotate, n. It ends with 0 when there
 * are fewer steps than n.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { parseRootKeySource } from '../../src/crypto/root-key.ts'
import { ROOT_DOMAIN } from '../../src/kit/domain.ts'
import { openStore } from '../../src/store/index.ts'
import { openSeal } from '../../src/system/seal/seal.ts'
import { wrappedColumns } from './sealed-passwords.ts'

const [file = '', source = '', what = '', killAt = ''] = process.argv.slice(2)

let steps = 0
let armed = false
function step(): void {
  if (armed && ++steps === Number(killAt)) process.kill(process.pid, 'SIGKILL')
}

for (const name of ['openSync', 'writeSync', 'fsyncSync', 'renameSync', 'unlinkSync'] as const) {
  const original = fs[name] as (...args: unknown[]) => unknown
  const counted = (...args: unknown[]) => {
    step()
    return original(...args)
  }
  Object.assign(fs, { [name]: counted })
}
syncBuiltinESMExports()

const opened = await openStore({ kind: 'sqlite', file })
const store: typeof opened = {
  ...opened,
  async transact(work) {
    step()
    const result = await opened.transact(work)
    step()
    return result
  },
}
armed = what === 'set-up'
const seal = await openSeal(store, parseRootKeySource(source), {
  nodeId: 'node-1',
  allowInit: what === 'set-up',
  wrappedColumns,
  keepSeconds: 0,
})
await store.unseal(seal.storeKeys)
armed = true
if (what === 'root key') await seal.rotateRootKey()
if (what === 'root KEK') await seal.rotateRootKek()
if (what === 'domain KEK') await seal.rotateDomainKek(ROOT_DOMAIN)
armed = false
seal.close()
await store.close()
