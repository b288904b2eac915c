import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const KEYS = '/vault/keys2'
const CAS = '/ca/local-cas'

describe.each(databases)('keys that certificates are for on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const pair = () => api.post(KEYS, { name: unique('pair'), algorithm: 'ec', size: 256 })
  const certified = async (keyID: string, name: string) => {
    const { csr } = await api.post('/vault/csr', { keyID, csrParams: { cn: 'host' } })
    const { resources } = await api.get(`${CAS}?state=active&limit=1`)
    const path = `${CAS}/${resources[0].id}/certs`
    const made = await api.post(path, { csr, purpose: 'client', duration: 9, name })
    return { cert: made.cert as string, path: `${path}/${made.id}` }
  }
  /** Deleting and destroying are refused with the name of the certificate. */
  const stays = async (id: string, certificate: string) => {
    for (const refused of [
      await api.delete(`${KEYS}/${id}`, undefined, 409),
      await api.post(`${KEYS}/${id}/destroy`, undefined, 409),
    ])
      expect(refused.codeDesc).toContain(`is in use: by the certificate "${certificate}"`)
    await api.get(`${KEYS}/${id}`)
  }
  const goes = (id: string) => api.delete(`${KEYS}/${id}`, undefined, 204)

  test('a key stays while a certificate of a local CA for it is good', async () => {
    const key = await pair()
    const name = unique('cert')
    const { path } = await certified(key.id, name)
    await stays(key.id, name)
    await api.post(`${path}/revoke`, { reason: 'certificateHold' }, 200)
    await stays(key.id, name)
    await api.post(`${path}/revoke`, { reason: 'superseded' }, 200)
    await goes(key.id)
    const other = await pair()
    const { path: deleted } = await certified(other.id, unique('cert'))
    await api.delete(deleted, undefined, 204)
    await goes(other.id)
  })

  test('a key stays while the vault has a certificate of its public key', async () => {
    const key = await pair()
    const { cert, path } = await certified(key.id, unique('cert'))
    await api.delete(path, undefined, 204)
    const name = unique('kept')
    const stored = await api.post(KEYS, { name, objectType: 'Certificate', material: cert })
    await stays(key.id, name)
    // The public key is in the certificate, and is not needed beside it.
    await goes(`${key.name}-pub`)
    await goes(stored.id)
    await goes(key.id)
  })

  test('a stranger’s certificate of somebody’s public key does not keep him from his key', async () => {
    const userIn = async () => {
      const user = { username: unique('user'), password: 'Correct-Horse-9x' }
      const { user_id: id } = await api.post('/usermgmt/users', user)
      const path = `/usermgmt/groups/Key%20Users/users/${encodeURIComponent(id)}`
      await api.post(path, undefined, 200)
      return { id, ...(await api.as(user)) }
    }
    const [owner, stranger] = [await userIn(), await userIn()]
    const body = { name: unique('pair'), algorithm: 'ec', size: 256 }
    const key = await owner.post(KEYS, body)
    const { cert, path } = await certified(key.id, unique('cert'))
    await api.delete(path, undefined, 204)
    const name = unique('kept')
    const certificate = { objectType: 'Certificate', material: cert }
    await stranger.post(KEYS, { ...certificate, name: unique('forged') })
    const own = await owner.post(KEYS, { ...certificate, name })
    await stays(key.id, name)
    await owner.delete(`${KEYS}/${own.id}`)
    await owner.post(`${KEYS}/${key.id}/destroy`, undefined, 200)
    await owner.delete(`${KEYS}/${key.id}`)
  })

  test('a key stays while a link says that a certificate is its own', async () => {
    const [key, other] = [await pair(), await pair()]
    const { cert, path } = await certified(other.id, unique('cert'))
    await api.delete(path, undefined, 204)
    const name = unique('kept')
    const stored = await api.post(KEYS, { name, objectType: 'Certificate', material: cert })
    const link = { type: 'certificate', source: `${key.name}-pub`, target: stored.id }
    const { id } = await api.post('/vault/links', link)
    await stays(`${key.name}-pub`, name)
    await goes(key.id)
    await api.delete(`/vault/links/${id}`, undefined, 204)
    await goes(`${key.name}-pub`)
  })

  test('a certificate that has ended holds no key', async () => {
    const key = await pair()
    const { path } = await certified(key.id, unique('cert'))
    await api.get(path)
    await stays(key.id, (await api.get(path)).name)
    api.advance(20 * 86_400_000)
    await goes(key.id)
  })
})
