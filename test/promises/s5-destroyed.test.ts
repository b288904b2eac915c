import { createHash, createPrivateKey } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { filesBelow, foundInFiles, type Needle, needlesOf } from './haystack.ts'
import { type Lab, openLab, openNodes, pick, type Row } from './lab.ts'
import { makeOwn, makeSubjects, operations, type Subjects } from './permissions.ts'
import { besidePostgres, sleep } from './process.ts'
import { random, report, scale, seed } from './promise.ts'
import { ALL_USES, demand, KEYS, made, SECRETS } from './vault.ts'

const KINDS: readonly object[] = [
  { algorithm: 'aes', size: 256 },
  { algorithm: 'hmac-sha512' },
  { algorithm: 'tdes' },
  { algorithm: 'ec', curveid: 'prime256v1' },
  { algorithm: 'ec', curveid: 'ed25519' },
  { algorithm: 'ml-dsa', size: 44 },
  { algorithm: 'rsa', size: 2048 },
]
const DATA_TYPES = ['blob', 'password', 'seed'] as const

/** A version of a key or secret, and what must not be found when it is gone. */
interface Doomed {
  readonly path: string
  readonly material: Map<string, Buffer>
}

const digest = (name: string, bytes: Buffer) => createHash(name).update(bytes).digest()

/** The bytes of a key that nobody but its holder has: raw, and as PEM, PKCS #8 and JWK have them. */
function secretsOf(name: string, { material, encoding }: Readonly<Record<string, string>>) {
  const found = new Map<string, Buffer>()
  const text = material ?? ''
  if (!text.startsWith('-----')) {
    const bytes = Buffer.from(text, (encoding ?? 'hex') as BufferEncoding)
    found.set(`${name}, material`, bytes)
    for (const hash of ['sha1', 'sha256', 'sha512'])
      found.set(`${name}, ${hash} of the material`, digest(hash, bytes))
    return found
  }
  const key = createPrivateKey(text)
  const jwk = key.export({ format: 'jwk' }) as Readonly<Record<string, string>>
  for (const part of ['d', 'p', 'q', 'priv'])
    if (jwk[part] !== undefined)
      found.set(`${name}, ${part}`, Buffer.from(jwk[part], 'base64url').subarray(0, 64))
  const der = key.export({ format: 'der', type: 'pkcs8' })
  found.set(`${name}, PKCS #8`, der.subarray(-60))
  for (const hash of ['sha1', 'sha256']) found.set(`${name}, ${hash} of PKCS #8`, digest(hash, der))
  return found
}

/** Keys and secrets with several versions, with a life in which their rows grow, shrink and move. */
async function makeDoomed(lab: Lab, count: number, next: () => number): Promise<Doomed[]> {
  const doomed: Doomed[] = []
  for (let at = 0; at < count; at++) {
    const name = `doomed-${at}`
    const isSecret = at % 3 === 0
    const path = `${isSecret ? SECRETS : KEYS}/${name}`
    if (isSecret) {
      const dataType = DATA_TYPES[(at / 3) % DATA_TYPES.length]
      await made(lab, SECRETS, { name, dataType })
    } else {
      const fields = KINDS[at % KINDS.length] as object
      await made(lab, KEYS, { name, usageMask: ALL_USES, ...fields })
    }
    await made(lab, `${path}/versions`, {})
    const description = 'x'.repeat(Math.floor(next() * 2000))
    await demand(lab, { method: 'PATCH', path, body: { description } })
    for (const version of [0, 1]) {
      const of = `${path}?version=${version}`
      const exported = await made(lab, of.replace('?', '/export?'), {})
      doomed.push({ path: of, material: secretsOf(of, exported) })
    }
    const other = `${KEYS}/doomed-${Math.floor(next() * (at + 1))}`
    const body = { description: 'y'.repeat(Math.floor(next() * 500)) }
    await demand(lab, { method: 'PATCH', path: other, body })
  }
  return doomed
}

