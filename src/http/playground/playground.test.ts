// Longer than most files: the small API that the page is tried against stands beside the tests that expect its answers.
import { readdirSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { canBrowse, complaintsOf, openBrowser } from '../../../test/support/browser.ts'
import { playgroundFiles, playgroundPolicy } from './files.ts'

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.cGxheWdyb3VuZA.c2lnbmF0dXJl'
const RENEWED = 'eyJhbGciOiJFUzI1NiJ9.cmVuZXdlZA.c2lnbmF0dXJl'

const json = (schema: object) => ({ content: { 'application/json': { schema } } })

const description = {
  openapi: '3.1.0',
  info: { title: 'Keystead', version: '0.1.0' },
  security: [{ bearer: [] }],
  paths: {
    '/api/v1/usermgmt/groups': {
      get: {
        operationId: 'groups.list',
        tags: ['Groups'],
        summary: 'List groups',
        description: 'The groups of the domain that the token works in, by name.',
        parameters: [
          {
            name: 'name',
            in: 'query',
            description: 'Only groups of this name; * and ? are wildcards.',
            schema: { type: 'string', maxLength: 512 },
          },
          {
            name: 'limit',
            in: 'query',
            schema: {
              type: 'integer',
              default: 10,
              description: 'Rows to return, at most 2000; -1 returns all.',
            },
          },
          { name: 'exact', in: 'query', schema: { type: 'boolean' } },
        ],
        responses: {
          200: {
            description: 'A page of groups',
            ...json({ $ref: '#/components/schemas/GroupPage' }),
          },
          401: {
            description: 'No valid token',
            ...json({ $ref: '#/components/schemas/Fault' }),
          },
        },
      },
      post: {
        operationId: 'groups.create',
        tags: ['Groups'],
        summary: 'Create a group',
        requestBody: {
          required: true,
          ...json({
            type: 'object',
            required: ['name'],
            properties: {
              name: { type: 'string', maxLength: 256, description: 'Unique in the domain.' },
              description: { anyOf: [{ type: 'string', maxLength: 500 }, { type: 'null' }] },
              kind: { enum: ['team', 'service'], default: 'team' },
            },
          }),
        },
        responses: {
          201: { description: 'The group', ...json({ $ref: '#/components/schemas/Group' }) },
          409: {
            description: 'The name is taken',
            ...json({ $ref: '#/components/schemas/Fault' }),
          },
        },
      },
    },
    '/api/v1/usermgmt/groups/{name}': {
      get: {
        operationId: 'groups.get',
        tags: ['Groups'],
        summary: 'Get a group',
        parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }],
        responses: {
          200: { description: 'The group', ...json({ $ref: '#/components/schemas/Group' }) },
        },
      },
      delete: {
        operationId: 'groups.delete',
        tags: ['Groups'],
        summary: 'Delete a group',
        parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }],
        responses: { 204: { description: 'The group is gone' } },
      },
    },
    '/api/v1/usermgmt/users': {
      post: {
        operationId: 'users.create',
        tags: ['Users'],
        summary: 'Create a user',
        requestBody: {
          required: true,
          ...json({
            type: 'object',
            required: ['username', 'password'],
            properties: {
              username: { type: 'string', minLength: 1, maxLength: 256 },
              password: { type: 'string', 'x-secret': true, maxLength: 1024 },
              email: { type: 'string', format: 'email', maxLength: 320 },
            },
          }),
        },
        responses: { 201: { description: 'The user' } },
      },
    },
    '/api/v1/system/info': {
      get: {
        operationId: 'system.info',
        tags: ['System'],
        summary: 'Get version and time of the server',
        security: [],
        responses: { 200: { description: 'About the server' } },
      },
    },
  },
  components: {
    schemas: {
      Group: {
        type: 'object',
        required: ['name', 'created_at'],
        properties: {
          name: { type: 'string' },
          description: { type: ['string', 'null'] },
          created_at: { type: 'string', format: 'date-time' },
        },
      },
      GroupPage: {
        type: 'object',
        properties: {
          skip: { type: 'integer' },
          limit: { type: 'integer' },
          total: { type: 'integer' },
          resources: { type: 'array', items: { $ref: '#/components/schemas/Group' } },
        },
      },
      Fault: {
        type: 'object',
        properties: { code: { type: 'integer' }, codeDesc: { type: 'string' } },
      },
    },
  },
}

