import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Api, apiOf } from '../../../test/support/api.ts'
import { b64 } from '../../../test/support/crypto.ts'
import { nodesUrl, startNodes } from '../../../test/support/nodes.ts'
import { startTestServer } from '../../../test/support/server.ts'

const KEYS = '/vault/keys2'
const SETTINGS = '/domains/root/crypto-settings'
const RACE = 200

const encrypting = (id: string, iv?: string) => (api: Api) =>
  api.send('POST', '/crypto/encrypt', { id, plaintext: '', ...(iv && { iv }) })

/** So many callers at once, in turns on each of these nodes: how many had their wish. */
async function race(apis: readonly Api[], call: (api: Api) => ReturnType<Api['send']>) {
  const answers = await Promise.all(
    Array.from({ length: RACE }, (_, at) => call(apis[at % apis.length] as Api)),
  )
  const refusals = answers.filter(({ status }) => status !== 200)
  expect(refusals.filter(({ status }) => status !== 400 && status !== 409)).toEqual([])
  return RACE - refusals.length
}

describe.skipIf(!nodesUrl)('strict IVs and limits of use on two nodes', () => {
  const { apis } = startNodes(2)

  test('200 callers on both have exactly as many uses as the limit says (A9)', async () => {
    const [a, b] = apis as [Api, Api]
    for (const total of [1, 50, 199]) {
      const key = await a.post(KEYS, { usageMask: 12, usageLimits: { total } })
      // Both know the key, so that they meet at its count alone.
      await b.get(`${KEYS}/${key.id}`)
      expect(await race(apis, encrypting(key.id))).toBe(total)
      expect((await b.get(`${KEYS}/${key.id}`)).usageLimits.count).toBe(0)
    }
  })

  test('an IV that 200 callers on both choose is taken once (S7), from within a second on', async () => {
    const [a, b] = apis as [Api, Api]
    const key = await a.post(KEYS, { usageMask: 12 })
    await a.patch(SETTINGS, { strictIv: true }, 200)
    const switched = performance.now()
    const refused = b64(randomBytes(16))
    const ctr = () =>
      b.send('POST', '/crypto/encrypt', { id: key.id, plaintext: '', mode: 'ctr', iv: refused })
    while ((await ctr()).status === 200) expect(performance.now() - switched).toBeLessThan(1000)
    for (let round = 0; round < 5; round++)
      expect(await race(apis, encrypting(key.id, b64(randomBytes(12))))).toBe(1)
  })
})

describe('strict IVs and limits of use after a restart', () => {
  test('an IV is used up, and a use counted, as before', { timeout: 60_000 }, async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'keystead-restart-'))
    let server = await startTestServer('sqlite', { dataDir })
    let api = apiOf(() => server)
    await api.patch(SETTINGS, { strictIv: true }, 200)
    const { id } = await api.post(KEYS, { usageMask: 12, usageLimits: { total: 3 } })
    const iv = b64(randomBytes(12))
    const statusOf = async (chosen?: string) => (await encrypting(id, chosen)(api)).status
    expect(await statusOf(iv)).toBe(200)
    api.close()
    await server.stop()
    server = await startTestServer('sqlite', { dataDir })
    api = apiOf(() => server)
    expect(await statusOf(iv)).toBe(400)
    expect((await api.get(`${KEYS}/${id}`)).usageLimits).toMatchObject({ total: 3, count: 1 })
    expect([await statusOf(), await statusOf()]).toEqual([200, 409])
    api.close()
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
})