/** Destroys some and deletes the others, in any order. */
async function end(lab: Lab, doomed: readonly Doomed[], next: () => number): Promise<void> {
  const left = [...doomed]
  while (left.length > 0) {
    const one = pick(next, left)
    left.splice(left.indexOf(one), 1)
    const call =
      next() < 0.6
        ? { method: 'POST', path: one.path.replace('?', '/destroy?') }
        : { method: 'DELETE', path: one.path }
    await demand(lab, call)
  }
}

/** What the rows of these keys hold, to be looked for as it stands. The public halves stay. */
const wrappedIn = (rows: readonly Row[]): Needle[] =>
  rows.flatMap(({ uri, material, object_type }) => {
    if (material === null || object_type === 'Public Key') return []
    const bytes = Buffer.from(material as Uint8Array)
    // Salt and text, without the id of the wrapping key that all have.
    const body = bytes.subarray(17, 81)
    return needlesOf(new Map([[`${uri}, wrapped`, body]])).filter(({ name }) =>
      /\((raw|hex|base64)/.test(name),
    )
  })

const rawOnly = (needles: readonly Needle[]) => needles.filter(({ name }) => name.endsWith('(raw)'))

const materialOf = (doomed: readonly Doomed[]): Needle[] =>
  doomed.flatMap(({ material }) => needlesOf(material))

function checkpoint(dataDir: string): void {
  const database = new DatabaseSync(join(dataDir, 'keystead.db'), { timeout: 5000 })
  const done = database.prepare('pragma wal_checkpoint(truncate)').get()
  database.close()
  if (done?.['busy'] !== 0) throw new Error('the log could not be emptied')
}

/** What SQLite leaves in its pages is overwritten soon after, and the database says when that is done. */
async function untilClean(dataDir: string): Promise<void> {
  const database = new DatabaseSync(join(dataDir, 'keystead.db'), { readOnly: true, timeout: 5000 })
  const version = database.prepare('pragma user_version')
  for (let ms = 0; version.get()?.['user_version'] !== 1; ms += 50) {
    if (ms > 10_000) throw new Error('what was left of secrets was not overwritten')
    await sleep(50)
  }
  database.close()
}

const scanned = (dataDir: string, needles: readonly Needle[]) =>
  foundInFiles(
    filesBelow(dataDir).filter((path) => existsSync(path)),
    needles,
  )

const KEYS_DESTROYED = scale(60, 1000)

describe('S5: what is destroyed', () => {
  test('stands in no file of the data folder a few seconds later, nor when the server has stopped', {
    timeout: scale(120_000, 3_600_000),
  }, async () => {
    const next = random()
    const dataDir = mkdtempSync(join(tmpdir(), 'keystead-s5-'))
    const lab = await openLab({ dataDir, keep: true })
    try {
      const doomed = await makeDoomed(lab, KEYS_DESTROYED, next)
      const wrapped = wrappedIn(lab.rows('keys')['keys'] ?? [])
      const needles = [...materialOf(doomed), ...wrapped]
      // That it was there is what makes its absence worth something.
      const raw = rawOnly(wrapped)
      const before = scanned(dataDir, raw)
      expect(new Set(before.hits.map((hit) => hit.split(' in ')[0])).size).toBe(raw.length)
      await end(lab, doomed, next)
      const ended = performance.now()
      await untilClean(dataDir)
      const seconds = ((performance.now() - ended) / 1000).toFixed(1)
      checkpoint(dataDir)
      const running = scanned(dataDir, needles)
      await lab.stop()
      const hits = [...running.hits, ...scanned(dataDir, needles).hits]
      report(
        'S5',
        `${doomed.length} versions of keys and secrets destroyed or deleted, ${needles.length} forms of material, digests and wrapped bytes, ${Math.round(running.bytes / 2 ** 20)} MiB searched ${seconds} s after the last one, ${hits.length} hits`,
      )
      expect(hits, `seed ${seed}`).toEqual([])
    } finally {
      await lab.stop().catch(() => undefined)
      rmSync(dataDir, { recursive: true, force: true })
    }
  })

  test('the harness finds what a database leaves in its free pages', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'keystead-s5-'))
    const lab = await openLab({ dataDir, keep: true })
    await makeDoomed(lab, 12, random())
    const wrapped = wrappedIn(lab.rows('keys')['keys'] ?? [])
    await lab.stop()
    const database = new DatabaseSync(join(dataDir, 'keystead.db'))
    database.exec('pragma secure_delete = off; delete from keys')
    database.exec('pragma wal_checkpoint(truncate)')
    database.close()
    const { hits } = scanned(dataDir, wrapped)
    rmSync(dataDir, { recursive: true, force: true })
    expect(hits.length).toBeGreaterThan(wrapped.length / 12)
  })
})