interface Call {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

let calls: Call[] = []
let durationSeconds = 300
let password = 'correct horse'
let mustChange = false

const fault = (code: number, codeDesc: string, message: string) => ({ code, codeDesc, message })
const unauthorized = (message: string) => fault(5, 'NCERRUnauthorizedAccess', message)

/** The part of the API that the tests call, with its rules: [status, body]. */
function answerTo({ method, url, authorization, body }: Call): [number, unknown?] {
  const { grant_type: grant, username, name, password: given, new_password: chosen } = body
  const path = new URL(url, 'http://server').pathname
  if (path === '/api/v1/auth/tokens') {
    const refreshing = grant === 'refresh_token'
    if (!refreshing && given !== password) {
      return [401, unauthorized('Wrong username or password.')]
    }
    if (mustChange) return [401, unauthorized('The password must be changed first.')]
    return [
      200,
      {
        jwt: refreshing ? RENEWED : TOKEN,
        duration: durationSeconds,
        token_type: 'Bearer',
        client_id: 'client-1',
        refresh_token: 'r'.repeat(64),
      },
    ]
  }
  if (path === '/api/v1/auth/changepw') {
    password = String(chosen)
    mustChange = false
    return [200, { message: 'password changed' }]
  }
  if (path === '/api/v1/auth/revoke') return [204]
  if (path === '/api/v1/system/info') return [200, { name: 'k', authorized: !!authorization }]
  if (authorization !== `Bearer ${TOKEN}` && authorization !== `Bearer ${RENEWED}`) {
    return [401, unauthorized('Invalid token')]
  }
  if (path === '/api/v1/usermgmt/users') {
    return [201, { username, refresh_token: 'only-shown-on-request' }]
  }
  if (method === 'DELETE') return [204]
  if (method === 'POST') {
    return [201, { name, description: null, created_at: '2026-01-02T03:04:05Z' }]
  }
  const group = {
    name: 'ops <img src=x onerror=alert(1)>',
    description: 'On call',
    created_at: '2026-01-02T03:04:05.123456Z',
  }
  return [200, { skip: 0, limit: 10, total: 2, resources: [{ name: 'admin', big: 1 }, group] }]
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

let server: Server
let origin: string
let browser: Browser
let page: Page
let complaints: string[]

async function serve(request: IncomingMessage, response: ServerResponse) {
  const file = (await playgroundFiles()).get(request.url ?? '')
  if (file) {
    response.setHeader('Content-Security-Policy', playgroundPolicy)
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.writeHead(200, { 'Content-Type': file.type, ETag: file.etag }).end(file.body)
    return
  }
  if (request.url === '/openapi.json') {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(description))
    return
  }
  const text = await read(request)
  const call = {
    method: request.method ?? '',
    url: request.url ?? '',
    authorization: request.headers.authorization,
    body: text === '' ? {} : JSON.parse(text),
  }
  calls.push(call)
  const [status, body] = answerTo(call)
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(
    body === undefined
      ? undefined
      : JSON.stringify(body).replace('"big":1', '"big":12345678901234567890'),
  )
}

const called = (part: string) => calls.filter(({ url }) => url.includes(part))

async function open(path = '/playground_v2') {
  await page.goto(origin + path)
  await page
    .getByText(/Try the API|Answer/)
    .first()
    .waitFor()
}

async function signIn(secret = password) {
  await page.getByLabel('Username', { exact: true }).fill('admin')
  await page.getByLabel('Password', { exact: true }).fill(secret)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

const send = () => page.getByRole('button', { name: 'Send', exact: true }).click()
const answer = () => page.getByRole('region', { name: 'Answer', exact: true })
const curl = () => page.getByRole('region', { name: 'curl' }).locator('code').first().innerText()

test('every file of the page is served, with a tag that changes with its bytes', async () => {
  const files = await playgroundFiles()
  expect(files.size).toBe(readdirSync(new URL('./page', import.meta.url)).length)
  expect(new Set([...files.values()].map(({ etag }) => etag)).size).toBe(files.size)
  for (const [path, { type, body }] of files) {
    expect(path).toMatch(/^\/playground_v2(\/[a-z-]+\.(js|css|svg))?$/)
    expect(type).toMatch(/^(text|image)\//)
    expect(body.length).toBeGreaterThan(0)
  }
})

describe.skipIf(!canBrowse)('the playground in a browser', () => {
  beforeAll(async () => {
    server = createServer((request, response) => {
      // A page that is closed cuts its last requests off.
      serve(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    browser = await openBrowser()
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await new Promise((closed) => server.close(closed))
  })

  beforeEach(async () => {
    calls = []
    durationSeconds = 300
    password = 'correct horse'
    mustChange = false
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    complaints = complaintsOf(page, origin)
  })

  afterEach(async () => {
    // A page that is left signed in revokes its session, in its own time: the next test must not see that.
    const isSignedIn = await page.locator('.who').isVisible()
    const before = called('/auth/revoke').length
    await page.goto('about:blank')
    if (isSignedIn)
      await expect
        .poll(() => called('/auth/revoke').length, { timeout: 10_000 })
        .toBeGreaterThan(before)
    await page.close()
    // CSP and trusted types violations are console errors.
    expect(complaints).toEqual([])
  })

  test('a page that breaks the policy or calls another host would be noticed', async () => {
    await open()
    await page.evaluate("document.body.setAttribute('style', 'color: red')")
    await page.evaluate("fetch('http://127.0.0.2:9/').catch(() => undefined)")
    for (const rule of ['style-src', 'connect-src']) {
      await expect.poll(() => complaints.join()).toContain(rule)
    }
    complaints.length = 0
  })

  test('signs in, calls an endpoint and shows its answer', async () => {
    await open()
    await signIn()
    await page.getByText('Signed in as').first().waitFor({ state: 'attached' })
    expect(calls[0]?.body).toEqual({
      grant_type: 'password',
      username: 'admin',
      password: 'correct horse',
      labels: ['playground'],
      refresh_token_revoke_unused_in: 60,
    })
    await page.getByRole('link', { name: /List groups/ }).click()
    await page.getByLabel('limit', { exact: true }).fill('5')
    await send()
    await answer().getByText('200 OK').waitFor()
    expect(called('/usermgmt/groups')).toMatchObject([
      { method: 'GET', url: '/api/v1/usermgmt/groups?limit=5', authorization: `Bearer ${TOKEN}` },
    ])
    const shown = await answer().locator('pre').innerText()
    expect(shown).toContain('\n  "total": 2,')
    // A name made of markup stays text, and a long number keeps its digits.
    expect(shown).toContain('"ops <img src=x onerror=alert(1)>"')
    expect(shown).toContain('12345678901234567890')
    expect(await answer().locator('img').count()).toBe(0)
  })

  test('never shows, stores or keeps the token after signing out', async () => {
    await open('/playground_v2#/groups.list')
    await signIn()
    await page.locator('.who').waitFor()
    await send()
    await answer().getByText('200 OK').waitFor()
    expect(await curl()).toContain('-H "Authorization: Bearer $TOKEN"')
    const kept = () =>
      page.evaluate<string>(
        'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML])',
      )
    expect(await kept()).not.toContain(TOKEN)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('Signed out. The session is revoked.').waitFor()
    expect(called('/auth/revoke')).toMatchObject([
      {
        authorization: `Bearer ${TOKEN}`,
        body: { client_id: 'client-1', refresh_token: 'r'.repeat(64) },
      },
    ])
    await send()
    await answer().getByText('401 Unauthorized').waitFor()
    expect(called('/usermgmt/groups').at(-1)?.authorization).toBeUndefined()
  })

  test('leaving the page revokes the session', async () => {
    await open()
    await signIn()
    await page.locator('.who').waitFor()
    await page.goto(`${origin}/openapi.json`)
    await expect.poll(() => called('/auth/revoke').length).toBe(1)
  })

  test('renews the token before it ends', async () => {
    durationSeconds = 61
    await open('/playground_v2#/groups.list')
    await signIn()
    await expect.poll(() => called('/auth/tokens').length, { timeout: 5000 }).toBeGreaterThan(1)
    expect(called('/auth/tokens')[1]?.body).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r'.repeat(64),
    })
    await send()
    await answer().getByText('200 OK').waitFor()
    expect(called('/usermgmt/groups')[0]?.authorization).toBe(`Bearer ${RENEWED}`)
  })

  test('a wrong password is told, and nobody is signed in', async () => {
    await open()
    await signIn('wrong')
    await page.getByText('Wrong username or password.').waitFor()
    expect(await page.locator('.who').count()).toBe(0)
  })

  test('offers to change the first password and signs in with the new one', async () => {
    mustChange = true
    await open()
    await signIn()
    await page.getByLabel('New password', { exact: true }).fill('a new Passphrase 1!')
    await page.getByLabel('New password again').fill('something else')
    await page.getByRole('button', { name: 'Change and sign in' }).click()
    await page.getByText('The two new passwords are not the same.').waitFor()
    expect(called('/auth/changepw')).toEqual([])
    await page.getByLabel('New password again').fill('a new Passphrase 1!')
    await page.getByRole('button', { name: 'Change and sign in' }).click()
    await page.locator('.who').waitFor()
    expect(called('/auth/changepw')).toMatchObject([
      {
        method: 'PATCH',
        body: {
          username: 'admin',
          password: 'correct horse',
          new_password: 'a new Passphrase 1!',
        },
      },
    ])
  })

  test('a secret field is masked, sent, and absent from the curl line and the history', async () => {
    await open('/playground_v2#/users.create')
    await signIn()
    await page.locator('.who').waitFor()
    const secret = page.locator('#secret-password')
    expect(await secret.getAttribute('type')).toBe('password')
    await secret.fill('hunter2-Secret!')
    await page.getByRole('textbox', { name: 'Body' }).fill('{ "username": "ada" }')
    expect(await curl()).toContain('"password": "<password>"')
    await secret.press('Control+Enter')
    await answer().getByText('201 Created').waitFor()
    expect(called('/usermgmt/users')[0]?.body).toEqual({
      username: 'ada',
      password: 'hunter2-Secret!',
    })
    // Typed into the body instead, it is just as secret.
    await page
      .getByRole('textbox', { name: 'Body' })
      .fill('{ "username": "ada", "password": "typed-Secret!" }')
    expect(await curl()).not.toContain('typed-Secret!')
    await secret.fill('')
    await send()
    await expect.poll(() => page.locator('.past').count()).toBe(2)
    await page.locator('.past').first().click()
    expect(await page.getByRole('textbox', { name: 'Body' }).inputValue()).toBe(
      '{\n  "username": "ada"\n}',
    )
    const covered = answer().getByRole('button', { name: 'Show refresh_token' })
    expect(await answer().innerText()).not.toContain('only-shown-on-request')
    await covered.click()
    expect(await answer().innerText()).toContain('only-shown-on-request')
  })

  test('the body starts with what is required, is checked while typed, and takes optional fields', async () => {
    await open('/playground_v2#/groups.create')
    const body = page.getByRole('textbox', { name: 'Body' })
    expect(JSON.parse(await body.inputValue())).toEqual({ name: '' })
    await page.getByRole('button', { name: 'Add kind to the body' }).click()
    expect(JSON.parse(await body.inputValue())).toEqual({ name: '', kind: 'team' })
    await body.fill('{ "name": ')
    expect(await body.getAttribute('aria-invalid')).toBe('true')
    await send()
    await page.getByText(/The body is not JSON/).waitFor()
    expect(calls).toEqual([])
  })

  test('a path value is encoded, and one that would lead elsewhere is refused', async () => {
    await open('/playground_v2#/groups.get')
    await signIn()
    await page.locator('.who').waitFor()
    await send()
    await page.getByText('name is required').waitFor()
    await page.getByLabel('name required').fill('..')
    await send()
    await page.getByText('name cannot be ".."').waitFor()
    expect(called('/usermgmt')).toEqual([])
    await page.getByLabel('name required').fill('a/b?c d')
    await send()
    await expect
      .poll(() => called('/usermgmt').map(({ url }) => url))
      .toEqual(['/api/v1/usermgmt/groups/a%2Fb%3Fc%20d'])
  })

  test('an open endpoint is called without the token', async () => {
    await open('/playground_v2#/system.info')
    await signIn()
    await page.locator('.who').waitFor()
    await send()
    await answer().getByText('200 OK').waitFor()
    expect(called('/system/info')[0]?.authorization).toBeUndefined()
    expect(await curl()).not.toContain('TOKEN')
  })

  test('the list is searched by any word, and the keyboard leads to an operation', async () => {
    await open()
    await page.keyboard.press('/')
    await page.keyboard.type('delete group')
    await expect.poll(() => page.locator('#operations a').allInnerTexts()).toHaveLength(1)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Delete a group' }).waitFor()
    expect(new URL(page.url()).hash).toBe('#/groups.delete')
  })

  test('everything is reachable at 400 pixels without scrolling sideways', async () => {
    await page.setViewportSize({ width: 400, height: 800 })
    await open('/playground_v2#/groups.create')
    const wide = () => page.evaluate<number>('document.documentElement.scrollWidth')
    expect(await wide()).toBeLessThanOrEqual(400)
    await page.getByRole('button', { name: 'Browse operations' }).click()
    await page.getByRole('link', { name: /List groups/ }).click()
    await page.getByRole('heading', { name: 'List groups' }).waitFor()
    expect(await wide()).toBeLessThanOrEqual(400)
  })
})
