import { spawnSync } from 'node:child_process'
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { wrapUnder } from '../../src/crypto/envelope.ts'
import { freshOctets } from '../../src/crypto/fresh-octets.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { wrappedColumns } from '../../src/installation.ts'
import { inParallel, type Lab, openLab, openNodes, type Row } from './lab.ts'
import { cleanEnvironment } from './process.ts'
import { report, scale } from './promise.ts'
import { ALL_USES, type Call, cryptoCall, demand, KEYS, labDatabases, made } from './vault.ts'

/** How many of these octets were there before. The first eight tell them apart: by chance 10^7 of them repeat once in 10^5 runs. */
function repeats(octets: readonly Buffer[], length: number): number {
  const count = octets.reduce((sum, part) => sum + Math.floor(part.length / length), 0)
  const starts = new BigUint64Array(count)
  let at = 0
  for (const part of octets)
    for (let from = 0; from + length <= part.length; from += length)
      starts[at++] = part.readBigUInt64LE(from)
  starts.sort()
  let found = 0
  for (let next = 1; next < count; next++) if (starts[next] === starts[next - 1]) found++
  return found
}

/** As many nonces as that, one after the other. */
function nonces(count: number, length: number, make: (length: number) => Buffer): Buffer {
  const all = Buffer.alloc(count * length)
  for (let at = 0; at < count; at++) make(length).copy(all, at * length)
  return all
}

const NONCES = new URL('../../src/crypto/fresh-octets.ts', import.meta.url).href

/** Those of a process of its own. */
function noncesElsewhere(count: number, length: number): Buffer {
  const script = `
    import { writeSync } from 'node:fs'
    import { freshOctets } from ${JSON.stringify(NONCES)}
    const all = Buffer.alloc(${count * length})
    for (let at = 0; at < ${count}; at++) freshOctets(${length}).copy(all, at * ${length})
    for (let at = 0; at < all.length; ) at += writeSync(1, all, at)`
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', script],
    { env: cleanEnvironment(), maxBuffer: 2 ** 30 },
  )
  if (status !== 0) throw new Error(String(stderr))
  return stdout
}

const PROCESSES = 3

test('S7: the generator of nonces never gives one twice, in this process and others', {
  timeout: scale(60_000, 3_600_000),
}, () => {
  const each = scale(500_000, 10_000_000) / (PROCESSES + 1)
  const octets = [nonces(each, 12, freshOctets)]
  for (let at = 0; at < PROCESSES; at++) octets.push(noncesElsewhere(each, 12))
  const repeated = repeats(octets, 12)
  report('S7', `${each * octets.length} nonces of ${octets.length} processes, ${repeated} repeats`)
  expect(octets.map(({ length }) => length)).toEqual(octets.map(() => each * 12))
  expect(repeated).toBe(0)
})

test('S7: the envelope never wraps with the same salt, and so with the same key and nonce, twice', {
  timeout: scale(60_000, 3_600_000),
}, () => {
  const kek = { id: randomUUID(), key: createSecretKey(randomBytes(32)) }
  const place = { domain: 'd', table: 't', row: 'r', column: 'c', version: 0 }
  const plain = new Secret(randomBytes(32))
  const count = scale(50_000, 5_000_000)
  const salts = nonces(count, 16, () =>
    Buffer.from(wrapUnder(kek, 'installation', place, plain)).subarray(17, 33),
  )
  const repeated = repeats([salts], 16)
  report('S7 envelope', `${count} wraps of one key at one place, ${repeated} repeats`)
  expect(repeated).toBe(0)
})

const MODES = ['gcm', 'cbc', 'ctr', 'cbc_cs1'] as const

/** IVs out of the answers of a server that was given none. */
async function ivsOf(lab: Lab, name: string, count: number): Promise<Buffer[]> {
  const token = await lab.admin()
  const ivs: Buffer[] = []
  await inParallel(Array(count).keys(), 16, async (number) => {
    const plaintext = 'AAAAAAAAAAAAAAAAAAAAAA=='
    const mode = MODES[number % 8] ?? 'gcm'
    const call = cryptoCall('encrypt', { id: name, plaintext, mode })
    const { iv } = await demand(lab, { ...call, token })
    ivs.push(Buffer.from(iv, 'base64').subarray(0, 12))
  })
  return ivs
}

/** The salts of everything that is wrapped in the database. */
async function saltsIn({ store }: Lab): Promise<Buffer[]> {
  const salts: Buffer[] = []
  for (const { table, column } of wrappedColumns)
    for (const row of (await store.read
      .selectFrom(table)
      .selectAll()
      .execute()) as unknown as Row[])
      if (row[column] !== null) salts.push(Buffer.from(row[column] as Uint8Array).subarray(17, 33))
  return salts
}

