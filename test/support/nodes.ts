import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type Api, apiOf } from './api.ts'
import { openTestPostgres, type TestDatabase } from './databases.ts'
import { startTestServer, type TestServer } from './server.ts'

type Options = Omit<
  NonNullable<Parameters<typeof startTestServer>[1]>,
  'dataDir' | 'databaseUrl' | 'rootKeyFile'
>

/** The PostgreSQL that several nodes can share; undefined: such tests are left out. */
export const nodesUrl = process.env['KEYSTEAD_TEST_DATABASE_URL']

/** So many servers on one database of their own, for the tests of the `describe` this is called in. */
export function startNodes(
  count: number,
  options: Options = {},
): { readonly servers: readonly TestServer[]; readonly apis: readonly Api[] } {
  const servers: TestServer[] = []
  const apis: Api[] = []
  let folder = ''
  let database: TestDatabase | undefined
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keystead-nodes-'))
    database = await openTestPostgres(nodesUrl ?? '', { unsealed: false })
    for (let number = 0; number < count; number++) {
      const server = await startTestServer('postgres', {
        ...options,
        dataDir: join(folder, `node-${number}`),
        databaseUrl: database.url,
        rootKeyFile: join(folder, 'root.key'),
      })
      servers.push(server)
      apis.push(apiOf(() => server))
    }
  }, 60_000)
  afterAll(async () => {
    for (const api of apis) api.close()
    for (const server of servers) await server.stop()
    await database?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { servers, apis }
}
