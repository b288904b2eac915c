import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { cteOn, TE, unique } from '../../../test/support/cte.ts'

const RESOURCE = { directory: '/home', file: '*', include_subfolders: true, hdfs: false }

/** What the kinds of sets have in common, with the names that each has for it. */
const kinds = [
  {
    kind: 'resource',
    member: 'resources',
    add: 'addresources',
    update: 'updateresource',
    remove: 'delresources?resourceIndexList=',
    elements: [RESOURCE, { directory: '/var', file: '', include_subfolders: false, hdfs: true }],
    third: { directory: '/third' },
  },
  {
    kind: 'user',
    member: 'users',
    add: 'addusers',
    update: 'updateuser',
    remove: 'delusers?userIndexList=',
    elements: [
      { uname: 'root', uid: 0, gname: '', gid: null, os_domain: '' },
      { uname: 'jo', uid: null, gname: 'staff', gid: 0, os_domain: 'corp' },
    ],
    third: { uname: 'third' },
  },
  {
    kind: 'process',
    member: 'processes',
    add: 'addprocesses',
    update: 'updateprocess',
    remove: 'delprocesses?processIndexList=',
    elements: [
      { directory: '/bin', file: 'sh', signature: '', resource_set_id: '', labels: {} },
      { directory: '/opt', file: '*', signature: '', resource_set_id: '', labels: { a: 'b' } },
    ],
    third: { directory: '/third' },
  },
] as const