test('S7: servers that share a database, were started again or restored from a copy choose no IV twice', {
  timeout: scale(120_000, 3_600_000),
}, async () => {
  const each = scale(300, 100_000)
  const ivs: Buffer[] = []
  const salts: Buffer[] = []
  const { nodes, stop } = await openNodes(3)
  const { name } = await made(nodes[0], KEYS, { usageMask: ALL_USES })
  for (const lab of nodes) ivs.push(...(await ivsOf(lab, name, each)))
  await stop()
  const dataDir = mkdtempSync(join(tmpdir(), 'keystead-s7-'))
  const restored = mkdtempSync(join(tmpdir(), 'keystead-s7-'))
  try {
    const first = await openLab({ dataDir, keep: true })
    const key = await made(first, KEYS, { usageMask: ALL_USES })
    for (let at = 0; at < scale(30, 1000); at++) await made(first, KEYS, {})
    ivs.push(...(await ivsOf(first, key.name, each)))
    salts.push(...(await saltsIn(first)))
    // Everything is wrapped anew.
    await made(first, '/v1/system/rotate-rot-keys', {})
    await made(first, '/v1/domains/root/rotate-kek', {})
    await first.stop()
    cpSync(dataDir, restored, { recursive: true })
    for (const folder of [dataDir, restored]) {
      const again = await openLab({ dataDir: folder, keep: true })
      ivs.push(...(await ivsOf(again, key.name, each)))
      for (let at = 0; at < 10; at++) await made(again, KEYS, {})
      if (folder === dataDir) salts.push(...(await saltsIn(again)))
      await again.stop()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
    rmSync(restored, { recursive: true, force: true })
  }
  const unique = new Map(salts.map((salt) => [salt.toString('hex'), salt]))
  const repeated = repeats(ivs, 12)
  report(
    'S7 servers',
    `${ivs.length} IVs of answers by ${nodes.length} node(s), a restart and a restored copy, ${repeated} repeats; ${unique.size} salts of wrapped values`,
  )
  expect(repeated).toBe(0)
  // What a rotation left as it was is seen twice; nothing else is.
  expect(repeats([...unique.values()], 16)).toBe(0)
})

const encryptWith = (id: string, iv: string, more: object = {}): Call =>
  cryptoCall('encrypt', { id, plaintext: 'aGk=', iv, ...more })

const setStrict = (lab: Lab, strictIv: boolean) =>
  demand(lab, { method: 'PATCH', path: '/v1/domains/root/crypto-settings', body: { strictIv } })

/** How many of the callers that send one IV at once are served, and that everybody else is told why not. */
async function servedWithOneIv(nodes: readonly Lab[], id: string, count: number): Promise<number> {
  const iv = randomBytes(12).toString('base64')
  const answers = await Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const lab = nodes[number % nodes.length] as Lab
      const { method, path, body } = encryptWith(id, iv, {
        aad: 'YWQ=',
        tag_len: 12 + (number % 5),
      })
      return lab.ask(method, path, { token: await lab.admin(), body })
    }),
  )
  for (const { status, text } of answers)
    if (status !== 200)
      expect([status, text]).toEqual([400, expect.stringContaining('iv: was used')])
  return answers.filter(({ status }) => status === 200).length
}

describe('S7: in strict mode', () => {
  test.each(labDatabases)(
    'an IV of the caller’s is good once on %s; SQLite is started again in between',
    {
      timeout: 60_000,
    },
    async (database, open) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'keystead-s7-'))
      try {
        const { lab, stop } = await open({ dataDir, keep: true })
        const { name } = await made(lab, KEYS, { usageMask: ALL_USES })
        await setStrict(lab, true)
        const ivs = Array.from({ length: 50 }, () => randomBytes(12).toString('base64'))
        for (const iv of ivs) await demand(lab, encryptWith(name, iv))
        if (database === 'SQLite') await lab.stop()
        const restarted = database === 'SQLite' ? await openLab({ dataDir, keep: true }) : lab
        const token = await restarted.admin()
        for (const iv of ivs) {
          const { method, path, body } = encryptWith(name, iv)
          expect((await restarted.ask(method, path, { token, body })).status).toBe(400)
        }
        await (restarted === lab ? stop() : restarted.stop())
      } finally {
        rmSync(dataDir, { recursive: true, force: true })
      }
    },
  )

  test('one of 200 callers who send the same IV at once is served, on all nodes together', {
    timeout: scale(60_000, 600_000),
  }, async () => {
    const { nodes, stop } = await openNodes(2)
    const { name } = await made(nodes[0], KEYS, { usageMask: ALL_USES })
    await setStrict(nodes[0], true)
    await expect
      .poll(async () =>
        Promise.all(
          nodes.map(
            async (lab) =>
              (await demand(lab, { method: 'GET', path: '/v1/domains/root/crypto-settings' }))
                .strictIv,
          ),
        ),
      )
      .toEqual(nodes.map(() => true))
    const rounds = scale(3, 100)
    for (let round = 0; round < rounds; round++)
      expect(await servedWithOneIv(nodes, name, 200)).toBe(1)
    await stop()
    report(
      'S7 strict',
      `${rounds} IVs by 200 callers each on ${nodes.length} node(s), each served once`,
    )
  })
})

describe('the harness of S7 notices', () => {
  test('one repeat among many, and a generator that begins anew with its process', () => {
    const many = nonces(100_000, 12, randomBytes)
    many.copyWithin(12 * 70_000, 12 * 13, 12 * 14)
    expect(repeats([many], 12)).toBe(1)
    const counting = () => {
      let count = 0n
      return (length: number) => {
        const nonce = Buffer.alloc(length)
        nonce.writeBigUInt64LE(count++)
        return nonce
      }
    }
    expect(repeats([nonces(1000, 12, counting()), nonces(1000, 12, counting())], 12)).toBe(1000)
  })

  test('a server that is not strict', async () => {
    const lab = await openLab()
    const { name } = await made(lab, KEYS, { usageMask: ALL_USES })
    expect(await servedWithOneIv([lab], name, 20)).toBe(20)
    await lab.stop()
  })
})
