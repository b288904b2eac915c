import { createPrivateKey, randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wrappedColumns as caColumns } from '../../src/ca/private-keys.ts'
import type { WrappedKey } from '../../src/crypto/envelope.ts'
import { readRootKey } from '../../src/crypto/root-key.ts'
import { openReadOnly } from '../../src/store/index.ts'
import { createDataKeys } from '../../src/system/seal/data-keys.ts'
import { loadRootKeks, Ring } from '../../src/system/seal/hierarchy.ts'
import { openSeal } from '../../src/system/seal/seal.ts'
import { filesBelow, formsOf, foundInFiles, needlesOf } from './haystack.ts'
import { inParallel, type Lab, openLab, quickPasswords, type Row } from './lab.ts'
import { besidePostgres } from './process.ts'
import { report, scale } from './promise.ts'
import { type Canaries, keepPrivate, liveWithKeys } from './vault-canaries.ts'

/** A life of an installation that leaves out none of the places where a secret goes in or comes out. */
async function live(lab: Lab, canaries: Canaries, users: number): Promise<void> {
  const admin = await lab.admin()
  let made = 0
  const password = (of: string) => {
    const secret = `Aa1!${randomBytes(18).toString('base64')}`
    canaries.set(`password ${++made} of ${of}`, Buffer.from(secret))
    return secret
  }
  const demand = async (
    method: string,
    path: string,
    body: unknown,
    status: number,
    token = admin,
  ) => {
    const got = await lab.ask(method, path, { token, body })
    if (got.status !== status)
      throw new Error(`${method} ${path} answered ${got.status}: ${got.text}`)
    return got.body
  }
  const keep = (of: string, token: { jwt: string; refresh_token: string }) => {
    canaries.set(`access token ${++made} of ${of}`, Buffer.from(token.jwt))
    canaries.set(`refresh token ${++made} of ${of}`, Buffer.from(token.refresh_token))
  }
  await inParallel(
    Array.from({ length: users }, (_, at) => `user${at}`),
    4,
    async (username) => {
      const first = password(username)
      const second = password(username)
      await demand('POST', '/v1/usermgmt/users', { username, password: first }, 201)
      // A wrong guess, a refused new password, and a body cut inside one.
      const wrong = { username, password: password(username) }
      await demand('POST', '/v1/auth/tokens', wrong, 401)
      const cut = JSON.stringify({ username, password: password(username) }).slice(0, -3)
      await demand('POST', '/v1/auth/tokens', cut, 400)
      await demand(
        'PATCH',
        '/v1/auth/changepw',
        { username, password: first, new_password: second },
        200,
      )
      const token = await demand('POST', '/v1/auth/tokens', { username, password: second }, 200)
      keep(username, token)
      const renewed = await demand(
        'POST',
        '/v1/auth/tokens',
        { refresh_token: token.refresh_token, renew_refresh_token: true },
        200,
      )
      keep(username, renewed)
      const { refresh_token } = renewed
      if (made % 2 === 0)
        await demand('POST', '/v1/auth/revoke', { refresh_token }, 204, renewed.jwt)
      await demand('PATCH', `/v1/usermgmt/users/${username}`, { password: password(username) }, 200)
    },
  )
  for (let at = 0; at < 10; at++) {
    const { token } = await demand('POST', '/v1/client-management/regtokens', {}, 201)
    canaries.set(`registration token ${at}`, Buffer.from(token))
    const secret = password(`client ${at}`)
    const asked = at % 2 === 0 ? { reg_token: token } : { reg_token: token, password: secret }
    const { key } = await demand('POST', '/v1/client-management/clients', asked, 201)
    keepPrivate(canaries, `key of client ${at}`, createPrivateKey({ key, passphrase: secret }))
  }
  await demand('POST', '/v1/auth/rotate-auth-key', undefined, 200)
  await demand('POST', '/v1/system/rotate-rot-keys', undefined, 200)
  for (let at = 0; at < users; at += 5)
    await demand('DELETE', `/v1/usermgmt/users/user${at}`, undefined, 204)
}

