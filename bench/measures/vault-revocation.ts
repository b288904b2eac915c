import { keysPath } from '../keys.ts'
import type { Lab } from '../lab.ts'
import type { Request } from '../load-job.ts'
import { type Keystead, type Session, USER_PASSWORD } from '../server.ts'
import { createKeyRequest, encryptRequest, usedKeysServer } from '../vault.ts'
import { staleSuccesses } from './revocation.ts'

const GROUP = 'bench-encrypters'

interface Change {
  readonly what: string
  /** Who encrypts; the administrator when nobody else. */
  user?(server: Keystead, admin: Session): Promise<Session>
  readonly meta?: object
  request(admin: Session, key: string): Request
}

const post = (admin: Session, path: string, body: object): Request => ({
  method: 'POST',
  path,
  headers: admin.bearer,
  body: JSON.stringify(body),
})

const changes: readonly Change[] = [
  {
    what: 'revoking the key',
    request: (admin, key) =>
      post(admin, `${keysPath}${key}/revoke`, { reason: 'CessationOfOperation' }),
  },
  {
    what: 'destroying the key',
    request: (admin, key) => post(admin, `${keysPath}${key}/destroy`, {}),
  },
  {
    what: "taking the group's grant off the key",
    user: member,
    meta: { permissions: { UseKey: [GROUP], EncryptWithKey: [GROUP] } },
    request: (admin, key) => ({
      method: 'PATCH',
      path: `${keysPath}${key}`,
      headers: admin.bearer,
      body: JSON.stringify({ meta: { permissions: { UseKey: [], EncryptWithKey: [] } } }),
    }),
  },
]

/** A user who may encrypt by his group alone. */
async function member(server: Keystead, admin: Session): Promise<Session> {
  const [userId = ''] = await server.users(1)
  await server.call(post(admin, '/api/v1/usermgmt/groups/', { name: GROUP }), 201)
  const membership = `/api/v1/usermgmt/groups/${GROUP}/users/${encodeURIComponent(userId)}`
  await server.call({ method: 'POST', path: membership, headers: admin.bearer }, 200)
  return server.signIn('bench-0', USER_PASSWORD)
}

/** At full load on 32 connections, with a key in use: nothing is encrypted that is sent after the change was acknowledged. */
export async function vaultRevocation(lab: Lab): Promise<void> {
  const server = await usedKeysServer(lab)
  for (const [index, { what, user, meta, request }] of changes.entries()) {
    const admin = await server.signIn()
    const key = `changed-${index}`
    const body = { name: key, algorithm: 'AES', size: 256, ...(meta && { meta }) }
    await server.call(createKeyRequest(admin, body), 201)
    const session = user ? await user(server, admin) : admin
    await staleSuccesses(lab, server, {
      what,
      used: encryptRequest(session, key),
      change: request(admin, key),
    })
  }
}
