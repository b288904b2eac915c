import { describe, expect, test } from 'vitest'
import type { Api } from '../../../../test/support/api.ts'
import { nodesUrl, startNodes } from '../../../../test/support/nodes.ts'

const CLIENTS = '/client-management/clients'
const TOKENS = '/client-management/regtokens'
const RACE = 100
const LIMIT = 30

describe.skipIf(!nodesUrl)('registration on two nodes', () => {
  const { apis } = startNodes(2)

  test('a token for 30 clients registers exactly 30 of 100 that come to both at once, by different names', async () => {
    const [a, b] = apis as [Api, Api]
    const { id, token } = await a.post(TOKENS, { max_clients: LIMIT, name_prefix: 'n' })
    const answers = await Promise.all(
      Array.from({ length: RACE }, (_, at) =>
        (at % 2 === 0 ? a : b).anonymous.send('POST', CLIENTS, { reg_token: token }),
      ),
    )
    const made = answers.filter(({ status }) => status === 201)
    expect(made).toHaveLength(LIMIT)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(RACE - LIMIT)
    const names = Array.from({ length: LIMIT }, (_, at) => `n${at + 1}`)
    expect(made.map(({ body }) => body.name).sort()).toEqual(names.sort())
    expect((await b.get(`${TOKENS}/${id}`)).clients_registered).toBe(LIMIT)
    expect((await b.get(CLIENTS)).total).toBe(LIMIT)
  }, 60_000)
})
