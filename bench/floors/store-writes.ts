import { createSecretKey, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import { join } from 'node:path'
import { stamp } from '../../src/kit/time.ts'
import { openStore } from '../../src/store/index.ts'
import { SERVER_CORE } from '../processes.ts'
import { answerRounds } from './rounds.ts'

/**
 * The server's own store without HTTP around it: so many clients, each of which writes a group and its audit record,
 * waits until that is on disk, and begins again.
 */
export interface Question {
  readonly seconds: number
  readonly clients: number
  /** False: a client waits for its turn, so that every unit is a batch, and a commit, of its own. */
  readonly together: boolean
}

const [folder = ''] = process.argv.slice(2)
const domain = '00000000-0000-0000-0000-000000000000'
const store = await openStore({ kind: 'sqlite', file: join(folder, 'store.db') })
const { privateKey } = generateKeyPairSync('ed25519')
await store.unseal({
  installation: randomUUID(),
  nodeId: randomUUID(),
  rowKey: createSecretKey(randomBytes(32)),
  auditKey: createSecretKey(randomBytes(32)),
  signHead: (bytes) => sign(null, bytes, privateKey),
})

let number = 0
function write(): Promise<unknown> {
  const name = `bench-${String(++number).padStart(8, '0')}`
  const now = stamp()
  return store.transact((tx) => {
    tx.insert('groups', {
      id: randomUUID(),
      domain_id: domain,
      name,
      name_key: name,
      description: null,
      user_metadata: null,
      app_metadata: null,
      client_metadata: null,
      system: 0,
      created_at: now,
      updated_at: now,
    })
    tx.count(domain, 'groups', 1)
    tx.audit({
      id: randomUUID(),
      domain_id: domain,
      created_at: now,
      severity: 'info',
      message: 'Create a group',
      username: 'admin',
      service: 'usermgmt',
      source: 'bench',
      success: true,
      client_ip: '127.0.0.1',
      details: JSON.stringify({ name, requestId: randomUUID() }),
    })
  })
}

answerRounds<Question>(SERVER_CORE, async ({ seconds, clients, together }) => {
  const deadline = performance.now() + seconds * 1000
  let written = 0
  let turn: Promise<unknown> = Promise.resolve()
  const client = async () => {
    while (performance.now() < deadline) {
      if (together) await write()
      else {
        turn = turn.then(write)
        await turn
      }
      written++
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return written
})
