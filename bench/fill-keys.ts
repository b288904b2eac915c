/**
 * Puts keys into the data folder of a server that does not run, by the server's own code: each with its material,
 * seals, labels and an audit record as if it had been posted, but without HTTPS and many at a time.
 *
 *   node bench/fill-keys.ts FOLDER FROM TO
 */
import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import { openInstallation } from '../src/installation.ts'
import { ROOT_DOMAIN } from '../src/kit/domain.ts'
import { stamp } from '../src/kit/time.ts'
import type { AuditEntry } from '../src/store/store.ts'
import { keys } from '../src/vault/keys/contract.ts'
import { draftKey, insertDrafts } from '../src/vault/keys/create.ts'
import type { KeyContext } from '../src/vault/vault.ts'
import { keyBody } from './keys.ts'

/** So many in a unit, and two units on their way: one is made while the other is written. */
const IN_UNIT = 250

const [folder = '', from = '0', to = '0'] = process.argv.slice(2)
const dataDir = resolve(folder)
const said = (message: string) => void process.stderr.write(`${message}\n`)
const { store, seal, services } = await openInstallation(
  {
    dataDir,
    listen: { host: '127.0.0.1', port: 0 },
    databaseUrl: undefined,
    rootKey: { scheme: 'file', path: join(dataDir, 'root.key') },
    adminPassword: undefined,
    tlsNames: [],
    logLevel: 'error',
    shutdownSeconds: 5,
  },
  { info: () => undefined, warn: said, error: said },
  {},
)
const admin = await store.read.row('users', { domain_id: ROOT_DOMAIN, username: 'admin' })
if (!admin) throw new Error(`${folder} has no administrator`)

const context: KeyContext = {
  services,
  caller: {
    userId: admin.id,
    username: admin.username,
    domain: ROOT_DOMAIN,
    groups: ['admin'],
    sessionId: '',
    clientId: '',
  },
  now: services.now,
  read: store.read,
  may: () => true,
}

const record = (name: string): AuditEntry => ({
  id: randomUUID(),
  domain_id: ROOT_DOMAIN,
  created_at: stamp(services.now()),
  severity: 'info',
  message: 'Create key',
  username: admin.username,
  service: 'keys',
  source: services.nodeId,
  success: true,
  client_ip: '127.0.0.1',
  details: JSON.stringify({ key: name, algorithm: 'AES', size: 256, request_id: randomUUID() }),
})

const { body } = keys.create
if (!body) throw new Error('keys are made without a body')
let next = Number(from)
const fill = async (): Promise<void> => {
  while (next < Number(to)) {
    const numbers = Array.from({ length: Math.min(IN_UNIT, Number(to) - next) }, () => next++)
    const drafts = await Promise.all(
      numbers.map((number) => draftKey(context, body.parse(keyBody(number)))),
    )
    await store.transact(async (tx) => {
      for (const draft of drafts) {
        await insertDrafts(tx, context, draft)
        tx.audit(record(draft.main.name))
      }
    })
  }
}
await Promise.all([fill(), fill()])
seal.close()
await services.passwords.close()
await store.close()
