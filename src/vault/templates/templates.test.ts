import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const KEYS = '/vault/keys2'
const PASSWORD = 'Some-Pass-1234!'

describe.each(databases)('key templates on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`

  /** Makes keys and manages none but his own. */
  async function keyUser() {
    const username = unique('user')
    await api.post('/usermgmt/users', { username, password: PASSWORD })
    const path = `/usermgmt/groups/${encodeURIComponent('Key Users')}/users/${username}`
    await api.post(path, undefined, 200)
    return api.as({ username, password: PASSWORD })
  }

  const template = async (keyAttributes: object): Promise<string> =>
    (await api.post('/vault/templates', { name: unique('template'), keyAttributes })).name

  test('labels of a template stay as they are, since key policies go by them, and others may join them', async () => {
    const templateId = await template({ labels: { env: 'prod', tier: '' } })
    const jo = await keyUser()
    for (const labels of [{ env: 'dev' }, { env: null }, { env: '' }, { tier: null }])
      expect((await jo.post(KEYS, { templateId, labels }, 403)).codeDesc).toContain('labels')
    const own = await jo.post(KEYS, { templateId, labels: { env: 'prod', team: 'blue' } })
    expect(own.labels).toEqual({ env: 'prod', tier: '', team: 'blue' })
    const changed = await api.post(KEYS, { templateId, labels: { env: 'dev', tier: null } })
    expect(changed.labels).toEqual({ env: 'dev' })
  })

  test('what a Go client sends for what it leaves out overrides no template', async () => {
    const fields = { size: 128, usageMask: 12, description: 'd', rotationFrequencyDays: '30' }
    const templateId = await template({ algorithm: 'aes', ...fields, idSize: 32 })
    const zeros = {
      templateId,
      algorithm: '',
      size: 0,
      usageMask: 0,
      description: '',
      rotationFrequencyDays: '',
      idSize: 0,
    }
    for (const who of [await keyUser(), api]) {
      const key = await who.post(KEYS, zeros)
      const { rotationFrequencyDays, ...others } = fields
      expect(key).toMatchObject(others)
      expect(String(key.rotationFrequencyDays)).toBe(rotationFrequencyDays)
      expect(key.id).toHaveLength(32)
    }
    const jo = await keyUser()
    await jo.post(KEYS, { ...zeros, usageMask: 4 }, 403)
    const dated = await template({ deactivationDate: '2090-01-01T00:00:00Z' })
    const unset = { templateId: dated, deactivationDate: '0001-01-01T00:00:00Z' }
    expect((await jo.post(KEYS, unset)).deactivationDate).toBe('2090-01-01T00:00:00Z')
    await jo.post(KEYS, { ...zeros, algorithm: 'AES', rotationFrequencyDays: 30 })
    await jo.post(KEYS, { ...zeros, algorithm: 'aria' }, 403)
  })
})
