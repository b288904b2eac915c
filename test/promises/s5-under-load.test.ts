import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { besidePostgres, type ServerProcess, sleep, startProcess } from './process.ts'
import { random, report, scale, seed } from './promise.ts'
import { KEYS } from './vault.ts'

const WORKERS = 4
/** In this time a node knows what another has done. */
const HEARD_MS = 1000
const LIVES = 'lives'

interface Use {
  readonly node: string
  readonly key: string
  readonly sentAt: number
  readonly status: number
}

const encrypt = (server: ServerProcess, token: string, id: string) =>
  server.ask('POST', '/v1/crypto/encrypt', {
    token,
    headers: { accept: '*/*' },
    body: { id, plaintext: 'aGVsbG8=' },
  })

/** Encrypts with these keys on a node, one after the other, until it is stopped or the node is gone. */
function load(server: ServerProcess, node: string, token: string, keys: readonly string[]) {
  const uses: Use[] = []
  let stopped = false
  const worker = async (from: number) => {
    for (let at = from; !stopped; at++) {
      const key = keys[at % keys.length] as string
      const sentAt = performance.now()
      try {
        const { status } = await encrypt(server, token, key)
        uses.push({ node, key, sentAt, status })
        await sleep(3)
      } catch {
        // It was killed.
        return
      }
    }
  }
  const done = Promise.all(Array.from({ length: WORKERS }, (_, at) => worker(at)))
  return {
    uses,
    async stop() {
      stopped = true
      await done
    },
  }
}

interface Round {
  readonly problems: readonly string[]
  readonly uses: number
  /** After the acknowledged destruction, when the last use was asked for that was still served on the other node. */
  readonly lastMs: number
}

const post = async (server: ServerProcess, path: string, token: string, body?: object) => {
  const got = await server.ask('POST', path, { token, body })
  if (got.status > 299) throw new Error(`${path} answered ${got.status}: ${got.text}`)
}

/**
 * Two servers on one database encrypt; one is told to destroy a key, and is killed right after it said that it did, or
 * before it could say so. Afterwards it starts again.
 */
async function killAndDestroy(
  [one, other]: readonly [ServerProcess, ServerProcess],
  restart: () => Promise<ServerProcess>,
  name: string,
  next: () => number,
  early: boolean,
): Promise<Round & { readonly again: ServerProcess }> {
  const problems: string[] = []
  const token = await one.signIn()
  const living = `${LIVES}-${name}`
  const keys = [name, living]
  for (const key of keys) await post(one, KEYS, token, { name: key })
  const loads = [load(one, 'near', token, keys), load(other, 'far', token, keys)]
  await sleep(200 + next() * 200)
  const destroying = post(one, `${KEYS}/${name}/destroy`, token).then(
    () => true,
    () => false,
  )
  if (early) await sleep(next() * 4)
  const acknowledged = early
    ? await Promise.race([destroying, sleep(0).then(() => false)])
    : await destroying
  const destroyedAt = performance.now()
  if (!early) await sleep(next() * 30)
  one.kill('SIGKILL')
  await one.exited
  await sleep(HEARD_MS + 300)
  for (const one of loads) await one.stop()
  const uses = loads.flatMap((one) => one.uses)
  const state = await other.ask('GET', `${KEYS}/${name}`, { token })
  const isDestroyed = state.body.state === 'Destroyed'
  if (acknowledged && !isDestroyed)
    problems.push(`the acknowledged destruction was lost: ${state.text}`)
  const served = uses.filter(({ key, status }) => key === name && status === 200)
  const lastMs = isDestroyed ? Math.max(0, ...served.map(({ sentAt }) => sentAt - destroyedAt)) : 0
  if (lastMs > HEARD_MS) problems.push(`served with a destroyed key ${Math.round(lastMs)} ms later`)
  const odd = uses.filter(({ status }) => status !== 200 && status !== 409)
  if (odd.length > 0) problems.push(`${odd.length} answers with ${odd[0]?.status}`)
  const lives = uses.some(
    ({ node, key, sentAt, status }) =>
      node === 'far' && key === living && status === 200 && sentAt > destroyedAt + 300,
  )
  if (!lives) problems.push('the other key is not served any more')
  // What one remembers is gone with it; what stands in the database counts.
  const again = await restart()
  const fresh = await again.signIn()
  for (const [server, who] of [
    [again, 'the one that was killed'],
    [other, 'the other one'],
  ] as const)
    for (const [key, wanted] of [
      [name, isDestroyed ? 409 : 200],
      [living, 200],
    ] as const) {
      const { status } = await encrypt(server, fresh, key)
      if (status !== wanted) problems.push(`${who} answers ${status} for ${key}, due: ${wanted}`)
    }
  return { problems, uses: uses.length, lastMs, again }
}

const postgres = process.env['KEYSTEAD_TEST_DATABASE_URL']

/** In every second the server is killed before it can say that it did as it was told. */
async function rounds(count: number, script?: string): Promise<Round[]> {
  const folder = mkdtempSync(join(tmpdir(), 'keystead-s5-'))
  const database = await besidePostgres(postgres as string)
  const next = random()
  const running: ServerProcess[] = []
  const start = async (name: string, more: object = {}) => {
    const options = { dataDir: join(folder, name), database: database.url, ...more }
    const server = await startProcess(options)
    running.push(server)
    return server
  }
  try {
    let near = await start('near')
    const far = await start('far', {
      env: { KEYSTEAD_ROOT_KEY: `file:${join(folder, 'near', 'root.key')}` },
      ...(script !== undefined && { script }),
    })
    const all: Round[] = []
    for (let at = 0; at < count; at++) {
      const nodes = [near, far] as const
      const name = `doomed-${at}`
      const round = await killAndDestroy(nodes, () => start('near'), name, next, at % 2 === 1)
      near = round.again
      all.push(round)
    }
    return all
  } finally {
    for (const server of running) {
      server.kill('SIGKILL')
      await server.exited
    }
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

describe.skipIf(postgres === undefined)(
  'S5: a key that is destroyed on a node which is then killed',
  () => {
    const count = scale(2, 50)
    test('is refused by the other one within a second, under load, and by both after a restart', {
      timeout: count * 60_000,
    }, async () => {
      const all = await rounds(count)
      const problems = all.flatMap(({ problems }, at) =>
        problems.map((one) => `round ${at}: ${one}`),
      )
      const last = Math.max(...all.map(({ lastMs }) => lastMs))
      report(
        'S5 under load',
        `${count} times kill -9 beside a destruction, ${all.reduce((sum, { uses }) => sum + uses, 0)} encryptions on two server processes, the last one that was served was asked for ${Math.round(last)} ms after the destruction, ${problems.length} later`,
      )
      expect(problems, `seed ${seed}`).toEqual([])
    })

    test('and the harness notices a node that goes on with what it remembers', {
      timeout: 120_000,
    }, async () => {
      const script = new URL('stale-keys.ts', import.meta.url).pathname
      const problems = (await rounds(1, script)).flatMap((round) => round.problems)
      expect(problems.some((problem) => problem.includes('destroyed key'))).toBe(true)
    })
  },
)