describe.each(databases)('CTE sets on %s', (database) => {
  const api = startApi(database)
  const cte = cteOn(api)

  describe.each(kinds)('a $kind set', ({ kind, member, add, update, remove, elements, third }) => {
    const all = `${TE}/${kind}sets`
    const indexed = (list: readonly object[]) => list.map((one, index) => ({ ...one, index }))

    test('comes back with its elements numbered from 0, by id, name and URI, in lists too', async () => {
      const name = unique('Set')
      const made = await api.post(`${all}/`, {
        id: '',
        name,
        description: 'd',
        labels: null,
        [member]: elements,
      })
      expect(made).toMatchObject({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        uri: `kylo:kylo:transparent-encryption:${kind}sets:${made.id}`,
        account: expect.stringMatching(/./),
        application: expect.stringMatching(/./),
        devAccount: expect.stringMatching(/./),
        name,
        description: 'd',
        labels: {},
        [member]: indexed(elements),
      })
      for (const text of [made.id, name, made.uri])
        expect(await api.get(`${all}/${encodeURIComponent(text)}`)).toEqual(made)
      expect((await api.get(`${all}/?skip=0&limit=1&name=${name}`)).resources).toEqual([made])
      await api.get(`${all}/${name.toUpperCase()}x`, 404)
      expect((await api.post(all, { name }, 409)).codeDesc).toContain(`"${name}"`)
      await api.post(all, { [member]: elements }, 400)
      await api.post(all, { name: unique('empty'), [member]: [{}] }, 400)
    })

    test('is changed as a whole, where an empty list clears and null keeps', async () => {
      const made = await cte.set(kind, { [member]: elements, description: 'd', labels: { a: 'b' } })
      const change = (body: object) => api.patch(`${all}/${made.name}`, body)
      expect(await change({ name: 'other', [member]: null, labels: {} })).toMatchObject({
        id: made.id,
        name: made.name,
        description: 'd',
        labels: { a: 'b' },
        [member]: indexed(elements),
      })
      expect((await change({ [member]: [elements[1]] }))[member]).toEqual(indexed([elements[1]]))
      expect(await change({ [member]: [], description: '', labels: null })).toMatchObject({
        [member]: [],
        description: '',
        labels: {},
      })
    })

    test('is changed element by element', async () => {
      const made = await cte.set(kind, { [member]: [elements[0]] })
      const path = `${all}/${made.id}`
      const added = await api.patch(`${path}/${add}/`, { [member]: [elements[1], third] })
      expect(added[member].slice(0, 2)).toEqual(indexed(elements))
      expect(added[member][2]).toMatchObject({ ...third, index: 2 })
      const [[field, value] = []] = Object.entries(third)
      const changed = await api.patch(`${path}/${update}/1`, { [field as string]: value })
      expect(changed[member][1]).toEqual({ ...elements[1], ...third, index: 1 })
      for (const place of ['3', '-1', 'x', '1.0']) {
        const { status } = await api.send('PATCH', `${path}/${update}/${place}`, third)
        expect([404], place).toContain(status)
      }
      const page = await api.get(`${path}/${member}?skip=1&limit=1`)
      expect(page).toMatchObject({ total: 3, resources: [{ index: 1 }] })
      await api.delete(`${path}/${remove}0,5`, undefined, 404)
      await api.delete(`${path}/${remove}`, undefined, 400)
      expect((await api.get(path))[member]).toHaveLength(3)
      await api.delete(`${path}/${remove}0,2`)
      expect((await api.get(path))[member]).toEqual([{ ...elements[1], ...third, index: 0 }])
    })

    test('takes as many elements as it can hold, and no more', async () => {
      const many = Array.from({ length: 5001 }, () => third)
      expect((await cte.set(kind, { [member]: many }, 400)).code).toBe(9)
      await cte.set(kind, { [member]: Array.from({ length: 100_000 }, () => ({})) }, 400)
      const made = await cte.set(kind, { [member]: many.slice(0, 5000) })
      const full = await api.patch(`${all}/${made.id}/${add}`, { [member]: [third] }, 400)
      expect(full.codeDesc).toContain('more than 5000')
      await api.delete(`${all}/${made.id}`)
    })

    test('is not deleted while a rule names it, and says which policies do', async () => {
      const set = await cte.set(kind)
      const rule = { effect: 'permit', [`${kind}_set_id`]: set.name }
      const policy = await cte.policy({ security_rules: [rule, rule] })
      const listed = await api.get(`${all}/${set.id}/policies`)
      expect(listed).toMatchObject({ total: 1, resources: [{ id: policy.id }] })
      const refused = await api.delete(`${all}/${set.name}`, undefined, 409)
      expect(refused.codeDesc).toContain(`policy "${policy.name}" names it`)
      await api.delete(`${TE}/policies/${policy.id}`)
      await api.delete(`${all}/${set.name}/`)
      await api.delete(`${all}/${set.name}`, undefined, 404)
    })

    test('is read by agents and changed by CTE Admins', async () => {
      const set = await cte.set(kind, { [member]: elements })
      const [admin, agent, other] = [
        await cte.user('CTE Admins'),
        await cte.user('CTE Clients'),
        await cte.user(),
      ]
      const path = `${all}/${set.id}`
      for (const read of [all, path, `${path}/${member}`, `${path}/policies`]) {
        await admin.get(read)
        await agent.get(read)
        await other.get(read, 403)
      }
      await agent.patch(path, { [member]: [] }, 403)
      await agent.delete(path, undefined, 403)
      await admin.patch(path, { [member]: [] })
      await admin.delete(path)
    })
  })

  test('root is a user and null is none', async () => {
    const set = await cte.set('user', { users: [{ uname: 'x', uid: 0, gid: null }] })
    const change = async (body: object) =>
      (await api.patch(`${TE}/usersets/${set.id}/updateuser/0`, body)).users[0]
    expect(set.users[0]).toMatchObject({ uid: 0, gid: null })
    expect(await change({ gid: 0 })).toMatchObject({ uname: 'x', uid: 0, gid: 0 })
    expect(await change({ uid: null })).toMatchObject({ uname: 'x', uid: null, gid: 0 })
    expect(await change({ uid: 4_294_967_295, uname: '' })).toMatchObject({ uname: '', gid: 0 })
    await cte.set('user', { users: [{ uid: -1 }] }, 400)
    await cte.set('user', { users: [{ uid: 4_294_967_296 }] }, 400)
    await cte.set('user', { users: [{ uname: '', uid: null }] }, 400)
  })

  test('a resource set holds directories or classification tags, as its type says', async () => {
    const tag = {
      name: 'secret',
      description: 'd',
      attributes: [{ data_type: 'string', name: 'level', operator: 'ge', value: '3' }],
    }
    const set = await cte.set('resource', { type: 'classification', classification_tags: [tag] })
    expect(set).toMatchObject({
      type: 'Classification',
      resources: [],
      classification_tags: [{ ...tag, index: 0 }],
    })
    const path = `${TE}/resourcesets/${set.id}`
    const changed = await api.patch(`${path}/updateresource/0`, { description: null })
    expect(changed.classification_tags).toEqual([{ ...tag, description: '', index: 0 }])
    await api.patch(path, { resources: [RESOURCE] }, 400)
    await cte.set('resource', { classification_tags: [tag] }, 400)
    await cte.set('resource', { type: 'Other' }, 400)
    const wrong = { ...tag, attributes: [{ ...tag.attributes[0], operator: 'like' }] }
    await cte.set('resource', { type: 'Classification', classification_tags: [wrong] }, 400)
    expect((await cte.set('resource', { type: '', resources: null })).type).toBe('Directory')
  })

  test('sets that a process set names stay as long as it names them', async () => {
    const signature = await cte.set('signature')
    const resource = await cte.set('resource')
    const both = [`${TE}/signaturesets/${signature.id}`, `${TE}/resourcesets/${resource.id}`]
    const element = { signature: signature.name, resource_set_id: resource.uri, file: 'x' }
    const set = await cte.set('process', { processes: [element, element] })
    expect(set.processes[0]).toMatchObject(element)
    for (const path of both)
      expect((await api.delete(path, undefined, 409)).codeDesc).toContain(
        `process set "${set.name}" names it`,
      )
    const path = `${TE}/processsets/${set.id}`
    await api.patch(`${path}/updateprocess/0`, { signature: null, resource_set_id: '' })
    for (const used of both) await api.delete(used, undefined, 409)
    await api.delete(`${path}/delprocesses?processIndexList=1`)
    await api.delete(both[1] as string)
    await api.patch(`${path}/addprocesses`, { processes: [{ signature: signature.id }] })
    await api.delete(both[0] as string, undefined, 409)
    await api.delete(path)
    await api.delete(both[0] as string)
    await cte.set('process', { processes: [{ signature: 'nobody' }] }, 404)
  })

  test('a process may be told by its resources or its labels alone', async () => {
    const resource = await cte.set('resource')
    const processes = [{ resource_set_id: resource.id }, { file: '', labels: { app: 'web' } }]
    const set = await cte.set('process', { processes })
    expect(set.processes).toMatchObject(processes)
    for (const labels of [{}, { app: null }, null])
      await cte.set('process', { processes: [{ directory: '', labels }] }, 400)
  })

  test('a set is listed by its name, however its letters are composed', async () => {
    const name = unique('caf\u00e9')
    const { id } = await cte.set('resource', { name })
    for (const asked of [name, name.normalize('NFD'), `${name.normalize('NFD').slice(0, -3)}*`]) {
      const listed = await api.get(`${TE}/resourcesets?name=${encodeURIComponent(asked)}`)
      expect(listed.resources.map((set: { id: string }) => set.id)).toEqual([id])
    }
  })

  test('deleting a set and naming it in a process set never leaves an element without its set', async () => {
    for (let round = 0; round < 6; round++) {
      const set = await cte.set('signature')
      const [gone, named] = await Promise.all([
        api.send('DELETE', `${TE}/signaturesets/${set.id}`),
        api.send('POST', `${TE}/processsets`, {
          name: unique('process'),
          processes: [{ signature: set.id }],
        }),
      ])
      expect([
        [204, 404],
        [409, 201],
      ]).toContainEqual([gone.status, named.status])
    }
  })

  test('a signature set counts its changes, and a PATCH adds sources', async () => {
    const set = await cte.set('signature', { source_list: ['/usr/bin', '/usr/bin'] })
    const path = `${TE}/signaturesets/${set.id}`
    expect(set).toMatchObject({
      type: 'Application',
      source_list: ['/usr/bin'],
      reference_version: 0,
      percentage_complete: 0,
      signing_status: 'NOT_SIGNED',
      updated_by: 'admin',
      docker_img_id: '',
      docker_cont_id: '',
    })
    const change = (body: object) => api.patch(path, body)
    expect(await change({ source_list: ['/opt', '/usr/bin'] })).toMatchObject({
      source_list: ['/usr/bin', '/opt'],
      reference_version: 1,
    })
    expect((await change({ source_list: [] })).reference_version).toBe(1)
    expect((await change({ source_list: null, description: 'd' })).description).toBe('d')
    const fewer = await api.patch(`${path}/delete-sources`, { source_list: ['/usr/bin'] })
    expect(fewer).toMatchObject({ source_list: ['/opt'], reference_version: 2 })
    await api.patch(`${path}/delete-sources`, { source_list: ['/usr/bin'] }, 404)
    expect((await cte.set('signature', { type: 'Container-Image' })).type).toBe('Container-Image')
    await cte.set('signature', { type: 'Other' }, 400)
  })

  test('signatures are added once, found by file name, and removed', async () => {
    const set = await cte.set('signature')
    const path = `${TE}/signaturesets/${set.id}`
    const signatures = ['a', 'b'].map((file) => ({ file_name: `/bin/${file}`, hash_value: 'f00' }))
    expect((await api.patch(`${path}/addsignatures/`, { signatures })).id).toBe(set.id)
    await api.patch(`${path}/addsignatures`, { signatures: [...signatures, ...signatures] })
    const listed = await api.get(`${path}/signatures/?skip=0&limit=1&file_name=/bin/b`)
    expect(listed).toMatchObject({
      total: 1,
      resources: [{ file_name: '/bin/b', hash_value: 'f00', signature_set_id: set.id }],
    })
    expect((await api.get(`${path}/signatures`)).total).toBe(2)
    const one = `${path}/signatures/${encodeURIComponent(listed.resources[0].uri)}`
    await api.delete(one)
    await api.delete(one, undefined, 404)
    expect((await api.get(`${path}/signatures`)).total).toBe(1)
    await api.patch(`${path}/addsignatures`, { signatures: [] }, 400)
    await api.delete(path)
  })

  test('a signature is found by its file name, with backslashes and of any length', async () => {
    const set = await cte.set('signature')
    const path = `${TE}/signaturesets/${set.id}`
    const files = ['\\\\srv\\share\\a.exe', 'C:\\a\\b.exe', `/${'a'.repeat(600)}`, '/usr/a']
    const signatures = files.map((file_name) => ({ file_name, hash_value: 'f00' }))
    await api.patch(`${path}/addsignatures`, { signatures })
    const names = async (file: string) =>
      (await api.get(`${path}/signatures/?file_name=${encodeURIComponent(file)}`)).resources.map(
        ({ file_name }: { file_name: string }) => file_name,
      )
    for (const file of files) expect(await names(file)).toEqual([file])
    expect(await names('C:\\a\\*')).toEqual([files[1]])
    expect(await names('\\\\srv*.exe')).toEqual([files[0]])
  })

  test('a client is asked to sign, says so when asked, and can be let off', async () => {
    const client = (await api.post(`${TE}/clients`, { name: unique('host') })).name
    const set = await cte.set('signature', { source_list: ['/usr/bin'] })
    const path = `${TE}/signaturesets/${set.id}`
    const call = async (action: string, status = 200, client_id = client) =>
      (await api.post(`${path}/${action}/`, { client_id }, status)).status
    expect(await call('querysignapp')).toBe('NOT_SIGNED')
    await call('cancelsignapp', 409)
    expect(await call('signapp')).toBe('PENDING')
    expect(await call('querysignapp')).toBe('PENDING')
    expect((await api.get(path)).signing_status).toBe('PENDING')
    expect(await call('cancelsignapp')).toBe('CANCELLED')
    await call('signapp', 404, 'nobody')
    const empty = await cte.set('signature')
    await api.post(`${TE}/signaturesets/${empty.id}/signapp`, { client_id: client }, 409)
  })
})