/** The keys of the installation, taken out of its own key ring: raw, and as PEM and JWK have them. */
async function keysOf(dataDir: string, url: string | undefined, canaries: Canaries): Promise<void> {
  const location =
    url === undefined
      ? ({ kind: 'sqlite', file: join(dataDir, 'keystead.db') } as const)
      : ({ kind: 'postgres', url } as const)
  const { read, close } = await openReadOnly(location)
  const source = { scheme: 'file', path: join(dataDir, 'root.key') } as const
  const { id: installation } = await read
    .selectFrom('installation')
    .select('id')
    .executeTakeFirstOrThrow()
  const rootKey = await readRootKey(source)
  canaries.set('root key', rootKey.key.export())
  const rootKeks = await loadRootKeks(read, installation, rootKey)
  for (const { version, key } of rootKeks) canaries.set(`root KEK ${version}`, key.export())
  const ring = new Ring(0)
  ring.load(await read.selectFrom('domain_keks').selectAll().execute(), installation, (id) =>
    rootKeks.find((kek) => kek.id === id),
  )
  for (const domain of ring.domains())
    for (const { version, key } of ring.versions(domain))
      canaries.set(`KEK ${version} of ${domain}`, key.export())
  const store = { dialect: location.kind, read } as Parameters<typeof openSeal>[0]
  const seal = await openSeal(store, source, { nodeId: 'reader', allowInit: false, readOnly: true })
  const keys = createDataKeys(read, seal.envelope)
  seal.close()
  const purposes = await read.selectFrom('data_keys').select('purpose').distinct().execute()
  for (const { purpose } of purposes)
    for (const { row, key } of await keys.all(purpose as Parameters<typeof keys.all>[0])) {
      const name = `${purpose} ${row.version}`
      if (key.type === 'secret') canaries.set(name, key.export())
      else keepPrivate(canaries, name, key)
    }
  for (const { table, column, place } of caColumns) {
    const rows = (await read.selectFrom(table).selectAll().execute()) as unknown as Row[]
    for (const row of rows) {
      const plain = seal.envelope.unwrap(place(row as never), row[column] as WrappedKey)
      // Tokens were kept when they were answered.
      if (table === 'registration_tokens') continue
      const key = createPrivateKey({ key: plain.reveal(), format: 'der', type: 'pkcs8' })
      keepPrivate(canaries, `${table} ${row['id']}`, key)
    }
  }
  await close()
}

/** Password hashes are as good as passwords to whoever guesses offline; they too are kept inside the envelope. */
function watchedPasswords(canaries: Canaries) {
  const real = quickPasswords()
  let made = 0
  return {
    ...real,
    async hash(password: string) {
      const hash = await real.hash(password)
      canaries.set(`password hash ${++made}`, Buffer.from(hash))
      return hash
    },
  }
}

const USERS = scale(90, 400)

