import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../../test/support/api.ts'

const TOKENS = '/client-management/regtokens'
const PROFILES = '/client-management/profiles'
const NOBODY = '0b6f1f0e-0000-4000-8000-000000000000'
const PASSWORD = 'Clients-Pass-1234!'

describe.each(databases)('registration tokens and client profiles on %s', (database) => {
  const api = startApi(database)
  const run = randomUUID().slice(0, 8)

  const userIn = async (group?: string) => {
    const username = `u-${randomUUID().slice(0, 8)}`
    await api.post('/usermgmt/users', { username, password: PASSWORD })
    if (group)
      await api.post(
        `/usermgmt/groups/${encodeURIComponent(group)}/users/${username}`,
        undefined,
        200,
      )
    return api.as({ username, password: PASSWORD })
  }
  const ca = async (name: string) => {
    const { id } = await api.post('/ca/local-cas', { cn: name, name })
    return api.post(`/ca/local-cas/${id}/self-sign`, { duration: 900 }, 200)
  }

  test('a token is 64 letters and digits, and is read again as it was made', async () => {
    const made = await api.post(`${TOKENS}/`)
    expect(made.token).toMatch(/^[A-Za-z0-9]{64}$/)
    expect(made).toMatchObject({
      account: 'kylo:kylo:admin:accounts:kylo',
      application: 'ncryptify:gemalto:admin:apps:kylo',
      devAccount: 'ncryptify:gemalto:admin:accounts:gemalto',
      max_clients: 0,
      clients_registered: 0,
      cert_duration: 0,
      labels: {},
    })
    expect(made).not.toHaveProperty('valid_until')
    expect(await api.get(`${TOKENS}/${made.id}`)).toEqual(made)
    expect(await api.get(`${TOKENS}/${encodeURIComponent(made.uri)}`)).toEqual(made)
    expect((await api.post(TOKENS, {})).token).not.toBe(made.token)
  })

  test('a client that takes the token for the id finds it too, and the token stands in no record', async () => {
    const { id, token } = await api.post(TOKENS, { name_prefix: 'by-token' })
    expect((await api.patch(`${TOKENS}/${token}`, { max_clients: 3 })).id).toBe(id)
    await api.delete(`${TOKENS}/${token}`)
    const { message } = await api.get(`${TOKENS}/${token}`, 404)
    expect(message).not.toContain(token)
    expect(JSON.stringify(await api.get('/audit/records?limit=-1'))).not.toContain(token)
  })

  test('empty and zero members, as Go writes what was not set, set nothing', async () => {
    const zero = {
      id: '',
      token: '',
      ca_id: '',
      cert_duration: 0,
      client_management_profile_id: '',
      label: null,
      labels: {},
      lifetime: '',
      max_clients: 0,
      name_prefix: '',
    }
    const made = await api.post(`${TOKENS}/`, zero)
    expect(made).toMatchObject({ max_clients: 0, name_prefix: '', label: {}, labels: {} })
    for (const field of ['ca_id', 'client_management_profile_id', 'lifetime', 'valid_until'])
      expect(made).not.toHaveProperty(field)
    const { updatedAt: _, ...rest } = made
    expect(await api.patch(`${TOKENS}/${made.id}`, zero)).toMatchObject(rest)
  })

  test('what was set is kept as it was written, and changed alone', async () => {
    const { id: caId, uri } = await ca(`signer ${run}`)
    const profile = await api.post(PROFILES, { name: `kept ${run}` })
    const made = await api.post(TOKENS, {
      name_prefix: 'node',
      lifetime: '2h',
      max_clients: 5,
      cert_duration: 90,
      ca_id: uri,
      client_management_profile_id: profile.name,
      label: { KmipClientProfile: 'p' },
      labels: { team: 'a', place: 'b' },
    })
    expect(made).toMatchObject({
      ca_id: uri,
      client_management_profile_id: profile.name,
      lifetime: '2h',
      label: { KmipClientProfile: 'p' },
      labels: { team: 'a', place: 'b' },
    })
    const left = Date.parse(made.valid_until) - Date.parse(made.createdAt)
    expect(Math.abs(left - 7_200_000)).toBeLessThan(5000)

    const same = await api.patch(`${TOKENS}/${made.id}`, { lifetime: '2h', max_clients: 6 })
    expect(same).toMatchObject({ valid_until: made.valid_until, max_clients: 6, ca_id: uri })
    const longer = await api.patch(`${TOKENS}/${made.id}`, { lifetime: '3d', ca_id: caId })
    expect(Date.parse(longer.valid_until)).toBeGreaterThan(Date.parse(made.valid_until))
    expect(longer.ca_id).toBe(caId)
    const open = await api.patch(`${TOKENS}/${made.id}`, { lifetime: '', labels: { team: 'c' } })
    expect(open).toMatchObject({ labels: { team: 'c' }, label: { KmipClientProfile: 'p' } })
    expect(open).not.toHaveProperty('valid_until')
  })

  test.each([
    ['a lifetime without a unit', { lifetime: '10' }],
    ['a lifetime of nothing', { lifetime: '0d' }],
    ['a lifetime of ages', { lifetime: '99999999d' }],
    ['fewer than no clients', { max_clients: -1 }],
    ['a half client', { max_clients: 1.5 }],
    ['an unknown CA', { ca_id: NOBODY }],
    ['an unknown profile', { client_management_profile_id: NOBODY }],
    ['a prefix of an URI', { name_prefix: 'kylo:' }],
    ['a label that is no text', { labels: { a: 1 } }],
  ])('%s is refused', async (_what, body) => {
    const before = (await api.get(TOKENS)).total
    expect((await api.post(TOKENS, body, 400)).codeDesc).toMatch(/^NCERRInvalidParamValue/)
    expect((await api.get(TOKENS)).total).toBe(before)
  })

  test('a list shows both spellings, and is narrowed by what a client asks for', async () => {
    const mine = `list-${run}`
    const one = await api.post(TOKENS, { name_prefix: mine, labels: { a: '1', 'b%': '_' } })
    const two = await api.post(TOKENS, { name_prefix: `${mine}-two`, max_clients: 7 })
    const ids = async (query: string) => {
      const { resources, messages } = await api.get(`${TOKENS}/?limit=100&${query}`)
      expect(messages).toBeUndefined()
      return resources.map(({ id }: { id: string }) => id)
    }
    const { resources } = await api.get(`${TOKENS}/?id=${one.id}&skip=0&limit=10`)
    expect(resources).toEqual([
      {
        ...one,
        created_at: one.createdAt,
        updated_at: one.updatedAt,
        dev_account: one.devAccount,
      },
    ])
    expect(await ids(`token=${two.token}`)).toEqual([two.id])
    expect(await ids(`name_prefix=${mine}`)).toEqual([one.id])
    expect(await ids(`name_prefix=${mine}*`)).toEqual([two.id, one.id])
    expect(await ids('max_clients=7')).toEqual([two.id])
    expect(await ids('labels=a%3D1')).toEqual([one.id])
    expect(await ids(`labels=${encodeURIComponent('{"a":"1","b%":"_"}')}`)).toEqual([one.id])
    for (const none of ['labels=a%3D2', 'labels=a', 'labels=b%3D_', 'token=none', 'ca_id=none'])
      expect(await ids(none)).toEqual([])
  })

  test('Client Admins manage them, and others do not see them', async () => {
    const manager = await userIn('Client Admins')
    const { id } = await manager.post(TOKENS, {})
    const profile = await manager.post(PROFILES, { name: `managed ${run}` })
    await manager.get(`${TOKENS}/${id}`)
    const other = await userIn()
    for (const path of [TOKENS, `${TOKENS}/${id}`, PROFILES, `${PROFILES}/${profile.id}`])
      await other.get(path, 403)
    await other.post(TOKENS, {}, 403)
    await other.delete(`${TOKENS}/${id}`, undefined, 403)
    await api.anonymous.get(TOKENS, 401)
    await manager.delete(`${TOKENS}/${id}/`)
    await manager.delete(`${PROFILES}/${profile.id}/`)
    await manager.get(`${TOKENS}/${id}`, 404)
  })

  test('a profile has a name of its own, and keeps what it is given', async () => {
    const name = `profile ${run}`
    const made = await api.post(`${PROFILES}/`, {
      name,
      ca_id: '',
      cert_duration: 0,
      csr_parameters: { csr_country: 'US', csr_org_name: 'Org', other: [1] },
      groups: ['key users'],
    })
    expect(made).toMatchObject({
      name,
      cert_duration: 730,
      csr_parameters: { csr_country: 'US', csr_org_name: 'Org', other: [1] },
      groups: ['Key Users'],
    })
    expect(made).not.toHaveProperty('ca_id')
    expect((await api.post(PROFILES, { name }, 409)).codeDesc).toContain(name)
    for (const reference of [made.id, made.uri, name])
      expect(await api.get(`${PROFILES}/${encodeURIComponent(reference)}`)).toEqual(made)
    const renamed = await api.patch(`${PROFILES}/${made.id}`, {
      name: `${name} 2`,
      cert_duration: 30,
      groups: [],
      csr_parameters: {},
    })
    expect(renamed).toMatchObject({ name: `${name} 2`, cert_duration: 30, groups: [] })
    expect(renamed).not.toHaveProperty('csr_parameters')
    const { resources } = await api.get(`${PROFILES}?name=${encodeURIComponent(`${name}*`)}`)
    expect(resources).toEqual([renamed])
    for (const body of [
      {},
      { name: '' },
      { name: 'x', ca_id: NOBODY },
      { name: 'x', csr_parameters: { csr_country: 'USA' } },
      { name: 'x', groups: ['nobody'] },
      { name: NOBODY },
    ])
      await api.post(PROFILES, body, 400)
    await api.delete(`${PROFILES}/${made.id}`)
    await api.get(`${PROFILES}/${made.id}`, 404)
  })

  test('nobody gives clients groups whose powers he does not have', async () => {
    const manager = await userIn('Client Admins')
    const name = `ranks ${run}`
    expect((await manager.post(PROFILES, { name, groups: ['admin'] }, 403)).codeDesc).toContain(
      'powers',
    )
    const { id } = await manager.post(PROFILES, { name, groups: ['Key Users', 'Client Admins'] })
    await manager.patch(`${PROFILES}/${id}`, { groups: ['Key Admins'] }, 403)
    expect((await api.patch(`${PROFILES}/${id}`, { groups: ['admin'] })).groups).toEqual(['admin'])
  })

  test('a profile or CA that is in use is not deleted, and a sentence says why', async () => {
    const { id: caId } = await ca(`used ${run}`)
    const profile = await api.post(PROFILES, { name: `used ${run}`, ca_id: caId })
    const token = await api.post(TOKENS, { client_management_profile_id: profile.id })
    const busy = await api.delete(`${PROFILES}/${profile.id}`, undefined, 409)
    expect(busy.codeDesc).toContain('a registration token names it')
    const held = await api.delete(`/ca/local-cas/${caId}`, undefined, 409)
    expect(held.codeDesc).toContain('a client profile names it')
    await api.delete(`${TOKENS}/${token.id}`)
    await api.delete(`${PROFILES}/${profile.id}`)
    const direct = await api.post(TOKENS, { ca_id: caId })
    const named = await api.delete(`/ca/local-cas/${caId}`, undefined, 409)
    expect(named.codeDesc).toContain('a registration token names it')
    await api.delete(`${TOKENS}/${direct.id}`)
    await api.delete(`/ca/local-cas/${caId}`)
  })

  test('what is not built says so', async () => {
    await api.post('/client-management/self/client/renew', {}, 501)
    await api.post(`/client-management/groups/admin/clients/${NOBODY}`, undefined, 501)
    await api.post('/client-management/confidential-computing/policies', {}, 501)
    await api.delete(TOKENS, undefined, 405)
  })
})
