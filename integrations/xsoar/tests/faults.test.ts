import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type FakeHttps, json, startFakeHttps } from '../../../test/fakes/https.ts'
import {
  type Column,
  cliColumn,
  type Result,
  sdkColumn,
  type Target,
  xsoarColumn,
} from '../../../test/support/xsoar/columns.ts'

type Answer = Parameters<typeof startFakeHttps>[0]

let fake: FakeHttps | undefined
let column: Column | undefined
let plain: Server | undefined
afterEach(async () => {
  column?.stop()
  await fake?.stop()
  plain?.close()
  column = fake = plain = undefined
})

const columns = { sdk: sdkColumn, cli: cliColumn, xsoar: xsoarColumn }
type Name = keyof typeof columns

async function run(
  name: Name,
  target: Partial<Target> & { url: string; ca: string },
  command = 'ciphertrust-group-create',
  args: Readonly<Record<string, string>> = { name: 'ops' },
): Promise<Result> {
  column = await columns[name]({ username: 'jo', password: 'secret', timeoutSeconds: 5, ...target })
  return column.run(command, args)
}

/** Signs everybody in, and answers the call itself as told. */
const answering =
  (answer: Answer): Answer =>
  (request, response) =>
    request.url.includes('/auth/tokens')
      ? json(response, 200, { jwt: 'token', duration: 300 })
      : answer(request, response)

