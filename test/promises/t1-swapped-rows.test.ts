import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openReadOnly } from '../../src/store/index.ts'
import { sealedTables } from '../../src/store/sealing.ts'
import type { Reader, SealedTable } from '../../src/store/store.ts'
import { type Lab, openLab, pick, type Row } from './lab.ts'
import { CURRENT, populate, USERS } from './populated.ts'
import { random, report, scale, seed } from './promise.ts'

const tables = Object.keys(sealedTables) as SealedTable[]

/** Somebody who can write the database and has no key. Whatever he does can be taken back. */
class Intruder {
  readonly #database: DatabaseSync
  readonly #before = new Map<string, Row[]>()

  constructor(file: string) {
    this.#database = new DatabaseSync(file, { timeout: 5000 })
    this.#database.exec('pragma synchronous = off')
    for (const table of tables) this.#before.set(table, this.#read(table))
  }

  rows(table: SealedTable): readonly Row[] {
    return this.#before.get(table) ?? []
  }

  columns(table: SealedTable): string[] {
    return Object.keys(this.rows(table)[0] ?? {})
  }

  /** False when the database refuses it or nothing is changed by it. */
  set(table: SealedTable, row: Row, changes: Row): boolean {
    const columns = Object.keys(changes)
    const { key } = sealedTables[table]
    try {
      this.#database
        .prepare(
          `update ${table} set ${columns.map((column) => `"${column}" = ?`)} where ${key.map((column) => `"${column}" = ?`).join(' and ')}`,
        )
        .run(
          ...columns.map((column) => changes[column] as SQLInputValue),
          ...key.map((column) => row[column] as SQLInputValue),
        )
    } catch {
      return false
    }
    return !same(this.#read(table), this.rows(table))
  }

  add(table: SealedTable, row: Row): boolean {
    try {
      this.#insert(table, row)
      return true
    } catch {
      return false
    }
  }

  restore(table: SealedTable): void {
    this.#database.exec(`begin; delete from ${table}`)
    for (const row of this.rows(table)) this.#insert(table, row)
    this.#database.exec('commit')
  }

  close(): void {
    this.#database.close()
  }

  #insert(table: string, row: Row): void {
    this.#database
      .prepare(
        `insert into ${table} (${Object.keys(row).map((column) => `"${column}"`)}) values (${Object.keys(row).map(() => '?')})`,
      )
      .run(...(Object.values(row) as SQLInputValue[]))
  }

  #read(table: string): Row[] {
    return this.#database.prepare(`select * from ${table} order by 1, 2`).all() as Row[]
  }
}

const same = (one: readonly Row[], other: readonly Row[]): boolean =>
  JSON.stringify(one, typed) === JSON.stringify(other, typed)