const postgres = process.env['KEYSTEAD_TEST_DATABASE_URL']

describe.skipIf(postgres === undefined)('S5 on PostgreSQL', () => {
  test('stands in no row, and in no page after VACUUM FULL; as it is it stands nowhere at any time', {
    timeout: scale(120_000, 3_600_000),
  }, async () => {
    const next = random()
    const dataDir = mkdtempSync(join(tmpdir(), 'keystead-s5-'))
    const database = await besidePostgres(postgres as string)
    try {
      const lab = await openLab({ dataDir, database: database.url as string })
      const doomed = await makeDoomed(lab, scale(24, 500), next)
      const rows = await database.query('select uri, object_type, material from keys')
      const wrapped = wrappedIn(rows as Row[])
      await end(lab, doomed, next)
      const names = await database.query(
        "select tablename from pg_tables where schemaname = 'public'",
      )
      const path = join(dataDir, 'dump')
      const dump: string[] = []
      for (const { tablename } of names)
        for (const { row } of await database.query(`select t::text as row from "${tablename}" t`))
          dump.push(String(row))
      writeFileSync(path, dump.join('\n'))
      const dumped = foundInFiles([path], [...materialOf(doomed), ...wrapped])
      const plain = materialOf(doomed).filter(({ name }) => !name.includes(' of '))
      const at = await searched(database, ['heap', 'log'], plain)
      // Rows as they were stay in the pages until somebody asks for this.
      const before = (await searched(database, ['heap'], rawOnly(wrapped))).hits.length
      await database.query('vacuum full')
      const after = await searched(database, ['heap'], [...materialOf(doomed), ...wrapped])
      report(
        'S5 PostgreSQL',
        `${doomed.length} versions on PostgreSQL: ${dumped.hits.length} hits in the rows, ${at.hits.length} of material in ${at.files} files of heap and log (${Math.round(at.bytes / 2 ** 20)} MiB), ${after.hits.length} of anything in the heap after VACUUM FULL (before it ${before} of ${rawOnly(wrapped).length} wrapped values)`,
      )
      expect([...dumped.hits, ...at.hits, ...after.hits], `seed ${seed}`).toEqual([])
      await lab.stop()
    } finally {
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})

type Database = Awaited<ReturnType<typeof besidePostgres>>

/** What stands in the server's files. It renames and removes them as it likes, and then all are looked at again. */
async function searched(
  database: Database,
  kinds: readonly ('heap' | 'log')[],
  needles: readonly Needle[],
) {
  for (let tries = 1; ; tries++)
    try {
      const files = await rawFiles(database)
      const paths = kinds.flatMap((kind) => files[kind])
      return { ...foundInFiles(paths, needles), files: paths.length }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || tries === 20) throw error
    }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code

/** The files of this database and the server's log of writes; none where this process may not ask for or read them. */
async function rawFiles(
  database: Database,
): Promise<{ readonly heap: string[]; readonly log: string[] }> {
  const folder = await folderOf(database)
  if (folder === undefined) return { heap: [], log: [] }
  const [row] = await database.query(
    'select oid from pg_database where datname = current_database()',
  )
  return {
    heap: filesBelow(join(folder, 'base', String(row?.['oid']))),
    log: filesBelow(join(folder, 'pg_wal')),
  }
}

async function folderOf(database: Database): Promise<string | undefined> {
  try {
    await database.query('checkpoint')
    const [row] = await database.query("select current_setting('data_directory') as folder")
    const folder = String(row?.['folder'])
    readdirSync(join(folder, 'pg_wal'))
    return folder
  } catch {
    return undefined
  }
}

/** Everything that needs the material: all but reading about keys, managing them and searching. */
const uses = operations.filter(([, { needs }]) =>
  needs.some((permission) => permission !== 'ReadKey'),
)

interface Late {
  readonly operation: string
  readonly afterMs: number
}

/** Destroys keys that every node has in use, and tells what was still done with them, and how long after. */
async function destroyInUse(
  nodes: readonly [Lab, ...Lab[]],
  of: string,
): Promise<{ readonly late: readonly Late[]; readonly tried: number }> {
  const [first] = nodes
  const subjects: Subjects = await makeSubjects(first, of)
  const own = await makeOwn(first, of, await first.admin())
  let number = 0
  const tried = { ...subjects, own, fresh: () => `${of}-made-${number++}` }
  const isDone = async (lab: Lab, { call }: (typeof uses)[number][1]) => {
    const { method, path, ...ask } = call(tried)
    const got = await lab.ask(method, path, { ...ask, token: await lab.admin() })
    return { done: got.status < 300, text: `${got.status} ${got.text}` }
  }
  for (const lab of nodes)
    for (const [name, use] of uses) {
      const { done, text } = await isDone(lab, use)
      if (!done) throw new Error(`${name} cannot begin: ${text}`)
    }
  const { aes, rsa, hmac, kem, secret } = subjects
  const names = [
    `${aes}/destroy?version=0`,
    ...[aes, rsa, hmac, kem].map((key) => `${key}/destroy`),
  ]
  for (const name of [...names, `${kem}-pub/destroy`])
    await demand(first, { method: 'POST', path: `${KEYS}/${name}` })
  await demand(first, { method: 'POST', path: `${SECRETS}/${secret}/destroy` })
  const ended = performance.now()
  const late: Late[] = []
  await Promise.all(
    nodes.map(async (lab) => {
      for (const [name, use] of uses)
        for (;;) {
          const afterMs = performance.now() - ended
          if (!(await isDone(lab, use)).done) break
          late.push({ operation: name, afterMs })
          if (afterMs > 1500) break
          await sleep(10)
        }
    }),
  )
  return { late, tried: uses.length * nodes.length }
}

describe('S5: a destroyed key', () => {
  test('is refused on every route of every node within a second', {
    timeout: scale(120_000, 3_600_000),
  }, async () => {
    const { nodes, stop } = await openNodes(3)
    try {
      const late: Late[] = []
      let tried = 0
      for (let round = 0; round < scale(2, 50); round++) {
        const outcome = await destroyInUse(nodes, `round-${round}`)
        late.push(...outcome.late)
        tried += outcome.tried
      }
      const slowest = Math.max(0, ...late.map(({ afterMs }) => afterMs))
      report(
        'S5 use',
        `${tried} uses by ${uses.length} routes on ${nodes.length} node(s), the last that was done was asked for ${Math.round(slowest)} ms after the destruction`,
      )
      expect(late.filter(({ afterMs }) => afterMs > 1000)).toEqual([])
    } finally {
      await stop()
    }
  })

  test('is noticed by the harness where a server goes on using what it remembers', async () => {
    const forgetful = await openLab({
      store: (real): Store => ({ ...real, keysChanged: () => 1 }),
    })
    const { late } = await destroyInUse([forgetful], 'remembered')
    await forgetful.stop()
    expect(late.filter(({ afterMs }) => afterMs > 1000).length).toBeGreaterThan(3)
  })
})
