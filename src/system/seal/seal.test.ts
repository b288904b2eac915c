import { randomBytes, randomUUID, verify } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../../test/support/databases.ts'
import {
  addUsers,
  passwordsThatOpen,
  placeOf,
  user,
  wrappedColumns,
} from '../../../test/support/sealed-passwords.ts'
import { createRootKeyFile, parseRootKeySource, RootKeyRefused } from '../../crypto/root-key.ts'
import { Secret } from '../../crypto/secret.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Tampered } from '../../kit/fault.ts'
import type { Store } from '../../store/store.ts'
import { openSeal, type Seal, type SealOptions } from './seal.ts'

const folder = mkdtempSync(join(tmpdir(), 'keystead-seal-'))
let path: string
let source: ReturnType<typeof parseRootKeySource>
const seals: Seal[] = []

async function open(
  store: Store,
  options: Partial<SealOptions> = {},
  from = source,
): Promise<Seal> {
  const seal = await openSeal(store, from, {
    nodeId: 'node-1',
    allowInit: false,
    wrappedColumns,
    settleSeconds: 0,
    keepSeconds: 0,
    ...options,
  })
  seals.push(seal)
  return seal
}

async function setUp(store: Store): Promise<Seal> {
  const seal = await open(store, { allowInit: true })
  await store.unseal(seal.storeKeys)
  return seal
}

/** Every row of the hierarchy, to see that nothing has changed. */
async function hierarchy(store: Store): Promise<string> {
  const tables = ['installation', 'root_keks', 'domain_keks', 'data_keys'] as const
  const rows = await Promise.all(
    tables.map((table) =>
      store.read.selectFrom(table).selectAll().orderBy('id').execute().then(JSON.stringify),
    ),
  )
  return rows.join('\n')
}

