import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, apiOf } from '../../../../test/support/api.ts'
import { openTestPostgres, type TestDatabase } from '../../../../test/support/databases.ts'
import { startTestServer, type TestServer } from '../../../../test/support/server.ts'

const url = process.env['KEYSTEAD_TEST_DATABASE_URL']
const CLIENTS = '/client-management/clients'
const TOKENS = '/client-management/regtokens'
const RACE = 100
const LIMIT = 30

describe.skipIf(!url)('registration on two nodes', () => {
  let folder: string
  let database: TestDatabase
  let servers: TestServer[] = []
  let apis: Api[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keystead-nodes-'))
    database = await openTestPostgres(url ?? '', { unsealed: false })
    for (const name of ['a', 'b'])
      servers.push(
        await startTestServer('postgres', {
          dataDir: join(folder, name),
          databaseUrl: database.url,
          rootKeyFile: join(folder, 'root.key'),
        }),
      )
    apis = servers.map((server) => apiOf(() => server))
  }, 60_000)
  afterAll(async () => {
    for (const api of apis) api.close()
    for (const server of servers) await server.stop()
    servers = []
    await database?.close()
    rmSync(folder, { recursive: true, force: true })
  })

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