const typed = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString('hex')}` : value

const kinds = [
  'edit',
  'same column of another row',
  'all but the key of another row',
  'seal of another row',
  'seal of another table',
  'ciphertext of another column',
  'another domain',
  'another id',
  'a copy under another id',
] as const
type Tampering = (typeof kinds)[number]

function tamper(
  intruder: Intruder,
  next: () => number,
  table: SealedTable,
  kind: Tampering,
  column = pick(next, intruder.columns(table)),
): boolean {
  const rows = intruder.rows(table)
  const row = pick(next, rows)
  const other = pick(next, rows)
  const { key } = sealedTables[table]
  const isKey = (name: string) => (key as readonly string[]).includes(name)
  const freshKey = () => {
    const name = pick(next, key)
    return { [name]: name === 'key' ? 'something' : randomUUID() }
  }
  switch (kind) {
    case 'edit':
      return intruder.set(table, row, { [column]: altered(next, row[column]) })
    case 'same column of another row':
      return !isKey(column) && intruder.set(table, row, { [column]: other[column] })
    case 'all but the key of another row': {
      const rest = Object.entries(other).filter(([name]) => !isKey(name))
      return intruder.set(table, row, Object.fromEntries(rest))
    }
    case 'seal of another row':
      return intruder.set(table, row, { seal: other['seal'] })
    case 'seal of another table': {
      const foreign = pick(next, intruder.rows(pick(next, tables)))
      return intruder.set(table, row, { seal: foreign['seal'] })
    }
    case 'ciphertext of another column': {
      const from = table === 'users' ? 'password_history' : 'users'
      return (
        'password' in row &&
        intruder.set(table, row, { password: pick(next, intruder.rows(from))['password'] })
      )
    }
    case 'another domain':
      return 'domain_id' in row && intruder.set(table, row, { domain_id: randomUUID() })
    case 'another id':
      return intruder.set(table, row, freshKey())
    case 'a copy under another id': {
      // What is unique is made so, or the database itself would refuse the copy.
      const unique = [
        'username_key',
        'name_key',
        'policy_name',
        'token_hash',
        'name',
        'serial_number',
      ]
      const renamed = unique.filter((name) => name in row).map((name) => [name, randomUUID()])
      const named = table === 'domains' ? { name: 'second' } : {}
      return intruder.add(table, {
        ...row,
        ...Object.fromEntries(renamed),
        ...named,
        ...freshKey(),
      })
    }
  }
}

/** Another value, at times of another type: SQLite keeps any type in any column. */
function altered(next: () => number, value: unknown): unknown {
  const choice = Math.floor(next() * 6)
  if (typeof value === 'string') {
    const at = Math.floor(next() * value.length)
    const flipped =
      value.slice(0, at) +
      String.fromCharCode((value.charCodeAt(at) || 64) ^ 1) +
      value.slice(at + 1)
    return [flipped, flipped, `${value} `, '', Buffer.from(value), null][choice]
  }
  if (typeof value === 'number')
    return [value + 1, value - 1, 1 - value, 2 ** 40, value + 0.5, 'x'][choice]
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value)
    const at = Math.floor(next() * bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(next() * 8))
    return [
      bytes,
      bytes,
      bytes.subarray(1),
      Buffer.concat([bytes, Buffer.of(0)]),
      Buffer.alloc(0),
      bytes.toString('latin1'),
    ][choice]
  }
  return ['', 'x', 0, 1, Buffer.from('x'), '2030-01-01T00:00:00.000000Z'][choice]
}

/** How often a reader of whole rows took a tampered table for good. */
async function accepted(
  read: Reader,
  intruder: Intruder,
  times: number,
): Promise<{ tried: number; accepted: string[] }> {
  const next = random()
  const taken: string[] = []
  let tried = 0
  // Every column of every table is edited at least once before chance decides.
  const due = tables.flatMap((table) =>
    intruder.columns(table).map((column) => ({ table, column, kind: 'edit' as Tampering })),
  )
  while (tried < times) {
    const planned = due.pop()
    const table = planned?.table ?? pick(next, tables)
    const kind = planned?.kind ?? pick(next, kinds)
    try {
      if (!tamper(intruder, next, table, kind, planned?.column)) continue
      tried++
      const refused = await read
        .selectFrom(table)
        .selectAll()
        .execute()
        .then(
          () => false,
          (error: Error) => error.name === 'Tampered',
        )
      if (!refused) taken.push(`${table}: ${kind} ${planned?.column ?? ''}`)
    } finally {
      intruder.restore(table)
    }
  }
  return { tried, accepted: taken }
}

describe('T1: rows cannot be swapped or edited', () => {
  let lab: Lab
  let intruder: Intruder
  beforeAll(async () => {
    lab = await openLab()
    await populate(lab)
    await fillTheRest(lab)
    intruder = new Intruder(join(lab.dataDir, 'keystead.db'))
  })
  afterAll(async () => {
    intruder.close()
    await lab.stop()
  })

  test('every sealed table has rows to tamper with', () => {
    for (const table of tables) expect(intruder.rows(table).length, table).toBeGreaterThan(0)
  })

  test('no tampered row is read, whatever was exchanged', {
    timeout: scale(600_000, 3_600_000),
  }, async () => {
    const { tried, accepted: taken } = await accepted(
      lab.store.read,
      intruder,
      scale(10_000, 100_000),
    )
    report('T1', `${tried} tamperings of ${tables.length} sealed tables, ${taken.length} accepted`)
    expect(taken, `seed ${seed}`).toEqual([])
  })

  test('a client gets 500 and never the altered row, and it is on record as critical', async () => {
    const next = random()
    const token = await lab.admin()
    // Of domains nothing is shown yet; they are read at every start.
    const asks: Readonly<Partial<Record<SealedTable, readonly [string, string, object?]>>> = {
      users: ['GET', '/v1/usermgmt/users?limit=-1'],
      logins: ['GET', '/v1/usermgmt/users?limit=-1'],
      password_history: [
        'PATCH',
        '/v1/auth/changepw',
        { username: USERS[0], password: CURRENT, new_password: 'Another-Pass-1234!' },
      ],
      groups: ['GET', '/v1/usermgmt/groups?limit=-1'],
      memberships: ['GET', '/v1/auth/self/user'],
      password_policies: ['GET', '/v1/usermgmt/pwdpolicies?limit=-1'],
      refresh_tokens: ['GET', '/v1/auth/tokens?limit=-1'],
      settings: ['GET', '/v1/auth/banners/pre-auth'],
      local_cas: ['GET', '/v1/ca/local-cas?limit=-1'],
      certificates: ['GET', '/v1/ca/local-cas/one/certs?limit=-1'],
      external_cas: ['GET', '/v1/ca/external-cas?limit=-1'],
      keys: ['GET', '/v1/vault/keys2?limit=-1'],
      key_links: ['GET', '/v1/vault/links?limit=-1'],
      key_policies: ['GET', '/v1/vault/key-policies?limit=-1'],
      key_templates: ['GET', '/v1/vault/templates?limit=-1'],
      cte_signatures: ['GET', '/v1/transparent-encryption/signaturesets/one/signatures?limit=-1'],
      cte_policies: ['GET', '/v1/transparent-encryption/policies?limit=-1'],
      cte_rules: ['GET', '/v1/transparent-encryption/policies?limit=-1'],
      cte_profiles: ['GET', '/v1/transparent-encryption/profiles?limit=-1'],
      cte_clients: ['GET', '/v1/transparent-encryption/clients?limit=-1'],
      cte_client_groups: ['GET', '/v1/transparent-encryption/clientgroups?limit=-1'],
      cte_memberships: ['GET', '/v1/transparent-encryption/reports/clients'],
      cte_guard_points: ['GET', '/v1/transparent-encryption/reports/guardpoints'],
      cte_csi_groups: ['GET', '/v1/transparent-encryption/csigroups?limit=-1'],
      cte_ldt_groups: ['GET', '/v1/transparent-encryption/ldtgroupcommservice?limit=-1'],
      interfaces: ['GET', '/v1/configs/interfaces?limit=-1'],
      interface_certificates: ['GET', '/v1/configs/interfaces/web/certificate'],
      trusted_cas: ['GET', '/v1/trusted-cas?limit=-1'],
      client_profiles: ['GET', '/v1/client-management/profiles?limit=-1'],
      registration_tokens: ['GET', '/v1/client-management/regtokens?limit=-1'],
      registered_clients: ['GET', '/v1/client-management/clients?limit=-1'],
    }
    const wrong: string[] = []
    let tried = 0
    for (const [table, [method, path, body]] of Object.entries(asks) as [
      SealedTable,
      readonly [string, string, object?],
    ][])
      for (const column of intruder.columns(table)) {
        // Where the row is looked for by these, it is gone rather than altered.
        if (
          column === 'domain_id' ||
          (table === 'password_history' && column === 'user_id') ||
          (table === 'certificates' && column === 'ca_id') ||
          (table === 'cte_signatures' && column === 'set_id') ||
          (table === 'cte_rules' && column === 'policy_id') ||
          column === 'interface_id'
        )
          continue
        if ((sealedTables[table].key as readonly string[]).includes(column)) continue
        const target = targetOf(intruder, table)
        let done = false
        for (let attempt = 0; attempt < 20 && !done; attempt++)
          done = intruder.set(table, target, { [column]: altered(next, target[column]) })
        try {
          if (!done) continue
          // Principals are remembered until somebody's rights change.
          await lab.store.transact((tx) => tx.changesAuthority())
          tried++
          const got = await lab.ask(method, path, { token, ...(body ? { body } : {}) })
          if (got.status !== 500)
            wrong.push(`${table}.${column}: ${got.status} ${got.text.slice(0, 150)}`)
        } finally {
          intruder.restore(table)
        }
        const [record] = lab.rows('audit_records')['audit_records']?.slice(-1) ?? []
        if (
          done &&
          !(record?.['severity'] === 'critical' && String(record['details']).includes(table))
        )
          wrong.push(`${table}.${column}: not on record (${record?.['message']})`)
      }
    report(
      'T1 through HTTP',
      `${tried} columns tampered with, ${wrong.length} answered or not on record`,
    )
    expect(wrong, `seed ${seed}`).toEqual([])
  })

  test('a membership made by hand gives nobody the rights of its group', async () => {
    const [ada] = intruder.rows('users').filter(({ username }) => username === 'ada')
    const admins = intruder.rows('groups').find(({ name }) => name === 'admin')
    const [real] = intruder
      .rows('memberships')
      .filter(({ group_id }) => group_id === admins?.['id'])
    const token = await lab.signIn('ada', CURRENT)
    try {
      expect(intruder.add('memberships', { ...real, user_id: ada?.['id'] })).toBe(true)
      await lab.store.transact((tx) => tx.changesAuthority())
      const got = await lab.ask('POST', '/v1/usermgmt/groups', { token, body: { name: 'mine' } })
      expect(got.status).toBe(500)
      const again = await lab.ask('POST', '/v1/auth/tokens', {
        body: { username: 'ada', password: CURRENT },
      })
      expect(again.status).toBe(500)
    } finally {
      intruder.restore('memberships')
    }
  })

  test('the harness notices a reader that checks no seals', async () => {
    const { read, close } = await openReadOnly({
      kind: 'sqlite',
      file: join(lab.dataDir, 'keystead.db'),
    })
    const { tried, accepted: taken } = await accepted(read, intruder, 200)
    await close()
    expect(taken.length).toBe(tried)
  })
})

/** Rows of any content in tables that `populate` leaves empty: for the seal one value is as good as another. */
async function fillTheRest({ store }: Lab): Promise<void> {
  const example = { text: () => randomUUID(), integer: () => 7, bytes: () => randomBytes(16) }
  for (const table of tables) {
    if ((await store.read.selectFrom(table).selectAll().execute()).length > 0) continue
    const { version: _, ...columns } = sealedTables[table].columns
    await store.transact((tx) => {
      for (let made = 0; made < 3; made++) {
        const values = Object.entries(columns).map(([name, kind]: [string, string]) => [
          name,
          example[kind.replace('?', '') as keyof typeof example](),
        ])
        tx.insert(table, Object.fromEntries(values))
      }
    })
  }
}

/** The row that the request of its table reads. */
function targetOf(intruder: Intruder, table: SealedTable): Row {
  const rows = intruder.rows(table)
  const idOf = (username: string) =>
    intruder.rows('users').find((row) => row['username'] === username)?.['id']
  const wanted: Partial<Record<SealedTable, (row: Row) => boolean>> = {
    // Not the administrator himself, who asks.
    users: ({ username }) => username === 'eva',
    logins: ({ user_id }) => user_id === idOf('eva'),
    password_history: ({ user_id }) => user_id === idOf(USERS[0]),
    memberships: ({ user_id }) => user_id === idOf('admin'),
    refresh_tokens: ({ user_id }) => user_id === idOf('eva'),
    settings: ({ key }) => String(key).includes('pre'),
    // The server's own certificates are on record too.
    certificates: ({ name }) => name === 'one',
    interface_certificates: ({ id }) =>
      intruder.rows('interfaces').some(({ certificate_id }) => certificate_id === id),
  }
  return rows.find(wanted[table] ?? (() => true)) as Row
}
