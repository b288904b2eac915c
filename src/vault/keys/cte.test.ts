import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Lab, openLab } from '../../../test/promises/lab.ts'
import { markCteUse } from './cte.ts'

const KEYS = '/v1/vault/keys2'
let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.stop())

test('a key that a CTE policy uses keeps what CTE counts on, and is deleted by nobody', async () => {
  const token = await lab.admin()
  const cte = { persistent_on_client: true, encryption_mode: 'CBC_CS1', cte_versioned: false }
  const made = await lab.ask('POST', KEYS, { token, body: { meta: { cte, note: 'x' } } })
  const path = `${KEYS}/${made.body.id}`
  const change = async (body: object) => (await lab.ask('PATCH', path, { token, body })).status
  const mark = (used: boolean) =>
    lab.store.transact(async (tx) => {
      const row = await lab.store.read.row('keys', { key_id: made.body.id })
      if (row) await markCteUse(tx, lab.store.read, row, async () => used, new Date(lab.now()))
    })

  expect(await change({ meta: { cte: { is_used: true } } })).toBe(200)
  expect((await lab.ask('GET', path, { token })).body.meta.cte.is_used).toBe(false)
  await mark(true)
  expect((await lab.ask('GET', path, { token })).body.meta.cte.is_used).toBe(true)
  // Refused whole, also where another field was the one to change.
  expect(await change({ description: 'd', meta: { cte: { encryption_mode: 'XTS' } } })).toBe(400)
  expect(await change({ meta: { cte: { is_used: false } } })).toBe(400)
  expect((await lab.ask('GET', path, { token })).body.description).toBe('')
  expect(await change({ description: 'd', meta: { note: 'y', cte } })).toBe(200)
  for (const [method, at] of [
    ['DELETE', path],
    ['POST', `${path}/destroy`],
  ] as const) {
    const refused = await lab.ask(method, at, { token })
    expect(refused.status).toBe(409)
    expect(refused.body.codeDesc).toContain('in use')
  }
  await mark(false)
  expect(await change({ meta: { cte: { encryption_mode: 'XTS' } } })).toBe(200)
  expect((await lab.ask('DELETE', path, { token })).status).toBe(204)
})
