import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Lab, openLab } from '../../../test/promises/lab.ts'
import type { Context } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { listPolicies } from './list.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
  const token = await lab.admin()
  for (let number = 0; number < 12; number++) {
    const rule = { effect: 'permit' }
    const body = { name: `p${number}`, policy_type: 'Standard', security_rules: [rule, rule] }
    await lab.ask('POST', '/v1/transparent-encryption/policies', { token, body })
  }
})
afterAll(() => lab.stop())

test('a long list of policies takes as many queries as a short one', async () => {
  const queriesFor = async (limit: number) => {
    const { read } = lab.store
    let queries = 0
    const counted = {
      ...read,
      selectFrom: (...given: Parameters<typeof read.selectFrom>) => {
        queries++
        return read.selectFrom(...given)
      },
    }
    const context = { caller: { domain: ROOT_DOMAIN }, read: counted, say: () => undefined }
    const page = await listPolicies(context as unknown as Context, {
      skip: 0,
      limit,
      sort: undefined,
    })
    expect(page.resources.map(({ security_rules }) => security_rules.length)).toEqual(
      Array.from({ length: Math.min(limit, 12) }, () => 2),
    )
    return queries
  }
  const few = await queriesFor(1)
  expect(few).toBeLessThanOrEqual(3)
  expect(await queriesFor(12)).toBe(few)
})