describe('S1: no plaintext at rest', () => {
  let dataDir: string
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'keystead-s1-'))
  })
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

  test('no file of the data folder holds a password, a token or a key in any form', {
    timeout: scale(240_000, 3_600_000),
  }, async () => {
    const canaries: Canaries = new Map()
    const lab = await openLab({ dataDir, keep: true, passwords: watchedPasswords(canaries) })
    const first = await readRootKey({ scheme: 'file', path: join(dataDir, 'root.key') })
    canaries.set('root key, the first', first.key.export())
    await live(lab, canaries, USERS)
    await liveWithKeys(lab, canaries, scale(20, 200))
    await keysOf(dataDir, undefined, canaries)
    const needles = needlesOf(canaries)
    const isRootKey = ({ name }: { name: string }) => name.startsWith('root key')
    const scan = () => {
      const files = filesBelow(dataDir)
      const inRootKeyFile = foundInFiles(
        files.filter((path) => path.endsWith('root.key')),
        needles.filter((needle) => !isRootKey(needle)),
      )
      const inTheRest = foundInFiles(
        files.filter((path) => !path.endsWith('root.key')),
        needles,
      )
      return {
        bytes: inTheRest.bytes,
        files: files.length,
        hits: [...inRootKeyFile.hits, ...inTheRest.hits],
      }
    }
    const running = scan()
    await lab.stop()
    const stopped = scan()
    report(
      'S1',
      `${canaries.size} canaries in ${needles.length} forms, ${running.files} files (${Math.round(running.bytes / 2 ** 20)} MiB) searched while running and after the stop, ${running.hits.length + stopped.hits.length} hits`,
    )
    expect(canaries.size).toBeGreaterThanOrEqual(1000)
    for (const table of ['local_cas', 'interface_certificates'])
      expect([...canaries.keys()].filter((name) => name.startsWith(table))).toHaveLength(3)
    expect([...running.hits, ...stopped.hits]).toEqual([])
  })

  test('the harness notices every canary that is planted, in every form', () => {
    const canaries: Canaries = new Map(
      Array.from({ length: 100 }, (_, at) => [`planted ${at}`, randomBytes(32)]),
    )
    const path = join(dataDir, 'planted')
    writeFileSync(path, '')
    let planted = 0
    for (const secret of canaries.values())
      for (const form of formsOf(secret).values()) {
        appendFileSync(path, Buffer.concat([randomBytes(planted % 97), form]))
        planted++
      }
    // What stands inside a longer text that was encoded as a whole.
    appendFileSync(
      path,
      Buffer.from(`{"key":"${[...canaries.values()][0]?.toString('latin1')}"}`, 'latin1').toString(
        'base64',
      ),
    )
    const { hits } = foundInFiles([path], needlesOf(canaries))
    rmSync(path)
    expect(hits).toHaveLength(planted)
  })
})

const postgres = process.env['KEYSTEAD_TEST_DATABASE_URL']

describe.skipIf(postgres === undefined)('S1 on PostgreSQL', () => {
  test('no row of any table holds a password, a token or a key in any form', {
    timeout: scale(240_000, 3_600_000),
  }, async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'keystead-s1-'))
    const database = await besidePostgres(postgres as string)
    const canaries: Canaries = new Map()
    try {
      const lab = await openLab({
        dataDir,
        database: database.url as string,
        passwords: watchedPasswords(canaries),
      })
      await live(lab, canaries, 20)
      await liveWithKeys(lab, canaries, scale(6, 100))
      await keysOf(dataDir, database.url, canaries)
      const needles = needlesOf(canaries)
      const dump = async () => {
        const names = await database.query(
          "select tablename from pg_tables where schemaname = 'public'",
        )
        const rows = await Promise.all(
          names.map(({ tablename }) =>
            database.query(`select t::text as row from "${tablename}" t`),
          ),
        )
        return Buffer.from(
          rows
            .flat()
            .map(({ row }) => row)
            .join('\n'),
        )
      }
      const path = join(dataDir, 'dump')
      writeFileSync(path, await dump())
      const heap = await heapFiles(database)
      const { bytes, hits } = foundInFiles([path, ...heap], needles)
      report(
        'S1 PostgreSQL',
        `${canaries.size} canaries, the dump and ${heap.length} files of the heap and log (${Math.round(bytes / 2 ** 20)} MiB), ${hits.length} hits`,
      )
      expect(hits).toEqual([])
      // The dump does hold what is no secret.
      expect(String(await dump())).toContain('user1')
      await lab.stop()
    } finally {
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})

/** The files of this database and the server's log of writes, where this process can read them. */
async function heapFiles(database: Awaited<ReturnType<typeof besidePostgres>>): Promise<string[]> {
  try {
    await database.query('checkpoint')
    const [row] = await database.query(
      "select current_setting('data_directory') as folder, oid from pg_database where datname = current_database()",
    )
    const folder = String(row?.['folder'])
    return [
      ...filesBelow(join(folder, 'base', String(row?.['oid']))),
      ...filesBelow(join(folder, 'pg_wal')),
    ]
  } catch {
    return []
  }
}
