import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { report, scale } from '../../../test/promises/promise.ts'
import type { Api } from '../../../test/support/api.ts'
import { nodesUrl, startNodes } from '../../../test/support/nodes.ts'

const KEYS = '/vault/keys2'
const DAY = 86_400_000

describe.skipIf(!nodesUrl)('keys on three nodes', () => {
  const { apis } = startNodes(3, { keysEveryMs: 100 })

  test('a rotation that is due is done once, whichever nodes look for it (W7)', {
    timeout: scale(60_000, 600_000),
  }, async () => {
    const [a, b, c] = apis as [Api, Api, Api]
    const count = scale(30, 600)
    const names = Array.from({ length: count }, (_, at) => `slot-${at}`)
    for (const name of names) await a.post(KEYS, { name, rotationFrequencyDays: '1' })
    // One clock runs a quarter of a day ahead of the others.
    a.advance(1.1 * DAY)
    b.advance(1.1 * DAY)
    c.advance(1.35 * DAY)
    const totals = async () =>
      Promise.all(
        names.map(async (name) => (await b.get(`${KEYS}/${name}/versions?limit=100`)).total),
      )
    let seen = await totals()
    for (let tries = 0; tries < 100 && seen.some((total) => total < 2); tries++) {
      await pause(100)
      seen = await totals()
    }
    await pause(1000)
    const made = await totals()
    const [doubled, missing] = [
      made.filter((total) => total > 2),
      made.filter((total) => total < 2),
    ]
    report(
      'W7',
      `${count} slots on 3 nodes with skewed clocks, ${doubled.length} rotated twice, ${missing.length} missing`,
    )
    expect(made).toEqual(names.map(() => 2))
  })

  test('a key that is destroyed on one node is not used on another a second later (S5)', async () => {
    const [a, b] = apis as [Api, Api, Api]
    await a.post(KEYS, { name: 'kek', usageMask: 48 })
    await a.post(KEYS, { name: 'key' })
    const use = () => b.send('POST', `${KEYS}/key/export`, { wrapKeyName: 'kek' })
    expect((await use()).status).toBe(200)
    await a.post(`${KEYS}/kek/destroy`, undefined, 200)
    const destroyed = performance.now()
    for (;;) {
      const asked = performance.now()
      const { status } = await use()
      if (status === 409) break
      expect(asked - destroyed).toBeLessThan(1000)
    }
    for (let after = 0; after < 50; after++) expect((await use()).status).toBe(409)
  })
})
