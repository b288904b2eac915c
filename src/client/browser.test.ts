import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canBrowse, openBrowser } from '../../test/support/browser.ts'
import { startTestServer, type TestServer } from '../../test/support/server.ts'
import type * as sdk from './browser.ts'

const entry = new URL('./browser.ts', import.meta.url).pathname

/** What a web page would load. */
async function bundled(): Promise<string> {
  const bundle = await rolldown({ input: entry, platform: 'browser', logLevel: 'silent' })
  const { output } = await bundle.generate({ format: 'iife', name: 'sdk', minify: true })
  await bundle.close()
  return output[0].code
}

test('the bundle for browsers holds nothing of Node and nothing of the server', async () => {
  const code = await bundled()
  // What was found, and not the whole bundle, is what a failure shows.
  expect(code.match(/node:\w+|\bprocess\.\w+|\bBuffer\b.{0,40}|\brequire\(/g)).toBeNull()
  expect(code.match(/fastify|kysely|argon2/gi)).toBeNull()
  expect(code.length).toBeLessThan(600_000)
})

describe.runIf(canBrowse)('in a browser', () => {
  let server: TestServer
  let browser: Awaited<ReturnType<typeof openBrowser>>
  beforeAll(async () => {
    server = await startTestServer('sqlite')
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await server.stop()
  })

  test('the client signs in, writes, reads page by page, and tells what went wrong', async () => {
    // What browsers check about certificates is theirs; a test of its own holds ours against it.
    const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true })
    const page = await context.newPage()
    await page.goto(`${server.url}/healthz`)
    await page.addScriptTag({ content: await bundled() })
    const seen = await page.evaluate(
      async ({ url, password }) => {
        const { catalogue, ClientError, createClient } = (
          globalThis as unknown as { sdk: typeof sdk }
        ).sdk
        const client = createClient({ url, credentials: { username: 'admin', password } })
        for (const name of ['web-1', 'web-2', 'web-3'])
          await client.call(catalogue.groups.create, { body: { name } })
        const names: string[] = []
        const query = { name: 'web-*', limit: '2' }
        for await (const group of client.each(catalogue.groups.list, { query }))
          names.push(group.name)
        const told = async (work: () => Promise<unknown>) => {
          const error = await work().catch((thrown: unknown) => thrown)
          return error instanceof ClientError ? [error.kind, error.code, error.message] : error
        }
        const taken = await told(() =>
          client.call(catalogue.groups.create, { body: { name: 'web-1' } }),
        )
        const wrong = createClient({ url, credentials: { username: 'admin', password: 'no' } })
        const refused = await told(() => wrong.call(catalogue.self.getUser))
        const nobody = createClient({ url: 'https://127.0.0.1:1', pause: async () => {} })
        const lost = await told(() => nobody.call(catalogue.tokens.jwks))
        await client.signOut()
        return { names: names.sort(), taken, refused, lost }
      },
      { url: server.url, password: server.adminPassword },
    )
    expect(seen.names).toEqual(['web-1', 'web-2', 'web-3'])
    expect(seen.taken).toEqual(['refused', expect.any(Number), expect.stringContaining('web-1')])
    expect(seen.refused).toEqual(['sign-in', expect.any(Number), 'Wrong username or password.'])
    expect(seen.lost).toEqual(['lost', undefined, '127.0.0.1:1: the connection failed'])
    await context.close()
  })
})