const refusing =
  (status: number, body: object | string): Answer =>
  (_request, response) => {
    response.writeHead(status, {
      'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
    })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
const api = (name: string, words: string) => ({
  code: 1,
  codeDesc: `NCERR${name}: ${words}`,
  requestID: '6a4ec0b2',
})

describe.each(['sdk', 'cli', 'xsoar'] as const)('through %s', (name) => {
  const exit = (code: number) => (name === 'xsoar' ? 1 : code)

  test.each<[string, Answer, number, RegExp]>([
    [
      'a wrong password',
      refusing(401, {
        code: 5,
        codeDesc: 'NCERRUnauthorizedAccess',
        message: 'Wrong username or password.',
      }),
      4,
      /^Cannot sign in as jo: Wrong username or password\. Check username and password\.$/,
    ],
    ['a plain 401', refusing(401, 'Unauthorized'), 4, /^Cannot sign in as jo\. Check/],
    ['another web server', refusing(404, '<html>not here</html>'), 3, /Check the server URL/],
    [
      'a web page for an answer',
      refusing(200, '<html>welcome</html>'),
      3,
      /web page.*Check the server URL/,
    ],
    [
      'JSON of something else',
      refusing(200, { hello: 1 }),
      3,
      /not as a key manager\. Check the server URL/,
    ],
    ['a redirect', refusing(302, ''), 3, /sends the call elsewhere.*Check the server URL/],
    [
      'session refused',
      answering(refusing(401, api('UnauthorizedAccess', 'Token is expired'))),
      4,
      /does not take the session of jo: Token is expired\. Run the command again/,
    ],
    [
      'a forbidden call',
      answering(refusing(403, api('Forbidden', 'InsufficientPermissions: CreateGroup'))),
      4,
      /^jo may not do this: InsufficientPermissions: CreateGroup\. Ask an administrator.*Request 6a4ec0b2\.$/,
    ],
    [
      'nothing of that name',
      answering(refusing(404, api('ResourceNotFound', 'Resource not found'))),
      1,
      /no such thing: Resource not found\. Check the id or name; ciphertrust-group-list/,
    ],
    [
      'a name that is taken',
      answering(refusing(409, api('Conflict', 'group "ops" exists'))),
      1,
      /group "ops" exists\. Choose another name/,
    ],
    [
      'too many calls',
      answering(refusing(429, api('TooMany', 'slow down'))),
      1,
      /slow down\. Wait a minute/,
    ],
    [
      'a server that fails',
      answering(refusing(500, api('InternalServerError', 'oops'))),
      1,
      /^The server failed \(HTTP 500\): oops\. Try again later/,
    ],
    [
      'a proxy without its server',
      answering(refusing(502, '<html>bad gateway</html>')),
      1,
      /HTTP 502\)\. Try again later/,
    ],
    [
      'a bad request',
      answering(refusing(400, api('BadRequest', 'Validation errors:\n name: too long'))),
      1,
      /^The server refuses it \(HTTP 400\): name: too long\. Change/,
    ],
  ])('%s is told in a sentence that says what to do', async (_what, answer, code, sentence) => {
    fake = await startFakeHttps(answer)
    const result = await run(name, fake)
    expect(result.said).toMatch(sentence)
    expect(result.exit).toBe(exit(code))
  })

  test('an answer cut short leaves open what came of a change', async () => {
    fake = await startFakeHttps(
      answering((_request, response) => {
        response.writeHead(201, { 'content-type': 'application/json' })
        response.end('{"name":"op')
      }),
    )
    const result = await run(name, fake)
    expect(result).toMatchObject({
      exit: exit(3),
      said: expect.stringMatching(/cut short.*not known what came of it.*list command/),
    })
  })

  test('a server that is not there', async () => {
    fake = await startFakeHttps(() => {})
    const { url, ca } = fake
    await fake.stop()
    expect(await run(name, { url, ca })).toMatchObject({
      exit: exit(3),
      said: expect.stringMatching(/^Cannot speak to the server.*Check the server URL/),
    })
  })

  test('a server that does not answer', async () => {
    fake = await startFakeHttps(() => {})
    const result = await run(name, { url: fake.url, ca: fake.ca, timeoutSeconds: 1 })
    expect(result).toMatchObject({
      exit: exit(3),
      said: expect.stringMatching(/No answer came in time\. Check the server URL and the firewall/),
    })
  })

  test('a connection that is cut', async () => {
    fake = await startFakeHttps((_request, response) => response.destroy())
    expect(await run(name, fake)).toMatchObject({
      exit: exit(3),
      said: expect.stringMatching(/The connection was cut\. Try again/),
    })
  })

  test('a certificate that is not trusted', async () => {
    fake = await startFakeHttps(() => {})
    const other = await startFakeHttps(() => {})
    const result = await run(name, { url: fake.url, ca: other.ca })
    await other.stop()
    expect(result).toMatchObject({
      exit: exit(3),
      said: expect.stringMatching(/certificate is not trusted\. Give the CA certificate/),
    })
    expect(fake.requests).toHaveLength(0)
  })

  test('a port that does not speak TLS', async () => {
    plain = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => plain?.listen(0, '127.0.0.1', resolve))
    const { port } = plain.address() as AddressInfo
    const other = await startFakeHttps(() => {})
    const result = await run(name, { url: `https://127.0.0.1:${port}`, ca: other.ca })
    await other.stop()
    expect(result.exit).toBe(exit(3))
    expect(result.said).toMatch(/Check|Try again/)
  })

  test('nothing said has the password or the token in it', async () => {
    fake = await startFakeHttps(answering(refusing(500, api('InternalServerError', 'oops'))))
    expect((await run(name, { ...fake, password: 'hunter2-secret' })).said).not.toMatch(
      /hunter2|token/,
    )
  })
})

describe.each(['sdk', 'cli', 'xsoar'] as const)('test-module through %s', (name) => {
  const isList = (url: string) => url.includes('/usermgmt/groups/')
  const list = { skip: 0, limit: 10, total: 0, resources: [] }

  test('passes for one who may do something', async () => {
    fake = await startFakeHttps(
      answering(({ url }, response) =>
        isList(url) || url.includes('/ca/')
          ? json(response, 200, list)
          : json(response, 403, api('Forbidden', 'no')),
      ),
    )
    expect(await run(name, fake, 'test-module', {})).toMatchObject({ exit: 0 })
  })

  test('tells a user without rights apart from a wrong password', async () => {
    fake = await startFakeHttps(
      answering(({ url }, response) =>
        isList(url) ? json(response, 200, list) : json(response, 403, api('Forbidden', 'no')),
      ),
    )
    const result = await run(name, fake, 'test-module', {})
    expect(result.exit).not.toBe(0)
    expect(result.said).toMatch(
      /^URL, certificate and password are right, but jo has no rights there/,
    )
  })
})
