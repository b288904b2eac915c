import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store, Writer } from '../../src/store/store.ts'
import { type Answer, addUser, type Lab, openLab, openNodes } from './lab.ts'
import { report, scale } from './promise.ts'

const PASSWORD = 'Renewer-Pass-1'
const AT_ONCE = 200

const start = async (lab: Lab): Promise<Answer['body']> => {
  const body = { username: 'renewer', password: PASSWORD }
  return (await lab.ask('POST', '/v1/auth/tokens', { body })).body
}
const exchange = (lab: Lab, refresh_token: string, more: object = {}) =>
  lab.ask('POST', '/v1/auth/tokens', { body: { refresh_token, ...more } })
const renew = (lab: Lab, refresh_token: string) =>
  exchange(lab, refresh_token, { renew_refresh_token: true })
const accepts = async (lab: Lab, token: string) =>
  (await lab.ask('GET', '/v1/auth/self/user', { token })).status === 200

/** How many of many renewals at once are answered with a new token, all for one old one. */
async function winners(nodes: readonly Lab[]): Promise<Answer[]> {
  const { refresh_token } = await start(nodes[0] as Lab)
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, (_, at) =>
      renew(nodes[at % nodes.length] as Lab, refresh_token),
    ),
  )
  expect(answers.filter(({ status }) => status !== 200 && status !== 401)).toEqual([])
  return answers.filter(({ status }) => status === 200)
}

describe('L6: a replaced refresh token is dead', () => {
  let nodes: readonly [Lab, ...Lab[]]
  let stop: () => Promise<void>
  beforeAll(async () => {
    const opened = await openNodes(2)
    nodes = opened.nodes
    stop = opened.stop
    await addUser(nodes[0], 'renewer', PASSWORD)
  }, 120_000)
  afterAll(() => stop())

  test('of two hundred renewals at once one wins', async () => {
    const rounds = scale(10, 100)
    let doubles = 0
    for (let round = 0; round < rounds; round++) {
      const won = await winners(nodes)
      expect(won).toHaveLength(1)
      doubles += won.length - 1
    }
    report(
      'L6',
      `${rounds} rounds of ${AT_ONCE} renewals at once on ${nodes.length} node(s), ${doubles} double issues`,
    )
  }, 120_000)

  test('showing a replaced token ends the session, and with it the token that took its place', async () => {
    const [lab] = nodes
    const old = await start(lab)
    const fresh = (await renew(lab, old.refresh_token)).body
    expect(fresh.refresh_token).not.toBe(old.refresh_token)
    expect(await accepts(lab, fresh.jwt)).toBe(true)
    expect((await exchange(lab, fresh.refresh_token)).status).toBe(200)

    expect((await exchange(lab, old.refresh_token)).status).toBe(401)
    expect(await accepts(lab, fresh.jwt)).toBe(false)
    expect(await accepts(lab, old.jwt)).toBe(false)
    expect((await exchange(lab, fresh.refresh_token)).status).toBe(401)
    expect((await renew(lab, fresh.refresh_token)).status).toBe(401)
  })

  test('another session of the same user goes on', async () => {
    const [lab] = nodes
    const other = await start(lab)
    const old = await start(lab)
    await renew(lab, old.refresh_token)
    await exchange(lab, old.refresh_token)
    expect(await accepts(lab, other.jwt)).toBe(true)
    expect((await exchange(lab, other.refresh_token)).status).toBe(200)
  })

  test('without a renewal the same token goes on', async () => {
    const [lab] = nodes
    const { refresh_token } = await start(lab)
    for (let at = 0; at < 20; at++)
      expect((await exchange(lab, refresh_token)).body).toMatchObject({ refresh_token })
  })

  test('the harness notices a store in which everybody wins', async () => {
    const careless = await openLab({
      store: (real): Store => ({
        ...real,
        transact: (work) => real.transact((tx) => work(forgetsReplacing(tx))),
      }),
    })
    await addUser(careless, 'renewer', PASSWORD)
    const won = await winners([careless])
    await careless.stop()
    expect(won.length).toBeGreaterThan(1)
  })
})

/** Loses every change of a refresh token. */
const forgetsReplacing = (tx: Writer): Writer =>
  new Proxy(tx, {
    get(target, name) {
      if (name === 'update')
        return ((table, row, changes, guard) =>
          table === 'refresh_tokens'
            ? { ...row, ...changes }
            : target.update(table, row, changes, guard)) satisfies Writer['update']
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
