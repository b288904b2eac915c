import { equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Secret } from '../../src/crypto/secret.ts'
import { ROOT_DOMAIN } from '../../src/kit/domain.ts'
import type { Schema } from '../../src/store/schema.ts'
import type { Store } from '../../src/store/store.ts'
import { wrappedColumn } from '../../src/system/seal/rewrap.ts'
import type { Seal } from '../../src/system/seal/seal.ts'

/** The wrapped columns as tests of the seal declare them; the server's own are declared by the areas that own the tables. */
export const wrappedColumns = [
  wrappedColumn('users', 'password', (row) => ({
    domain: row.domain_id,
    table: 'users',
    row: row.id,
    column: 'password',
    version: 0,
  })),
  // Bound to the version of its row, as a table may choose to.
  wrappedColumn('password_history', 'password', (row) => ({
    domain: row.domain_id,
    table: 'password_history',
    row: row.id,
    column: 'password',
    version: row.version,
  })),
]

export const placeOf = (id: string) => ({
  domain: ROOT_DOMAIN,
  table: 'users',
  row: id,
  column: 'password',
  version: 0,
})

export async function addUsers(store: Store, { envelope }: Seal, count: number): Promise<void> {
  await store.transact((tx) => {
    for (let i = 0; i < count; i++) {
      const id = randomUUID()
      const password = envelope.wrap(placeOf(id), new Secret(Buffer.from(`password of ${id}`)))
      tx.insert('users', { ...user, id, username: id, username_key: id, password })
      const history = {
        id: randomUUID(),
        domain_id: ROOT_DOMAIN,
        user_id: id,
        created_at: user.created_at,
      }
      const place = { ...placeOf(history.id), table: 'password_history', version: 1 }
      tx.insert('password_history', {
        ...history,
        password: envelope.wrap(place, new Secret(Buffer.from(`old password of ${id}`))),
      })
    }
  })
}

export const user: Omit<
  Schema['users'],
  'id' | 'username' | 'username_key' | 'password' | 'version' | 'seal'
> = {
  domain_id: ROOT_DOMAIN,
  name: '',
  nickname: '',
  email: '',
  password_changed_at: '2026-01-01T00:00:00.000000Z',
  password_change_required: 0,
  password_policy: null,
  certificate_subject_dn: '',
  allowed_auth_methods: '',
  allowed_client_types: '',
  prevent_ui_login: 0,
  expires_at: null,
  user_metadata: null,
  app_metadata: null,
  session_epoch: 0,
  created_at: '2026-01-01T00:00:00.000000Z',
  updated_at: '2026-01-01T00:00:00.000000Z',
}

/** How many passwords, current and former, open to what they were. */
export async function passwordsThatOpen(store: Store, { envelope }: Seal): Promise<number> {
  const users = await store.read.selectFrom('users').selectAll().execute()
  const former = await store.read.selectFrom('password_history').selectAll().execute()
  for (const row of users) {
    const plain = envelope.unwrap(placeOf(row.id), row.password ?? new Uint8Array())
    equal(plain.reveal().toString(), `password of ${row.id}`)
  }
  for (const row of former) {
    const place = { ...placeOf(row.id), table: 'password_history', version: row.version }
    const plain = envelope.unwrap(place, row.password)
    equal(plain.reveal().toString(), `old password of ${row.user_id}`)
  }
  return users.length + former.length
}