describe.each(databases)('the seal on %s', (_name, openDatabase) => {
  let database: TestDatabase
  let store: Store
  beforeEach(async () => {
    database = await openDatabase({ unsealed: false })
    store = database.store
    path = join(mkdtempSync(join(folder, 'case-')), 'root.key')
    source = parseRootKeySource(`file:${path}`)
  })
  afterEach(async () => {
    for (const seal of seals.splice(0)) seal.close()
    await database.close()
  })

  test('is set up once, with a root key file of ours alone, and opens to the same keys', async () => {
    const first = await setUp(store)
    expect(first.isNew).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).toContain(`installation:${first.envelope.installation}`)
    const again = await open(store)
    expect(again.isNew).toBe(false)
    expect(again.storeKeys.rowKey.equals(first.storeKeys.rowKey)).toBe(true)
    expect(again.storeKeys.auditKey.equals(first.storeKeys.auditKey)).toBe(true)
    expect(again.storeKeys.rowKey.equals(again.storeKeys.auditKey)).toBe(false)
    expect(again.envelope.fingerprint('a', 'b')).toBe(first.envelope.fingerprint('a', 'b'))
    const head = Buffer.from('a head')
    expect(verify(null, head, again.auditPublicKey, first.storeKeys.signHead(head))).toBe(true)
  })

  test('stores no key in the clear', async () => {
    const seal = await setUp(store)
    const stored = await hierarchy(store)
    for (const key of [seal.storeKeys.rowKey, seal.storeKeys.auditKey]) {
      const bytes = key.export()
      expect(stored).not.toContain(JSON.stringify([...bytes]).slice(1, -1))
      expect(stored).not.toContain(bytes.toString('hex'))
    }
  })

  test('is not set up where that was not asked for', async () => {
    await expect(open(store)).rejects.toThrow('not set up yet')
    expect(existsSync(path)).toBe(false)
  })

  test('is set up by one of two nodes that start at once, and opens for both', async () => {
    createRootKeyFile(path)
    const [one, two] = await Promise.all([
      open(store, { allowInit: true }),
      open(store, { allowInit: true, nodeId: 'node-2' }),
    ])
    expect([one.isNew, two.isNew].filter(Boolean)).toHaveLength(1)
    expect(two.envelope.installation).toBe(one.envelope.installation)
    expect(two.storeKeys.rowKey.equals(one.storeKeys.rowKey)).toBe(true)
  })

  test.each([
    ['when it looks', 1],
    ['when it looks at the root key', 5],
  ])('a node is not misled by another that sets the database up just %s', async (_, early) => {
    const seal = await setUp(store)
    let looks = 0
    // The first looks find what was there before the other node was done.
    const selectFrom = (table: 'installation') => {
      const rows = store.read.selectFrom(table)
      return looks++ < early ? rows.where('id', '=', 'none') : rows
    }
    const late: Store = Object.create(store, {
      read: { value: { ...store.read, selectFrom } },
      dialect: { value: store.dialect },
    })
    const opened = await open(late, { allowInit: true, nodeId: 'node-2' })
    expect(opened.isNew).toBe(false)
    expect(opened.envelope.installation).toBe(seal.envelope.installation)
    expect(looks).toBeGreaterThan(early)
  })

  test('refuses every wrong root key in a plain sentence, at once, and changes nothing (R2)', async () => {
    const seal = await setUp(store)
    await addUsers(store, seal, 1)
    const before = await hierarchy(store)
    const other = join(mkdtempSync(join(folder, 'other-')), 'root.key')
    createRootKeyFile(other)
    const moved = `${path}.moved`
    const passphrase = join(folder, 'passphrase')
    writeFileSync(passphrase, 'eleven blue herons')
    chmodSync(passphrase, 0o600)
    const env = { K: randomBytes(32).toString('base64') }
    renameSync(path, moved)
    const tries: [string, RegExp][] = [
      [`file:${path}`, /does not exist.*nothing was changed/],
      [`file:${other}`, /does not open this database; nothing was changed/],
      ['env:K', /does not open this database; nothing was changed/],
      ['env:NONE', /is not set/],
      [`passphrase-file:${passphrase}`, /is not one; nothing was changed/],
    ]
    for (const [wrong, sentence] of tries) {
      const start = performance.now()
      const attempt = open(store, { allowInit: true, env }, parseRootKeySource(wrong))
      await expect(attempt).rejects.toThrow(sentence)
      await expect(attempt).rejects.toBeInstanceOf(RootKeyRefused)
      expect(performance.now() - start).toBeLessThan(5000)
    }
    expect(await hierarchy(store)).toBe(before)
    expect(existsSync(path)).toBe(false)
    renameSync(moved, path)
    await open(store)
  })

  test('refuses an empty database beside a root key that has opened another', async () => {
    const first = await setUp(store)
    const empty = await openDatabase({ unsealed: false })
    const attempt = open(empty.store, { allowInit: true })
    await expect(attempt).rejects.toThrow(
      `belongs to installation ${first.envelope.installation}, but the database is empty`,
    )
    expect(await hierarchy(empty.store)).toBe('[]\n[]\n[]\n[]')
    await empty.close()
  })

  test('refuses a database that was restored in part', async () => {
    const seal = await setUp(store)
    await addUsers(store, seal, 1)
    await database.tamper('delete from installation')
    await expect(open(store, { allowInit: true })).rejects.toThrow('restored in part')
    await database.tamper('delete from root_keks')
    await expect(open(store, { allowInit: true })).rejects.toThrow('restored in part')
    await database.tamper('delete from domain_keks; delete from data_keys')
    await expect(open(store, { allowInit: true })).rejects.toThrow('restored in part')
  })

  test('does not open when a stored key was altered, swapped or given another purpose', async () => {
    await setUp(store)
    const alterations: [string, string][] = [
      [
        "update data_keys set purpose = 'x' where purpose = 'row-seal'; update data_keys set purpose = 'row-seal' where purpose = 'fingerprint'",
        "update data_keys set purpose = 'fingerprint' where purpose = 'row-seal'; update data_keys set purpose = 'row-seal' where purpose = 'x'",
      ],
      [
        "update data_keys set retired_at = '2026' where purpose = 'row-seal'",
        "update data_keys set retired_at = null where purpose = 'row-seal'",
      ],
      ['update data_keys set version = 2', 'update data_keys set version = 1'],
      ['update domain_keks set version = 2', 'update domain_keks set version = 1'],
      [
        "update domain_keks set created_at = created_at || '0'",
        'update domain_keks set created_at = substr(created_at, 1, length(created_at) - 1)',
      ],
      ['update root_keks set version = 2', 'update root_keks set version = 1'],
    ]
    for (const [alter, back] of alterations) {
      await database.tamper(alter)
      await expect(open(store), alter).rejects.toBeInstanceOf(Tampered)
      await database.tamper(back)
      await open(store)
    }
  })

  test('takes a new root key in the same file; the old one is refused from then on (R5)', async () => {
    const seal = await setUp(store)
    await addUsers(store, seal, 3)
    const old = join(mkdtempSync(join(folder, 'old-')), 'root.key')
    copyFileSync(path, old)
    await seal.rotateRootKey()
    expect(existsSync(`${path}.next`)).toBe(false)
    const again = await open(store)
    expect(await passwordsThatOpen(store, again)).toBe(6)
    await expect(open(store, {}, parseRootKeySource(`file:${old}`))).rejects.toThrow(
      'the root key was replaced since',
    )
    await again.rotateRootKey()
    expect(await passwordsThatOpen(store, await open(store))).toBe(6)
  })

  test('opens to onlookers without a change to the root key file, half-way through its rotation too', async () => {
    await setUp(store)
    const next = `${path}.next`
    const other = join(mkdtempSync(join(folder, 'rotating-')), 'root.key')
    createRootKeyFile(other)
    copyFileSync(other, next)
    await open(store, { readOnly: true })
    expect(readFileSync(next).equals(readFileSync(other))).toBe(true)
    renameSync(path, next)
    copyFileSync(other, path)
    await open(store, { readOnly: true })
    expect(existsSync(next)).toBe(true)
    expect(readFileSync(path).equals(readFileSync(other))).toBe(true)
  })

  test('moves from a file to a passphrase, a variable and another file', async () => {
    const seal = await setUp(store)
    await addUsers(store, seal, 1)
    const passphrase = join(folder, 'words')
    writeFileSync(passphrase, 'twelve grey herons\n')
    chmodSync(passphrase, 0o600)
    const env = { K: randomBytes(32).toString('hex') }
    let current = await open(store, { env })
    let last = source
    for (const to of [`passphrase-file:${passphrase}`, 'env:K', `file:${path}2`]) {
      const next = parseRootKeySource(to)
      await current.rotateRootKey(next)
      await expect(open(store, { env }, last)).rejects.toThrow(RootKeyRefused)
      current = await open(store, { env }, next)
      expect(await passwordsThatOpen(store, current)).toBe(2)
      last = next
    }
    await expect(current.rotateRootKey(parseRootKeySource('env:NONE'))).rejects.toThrow('not set')
    await open(store, { env }, last)
  })

  test('takes a new root KEK; the old one is gone', async () => {
    const seal = await setUp(store)
    await addUsers(store, seal, 1)
    await seal.addDomain('11111111-1111-1111-1111-111111111111')
    await seal.rotateRootKek()
    const rows = await store.read.selectFrom('root_keks').select('version').execute()
    expect(rows).toEqual([{ version: 2 }])
    expect(await passwordsThatOpen(store, await open(store))).toBe(2)
    await seal.addDomain('22222222-2222-2222-2222-222222222222')
    await seal.rotateRootKey()
    await open(store)
  })

  test('wraps everything of a domain under a new KEK, and then the old one is gone', async () => {
    const seal = await setUp(store)
    await addUsers(store, seal, 130)
    await seal.rotateDomainKek(ROOT_DOMAIN)
    const keks = await store.read.selectFrom('domain_keks').select(['id', 'version']).execute()
    expect(keks.map(({ version }) => version)).toEqual([2])
    const keys = await store.read.selectFrom('data_keys').select('domain_kek_id').execute()
    for (const key of keys) expect(key.domain_kek_id).toBe(keks[0]?.id)
    expect(await passwordsThatOpen(store, seal)).toBe(260)
    expect(await passwordsThatOpen(store, await open(store))).toBe(260)
  })

  test('keeps the old KEK for a while for work that was wrapped and not yet written', async () => {
    await setUp(store)
    const seal = await open(store, { keepSeconds: 0.5 })
    const id = randomUUID()
    const late = seal.envelope.wrap(placeOf(id), new Secret(Buffer.from(`password of ${id}`)))
    await seal.rotateDomainKek(ROOT_DOMAIN)
    await store.transact((tx) => {
      tx.insert('users', { ...user, id, username: id, username_key: id, password: late })
    })
    const versions = () =>
      store.read.selectFrom('domain_keks').select('version').orderBy('version').execute()
    expect(await versions()).toHaveLength(2)
    await expect.poll(versions, { timeout: 5000 }).toEqual([{ version: 2 }])
    expect(await passwordsThatOpen(store, await open(store))).toBe(1)
  })

  test('leaves a damaged value under its old KEK, says so, and rewraps all others', async () => {
    const seal = await setUp(store)
    await addUsers(store, seal, 5)
    const [victim] = await store.read.selectFrom('users').select('id').orderBy('id').execute()
    await database.tamper(`update users set email = 'x' where id = '${victim?.id}'`)
    await expect(seal.rotateDomainKek(ROOT_DOMAIN)).rejects.toBeInstanceOf(Tampered)
    expect(await store.read.selectFrom('domain_keks').select('id').execute()).toHaveLength(2)
    await database.tamper(`update users set email = '' where id = '${victim?.id}'`)
    expect(await passwordsThatOpen(store, seal)).toBe(10)
    await seal.finishRotations()
    expect(await store.read.selectFrom('domain_keks').select('id').execute()).toHaveLength(1)
    expect(await passwordsThatOpen(store, seal)).toBe(10)
  })

  test('lets another node learn of a new KEK before anything is wrapped under it', async () => {
    await setUp(store)
    const [one, two] = [await open(store, { settleSeconds: 0.3 }), await open(store)]
    const rotated = one.rotateDomainKek(ROOT_DOMAIN)
    await expect
      .poll(() => store.read.selectFrom('domain_keks').select('id').execute())
      .toHaveLength(2)
    const early = one.envelope.wrap(placeOf('x'), new Secret(Buffer.from('early')))
    expect(two.envelope.unwrap(placeOf('x'), early).reveal().toString()).toBe('early')
    await two.refresh()
    await rotated
    const later = one.envelope.wrap(placeOf('x'), new Secret(Buffer.from('later')))
    expect(two.envelope.unwrap(placeOf('x'), later).reveal().toString()).toBe('later')
  })

  test('makes, retires and returns keys of the server’s own', async () => {
    const { dataKeys } = await setUp(store)
    const made = [dataKeys.make('token-sign', 1), dataKeys.make('token-sign', 2)]
    const again = dataKeys.make('token-sign', 1)
    expect(again.row.id).toBe(made[0]?.row.id)
    await store.transact((tx) => {
      for (const { row } of made) tx.run(tx.insertInto('data_keys').values(row))
    })
    const [newest, oldest] = await dataKeys.all('token-sign')
    expect(newest?.row.version).toBe(2)
    expect(newest?.publicKey?.export({ format: 'jwk' })).toEqual(
      JSON.parse(newest?.row.public_jwk ?? ''),
    )
    expect(oldest?.key.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    if (!oldest) return
    const changes = dataKeys.retire(oldest, '2026-01-01T00:00:00.000000Z')
    await store.transact((tx) =>
      tx.run(tx.updateTable('data_keys').set(changes).where('id', '=', oldest.row.id), { rows: 1 }),
    )
    const [, retired] = await dataKeys.all('token-sign')
    expect(retired?.row.retired_at).toBe('2026-01-01T00:00:00.000000Z')
    expect(retired?.key.equals(oldest.key)).toBe(true)
    await database.tamper(`update data_keys set retired_at = null where id = '${oldest.row.id}'`)
    await expect(dataKeys.all('token-sign')).rejects.toBeInstanceOf(Tampered)
  })
})

afterAll(() => rmSync(folder, { recursive: true }))
