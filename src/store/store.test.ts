import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/support/databases.ts'
import { auditEntry, groupRow, ROOT } from '../../test/support/rows.ts'
import { Fault, Tampered } from '../kit/fault.ts'
import { countOf } from './list.ts'
import { sealUse } from './sealing.ts'

describe.each(databases)('the store on %s', (_name, open) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())

  const byId = (id: string) =>
    database.store.read.selectFrom('groups').selectAll().where('id', '=', id).executeTakeFirst()

  const taken = new Fault('conflict', 'taken')

  test('what was written is read back as it was, and the writer was told the same row', async () => {
    const { store } = database
    const written = await store.transact((tx) => tx.insert('groups', groupRow('Ops "é" 🔑')))
    const read = await byId(written.id)
    expect({ ...read, seal: Buffer.from(read?.seal ?? []) }).toEqual(written)
    expect(read?.version).toBe(1)
  })

  test('a change raises the version, and removing needs the row as it stands', async () => {
    const { store } = database
    const row = await store.transact((tx) => tx.insert('groups', groupRow('raised')))
    const changed = await store.transact((tx) => tx.update('groups', row, { description: 'new' }))
    expect((await byId(row.id))?.version).toBe(2)
    const gone = new Fault('not-found', 'gone')
    await expect(
      store.transact((tx) => tx.remove('groups', row, { otherwise: gone })),
    ).rejects.toBe(gone)
    await store.transact((tx) => tx.remove('groups', changed))
    expect(await byId(row.id)).toBeUndefined()
  })

  test('work on a row that others changed meanwhile is done again with the row as it is now', async () => {
    const { store } = database
    const row = await store.transact((tx) => tx.insert('groups', groupRow('counter')))
    let runs = 0
    const add = () =>
      store.transact(async (tx) => {
        runs++
        const now = await byId(row.id)
        if (!now) throw new Error('the group is gone')
        tx.update('groups', now, { description: String(Number(now.description ?? 0) + 1) })
      })
    await Promise.all(Array.from({ length: 5 }, add))
    expect((await byId(row.id))?.description).toBe('5')
    expect(runs).toBeGreaterThan(5)
  })

  test('however many change one row at the same time, each of them gets through', async () => {
    const { store } = database
    const row = await store.transact((tx) => tx.insert('groups', groupRow('crowded')))
    const add = () =>
      store.transact(async (tx) => {
        const now = await byId(row.id)
        if (!now) throw new Error('the group is gone')
        tx.update('groups', now, { description: String(Number(now.description ?? 0) + 1) })
      })
    await Promise.all(Array.from({ length: 300 }, add))
    expect((await byId(row.id))?.description).toBe('300')
  })

  test('work that never finds its row as it read it ends in a conflict', async () => {
    const { store } = database
    const row = await store.transact((tx) => tx.insert('groups', groupRow('stale')))
    await store.transact((tx) => tx.update('groups', row, { description: 'moved on' }))
    let runs = 0
    const work = store.transact((tx) => {
      runs++
      tx.update('groups', row, { description: 'late' })
    })
    await expect(work).rejects.toMatchObject({ kind: 'conflict' })
    expect(runs).toBe(40)
  })

  test('a unit that fails leaves those committed beside it, and nothing of its own', async () => {
    const { store } = database
    await store.transact((tx) => tx.insert('groups', groupRow('first')))
    const before = await countOf(store.read, ROOT, 'audit_records')
    const outcomes = await Promise.allSettled(
      ['a', 'FIRST', 'b'].map((name) =>
        store.transact((tx) => {
          tx.insert('groups', groupRow(`batch ${name}`))
          tx.audit(auditEntry())
          if (name === 'FIRST') tx.insert('groups', groupRow(name), { duplicate: taken })
        }),
      ),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: taken })
    const names = await store.read
      .selectFrom('groups')
      .select('name')
      .where('name', 'like', 'batch %')
      .orderBy('name')
      .execute()
    expect(names.map(({ name }) => name)).toEqual(['batch a', 'batch b'])
    expect(await countOf(store.read, ROOT, 'audit_records')).toBe(before + 2)
  })

  test('a statement that touches another number of rows than it counted on takes its unit back', async () => {
    const { store } = database
    const otherwise = new Fault('not-found', 'no such setting')
    const work = store.transact((tx) => {
      const row = tx.insert('groups', groupRow('half'))
      tx.run(tx.deleteFrom('guesses').where('account', '=', row.id), { rows: 1, otherwise })
    })
    await expect(work).rejects.toBe(otherwise)
    expect(
      await store.read.selectFrom('groups').select('id').where('name', '=', 'half').execute(),
    ).toEqual([])
  })

  test('work that gathers nothing answers without writing', async () => {
    const end = await database.store.read.selectFrom('audit_heads').select('seq').execute()
    expect(await database.store.transact(() => 'nothing')).toBe('nothing')
    expect(await database.store.read.selectFrom('audit_heads').select('seq').execute()).toEqual(end)
  })

  test('a statement of a unit cannot be executed on the spot, nor after its unit', async () => {
    const { store } = database
    let late: (() => void) | undefined
    await store.transact(async (tx) => {
      await expect(tx.deleteFrom('groups').execute()).rejects.toThrow('given to run()')
      late = () => tx.count(ROOT, 'groups', 1)
    })
    expect(late).toThrow('over')
  })

  test('counts follow the units that were done', async () => {
    const { store } = database
    const before = await countOf(store.read, ROOT, 'users')
    await store.transact((tx) => tx.count(ROOT, 'users', 3))
    await store.transact((tx) => tx.count(ROOT, 'users', -1))
    const failing = store.transact((tx) => {
      tx.count(ROOT, 'users', 1)
      tx.run(tx.deleteFrom('guesses').where('account', '=', 'nobody'), {
        rows: 1,
        otherwise: taken,
      })
    })
    await expect(failing).rejects.toBe(taken)
    expect(await countOf(store.read, ROOT, 'users')).toBe(before + 2)
  })

  test('callers’ rights have changed before the change is acknowledged', async () => {
    const { store } = database
    const before = store.authority()
    await store.transact((tx) => tx.count(ROOT, 'users', 0))
    await store.transact((tx) => tx.changesAuthority())
    expect(store.authority()).toBeGreaterThan(before)
  })

  test('a change of a key is heeded before it is acknowledged, and leaves what is known of rights', async () => {
    const { store } = database
    const before = { keys: store.keysChanged(), authority: store.authority() }
    await store.transact((tx) => tx.changesKeys())
    expect(store.keysChanged()).toBeGreaterThan(before.keys)
    expect(store.authority()).toBe(before.authority)
  })

  test('text with a NUL is refused, since the databases keep none', async () => {
    const work = database.store.transact((tx) => tx.insert('groups', groupRow('a\0b')))
    await expect(work).rejects.toMatchObject({ kind: 'invalid' })
  })

  test('a row edited, swapped or put under another name is not served', async () => {
    const { store, tamper } = database
    const one = await store.transact((tx) => tx.insert('groups', groupRow('one')))
    const two = await store.transact((tx) => tx.insert('groups', groupRow('two')))
    const attacks = [
      `update groups set description = 'admin' where id = '${one.id}'`,
      `update groups set system = 1 where id = '${one.id}'`,
      `update groups set domain_id = 'elsewhere' where id = '${one.id}'`,
      `update groups set version = 7 where id = '${one.id}'`,
      `update groups set seal = (select seal from groups where id = '${two.id}') where id = '${one.id}'`,
    ]
    for (const attack of attacks) {
      await tamper(attack)
      await expect(byId(one.id), attack).rejects.toThrow(Tampered)
      await tamper(`delete from groups where id = '${one.id}'`)
      const { version: _, seal: __, ...row } = one
      await store.transact((tx) => tx.insert('groups', row))
      expect((await byId(one.id))?.name).toBe('one')
    }
    await expect(byId(two.id)).resolves.toMatchObject({ name: 'two' })
  })

  test('rows are checked in joins and subqueries too, and a mixture of tables is refused', async () => {
    const { store, tamper } = database
    const row = await store.transact((tx) => {
      const group = tx.insert('groups', groupRow('joined'))
      tx.insert('memberships', {
        group_id: group.id,
        user_id: 'u1',
        domain_id: ROOT,
        created_at: group.created_at,
      })
      return group
    })
    const joined = () =>
      store.read
        .selectFrom('memberships as m')
        .innerJoin('groups as g', 'g.id', 'm.group_id')
        .where('m.user_id', '=', 'u1')
    const wrapped = () =>
      store.read
        .selectFrom((eb) =>
          eb.selectFrom('groups').selectAll().where('id', '=', row.id).as('inner'),
        )
        .selectAll()
        .execute()
    expect(await joined().selectAll('g').execute()).toHaveLength(1)
    expect(await wrapped()).toHaveLength(1)
    await expect(joined().selectAll().execute()).rejects.toThrow("selectAll('")
    await tamper(`update groups set description = 'x' where id = '${row.id}'`)
    await expect(joined().selectAll('g').execute()).rejects.toThrow(Tampered)
    await expect(wrapped()).rejects.toThrow(Tampered)
    expect(await joined().selectAll('m').execute()).toHaveLength(1)
  })

  test('the last use of a refresh token is written without its row, and under a seal of its own', async () => {
    const { store, tamper, keys } = database
    const at = '2026-01-01T00:00:00.000000Z'
    const token = await store.transact((tx) =>
      tx.insert('refresh_tokens', {
        id: 'token-1',
        domain_id: ROOT,
        user_id: 'u1',
        session_id: 's1',
        client_id: '',
        token_hash: 'h1',
        labels: '',
        session_epoch: 0,
        created_at: at,
        updated_at: at,
        expires_at: null,
        revoke_unused_seconds: 60,
        revoked_at: null,
        replaced: 0,
        certificates: null,
        last_used_at: at,
        use_seal: sealUse(keys.rowKey, 'token-1', at),
      }),
    )
    const later = '2026-01-02T00:00:00.000000Z'
    const set = { last_used_at: later, use_seal: sealUse(keys.rowKey, token.id, later) }
    await store.transact((tx) => tx.run(tx.updateTable('refresh_tokens').set(set)))
    const read = () => store.read.selectFrom('refresh_tokens').selectAll().executeTakeFirstOrThrow()
    expect((await read()).last_used_at).toBe(later)
    await store.transact((tx) => tx.update('refresh_tokens', token, { revoked_at: later }))
    expect(await read()).toMatchObject({ last_used_at: later, revoked_at: later })
    await tamper(`update refresh_tokens set last_used_at = '2030-01-01T00:00:00.000000Z'`)
    await expect(read()).rejects.toThrow(Tampered)
  })

  test('sealed tables answer only once the store is unsealed', async () => {
    const sealed = await open({ unsealed: false })
    try {
      const { store, keys } = sealed
      await expect(
        store.transact((tx) => tx.insert('groups', groupRow('early'))),
      ).rejects.toMatchObject({ kind: 'unavailable' })
      await expect(store.read.selectFrom('groups').selectAll().execute()).rejects.toMatchObject({
        kind: 'unavailable',
      })
      await expect(store.transact((tx) => tx.audit(auditEntry()))).rejects.toMatchObject({
        kind: 'unavailable',
      })
      await store.transact((tx) =>
        tx.run(
          tx.insertInto('installation').values({
            id: keys.installation,
            created_at: 'now',
            root_key_id: 'r',
            root_check: new Uint8Array([1]),
          }),
        ),
      )
      await store.unseal(keys)
      await store.transact((tx) => tx.insert('groups', groupRow('in time')))
      expect(await store.healthy()).toBe(true)
    } finally {
      await sealed.close()
    }
    expect(await sealed.store.healthy()).toBe(false)
    await expect(sealed.store.transact((tx) => tx.audit(auditEntry()))).rejects.toMatchObject({
      kind: 'unavailable',
    })
  })
})
