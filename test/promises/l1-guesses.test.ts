import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PasswordHasher } from '../../src/crypto/passwords.ts'
import {
  type Answer,
  addUser,
  inParallel,
  type Lab,
  openLab,
  openNodes,
  pick,
  quickPasswords,
} from './lab.ts'
import { random, report, scale } from './promise.ts'

const RIGHT = 'Right-Pass-1'
const MOST = 5
const WINDOW_MS = 300_000

/** Twenty ways to write one username, which all mean the same account. */
const spellings = (name: string): readonly string[] => {
  const wide = (text: string) =>
    text.replace(/[a-z-]/g, (char) => String.fromCodePoint(char.charCodeAt(0) + 0xfee0))
  const upper = name.toUpperCase()
  const cased = [1, 2, 3, 4, 5, 7, 8, 9].map((at) => name.slice(0, at) + upper.slice(at))
  return [
    ...[name, upper, `  ${name}`, `${name} `, `\t${name}\n`, `\u3000${name}`, `${name}\u00a0`],
    ...[wide(name), wide(name.slice(0, 3)) + name.slice(3), name.replace('k', '\u212a')],
    ...[name.replace('s', 'ſ'), ` ${upper}\u2003`, ...cased],
  ]
}

/** Counts the guesses that are tried on a real password, each slow enough for others to overtake. */
function countingPasswords(counter: { evaluated: number }): PasswordHasher {
  const quick = quickPasswords()
  return {
    ...quick,
    async verify(phc, password) {
      if (phc.startsWith('$quick$') && password.startsWith('Wrong')) counter.evaluated++
      await pause(10)
      return quick.verify(phc, password)
    },
  }
}

/** All the calls that try a password, in all forms. */
const attempts: readonly ((lab: Lab, username: string, password: string) => Promise<Answer>)[] = [
  (lab, username, password) => lab.ask('POST', '/v1/auth/tokens', { body: { username, password } }),
  (lab, name, password) => lab.ask('POST', '/v1/auth/tokens/', { body: { name, password } }),
  (lab, username, password) =>
    lab.ask('POST', '/v1/auth/tokens', {
      body: String(new URLSearchParams({ grant_type: 'password', username, password })),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  (lab, username, password) =>
    lab.ask('PATCH', '/v1/auth/changepw', {
      body: { username, password, new_password: 'Chosen-Pass-2' },
    }),
  (lab, username, password) =>
    lab.ask('POST', '/v1/auth/tokens', {
      body: { username, password, connection: 'local_account', auth_domain: 'root' },
    }),
]

async function attack(nodes: readonly Lab[], name: string, guesses: number): Promise<Set<number>> {
  const next = random()
  const seen = new Set<number>()
  const names = spellings(name)
  const all = Array.from({ length: guesses }, (_, at) => at)
  await inParallel(all, guesses, async (at) => {
    const username = names[at % names.length] as string
    const node = nodes[at % nodes.length] as Lab
    seen.add((await pick(next, attempts)(node, username, `Wrong-Pass-${at}`)).status)
  })
  return seen
}

describe('L1: five guesses an account in five minutes', () => {
  const counter = { evaluated: 0 }
  let nodes: readonly [Lab, ...Lab[]]
  let stop: () => Promise<void>
  const guesses = scale(1000, 20_000)

  beforeAll(async () => {
    const opened = await openNodes(3, () => ({ passwords: countingPasswords(counter) }))
    nodes = opened.nodes
    stop = opened.stop
    await addUser(nodes[0], 'sofia-kraus', RIGHT)
    await addUser(nodes[0], 'busy', RIGHT)
  }, 120_000)
  afterAll(() => stop())

  const rightAnswers = async (name: string) => {
    const statuses: number[] = []
    for (const node of nodes)
      for (const attempt of attempts.slice(0, 3))
        statuses.push((await attempt(node, name, RIGHT)).status)
    return [...new Set(statuses)]
  }

  test('however they are spelled and wherever they are sent, at most five are evaluated', async () => {
    expect(new Set(spellings('sofia-kraus')).size).toBe(20)
    const seen = await attack(nodes, 'sofia-kraus', guesses)
    expect([...seen].sort()).toEqual(seen.has(429) ? [401, 429] : [401])
    expect(counter.evaluated).toBeGreaterThan(0)
    expect(counter.evaluated).toBeLessThanOrEqual(MOST)
    report(
      'L1',
      `${guesses} guesses at once in 20 spellings on ${nodes.length} node(s), ${counter.evaluated} evaluated`,
    )
  }, 300_000)

  test('the right password is refused while the window runs, and taken after it', async () => {
    expect(await rightAnswers('sofia-kraus')).toEqual([401])
    for (const node of nodes) node.advance(WINDOW_MS + 1000)
    expect(await rightAnswers('SOFIA-Kraus')).toEqual([200])
  })

  test('a name without an account is counted alike', async () => {
    await attack(nodes, 'later-born', 50)
    await addUser(nodes[0], 'later-born', RIGHT)
    expect(await rightAnswers('later-born')).toEqual([401])
    for (const node of nodes) node.advance(WINDOW_MS + 1000)
    expect(await rightAnswers('later-born')).toEqual([200])
  }, 120_000)

  test('right passwords never count, fifty in a row or at once', async () => {
    for (let at = 0; at < 50; at++)
      expect((await attempts[0]?.(nodes[at % nodes.length] as Lab, 'busy', RIGHT))?.status).toBe(
        200,
      )
    const statuses: number[] = []
    await inParallel(Array(50).keys(), 50, async (at) => {
      statuses.push(
        (
          await (attempts[0] as (typeof attempts)[0])(
            nodes[at % nodes.length] as Lab,
            'busy',
            RIGHT,
          )
        ).status,
      )
    })
    expect(statuses).toEqual(Array(50).fill(200))
  }, 120_000)

  test('the harness notices a server that forgets what it counted', async () => {
    const forgotten = { evaluated: 0 }
    const lab = await openLab({ passwords: countingPasswords(forgotten) })
    await addUser(lab, 'sofia-kraus', RIGHT)
    const database = new DatabaseSync(join(lab.dataDir, 'keystead.db'), { timeout: 5000 })
    const forgetting = setInterval(() => database.exec('delete from guesses'), 20)
    await attack([lab], 'sofia-kraus', 200)
    clearInterval(forgetting)
    database.close()
    await lab.stop()
    expect(forgotten.evaluated).toBeGreaterThan(MOST)
  }, 120_000)
})
