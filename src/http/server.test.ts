import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { startApi } from '../../test/support/api.ts'
import { canonicalUrl } from './server.ts'

describe('one spelling of a path', () => {
  test.each([
    ['/api/v1/auth/tokens', '/api/v1/auth/tokens'],
    ['/api/v1/auth/tokens/', '/api/v1/auth/tokens'],
    ['/api//v1///auth/tokens//', '/api/v1/auth/tokens'],
    ['/api/v1/users/?a=//x/', '/api/v1/users?a=//x/'],
    ['/', '/'],
    ['//', '/'],
    ['//?x', '/?x'],
    ['', ''],
  ])('%j is read as %j', (url, read) => {
    expect(canonicalUrl(url)).toBe(read)
  })
})

describe('the HTTP server', () => {
  const api = startApi('sqlite')

  /** Speaks to the server byte by byte; resolves with all that it says until it closes. */
  async function raw(bytes: string, then?: (socket: TLSSocket) => void): Promise<string> {
    const { hostname, port } = new URL(api.server.url)
    const socket = connect({ host: hostname, port: Number(port), ca: api.server.ca })
    await once(socket, 'secureConnect')
    let said = ''
    socket.on('data', (chunk: Buffer) => (said += chunk))
    socket.write(bytes)
    then?.(socket)
    await once(socket, 'close')
    return said
  }
  const request = (line: string, ...headers: string[]) =>
    [line, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n')
  const bodyOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))

  test.each([
    ['HEAD', '/api/v1/usermgmt/groups', 'GET, POST'],
    ['OPTIONS', '/api/v1/usermgmt/groups', 'GET, POST'],
    ['DELETE', '/api/v1/usermgmt/groups', 'GET, POST'],
    ['PUT', '/api/v1/auth/tokens', 'POST, GET'],
    ['GET', '/api/v1/auth/changepw/', 'PATCH'],
  ])('%s on %s is 405 and names what there is', async (method, path, allowed) => {
    const answer = await api.send(method, path)
    expect(answer.status).toBe(405)
    expect(answer.headers['allow']).toBe(allowed)
    if (method !== 'HEAD') expect(answer.body.codeDesc).toMatch(/^NCERR/)
  })

  test('a path that is not there is 404 for every method', async () => {
    for (const method of ['GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await api.send(method, '/api/v1/nothing')
      expect(answer).toMatchObject({ status: 404, body: { code: 16 } })
    }
  })

  test('a method that HTTP does not know is refused in the words of the API', async () => {
    const answer = await raw(request('BREW /api/v1/auth/self/user HTTP/1.1'))
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(bodyOf(answer)).toMatchObject({ code: 15, requestID: expect.any(String) })
  })

  test('a path with broken percent-encoding is 400', async () => {
    const answer = await raw(request('GET /api/v1/usermgmt/users/%zz HTTP/1.1'))
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(bodyOf(answer)).toMatchObject({
      code: 15,
      codeDesc: 'NCERRBadRequest: Bad HTTP request',
    })
  })

  test('headers beyond 16 KiB are refused', async () => {
    const answer = await raw(request('GET /healthz HTTP/1.1', `X: ${'x'.repeat(20_000)}`))
    expect(answer).toMatch(/^HTTP\/1.1 431 /)
    expect(bodyOf(answer).message).toBe('the headers are too large')
  })

  test('a body on GET is left unread', async () => {
    const answer = await api.send('GET', '/auth/self/user', 'no JSON', {
      'content-type': 'application/json',
    })
    expect(answer.status).toBe(200)
  })

  test('a body that is shorter than announced does nothing', async () => {
    const before = (await api.get('/usermgmt/groups')).total
    const { jwt } = await api.anonymous.post(
      '/auth/tokens',
      { username: 'admin', password: api.server.adminPassword },
      200,
    )
    const head = request(
      'POST /api/v1/usermgmt/groups HTTP/1.1',
      `Authorization: Bearer ${jwt}`,
      'Content-Type: application/json',
      'Content-Length: 100',
    )
    await raw(`${head}{"name":"half"}`, (socket) => setTimeout(() => socket.end(), 100))
    expect((await api.get('/usermgmt/groups')).total).toBe(before)
  })

  test('a body beyond 1 MiB is 413', async () => {
    const body = JSON.stringify({ name: 'x'.repeat(1024 * 1024) })
    expect(await api.send('POST', '/usermgmt/groups', body)).toMatchObject({
      status: 413,
      body: { codeDesc: 'NCERRBadRequest: Request too large' },
    })
  })

  test('an empty body is an empty object, and what it lacks is named', async () => {
    for (const body of [undefined, '', ' \n', '{}', 'null']) {
      const answer = await api.send('POST', '/usermgmt/groups', body, {
        'content-type': 'application/json',
      })
      expect(answer).toMatchObject({
        status: 400,
        body: { code: 15, message: 'Validation errors:\n name: is required' },
      })
    }
  })

  test.each(['[]', '"text"', '7', 'true'])('the body %s is refused', async (body) => {
    const answer = await api.send('POST', '/usermgmt/groups', body)
    expect(answer).toMatchObject({ status: 400, body: { code: 15 } })
    expect(answer.body.message).toMatch(/^Validation errors:\n body: /)
  })

  test.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/xml',
    'application/jsonp',
    'application/x-www-form-urlencoded-x',
  ])('a body of type %s is 415 where JSON is due', async (type) => {
    const answer = await api.send('POST', '/usermgmt/groups', 'name=x', { 'content-type': type })
    expect(answer).toMatchObject({ status: 415, body: { code: 15 } })
  })

  test('a parameter given twice is 400, and an unknown one is told of', async () => {
    expect(await api.send('GET', '/usermgmt/groups?limit=1&limit=2')).toMatchObject({
      status: 400,
      body: { message: 'the query parameter "limit" is given twice' },
    })
    const { messages } = await api.get('/usermgmt/groups?colour=red')
    expect(messages).toEqual([expect.stringContaining('"colour"')])
  })

  test('one connection serves many requests, and slow ones have an end', () => {
    const { server } = api.server.running.server
    expect(server.keepAliveTimeout).toBe(65_000)
    expect(server.requestTimeout).toBe(60_000)
    expect(server.headersTimeout).toBe(15_000)
  })

  test('parts of the API that are to come say so to who is signed in, and to nobody else', async () => {
    for (const path of [
      '/transparent-encryption/fam/policies',
      '/cckm/aws/keys',
      '/scheduler/job-configs',
      '/licensing',
    ]) {
      expect(await api.anonymous.send('GET', path)).toMatchObject({
        status: 401,
        body: { code: 5 },
      })
      expect(await api.with('forged').send('POST', path)).toMatchObject({ status: 401 })
      expect(await api.send('GET', path)).toMatchObject({
        status: 501,
        body: { codeDesc: 'NCERRNotImplemented' },
      })
    }
    expect(await api.anonymous.send('GET', '/auth/id-providers')).toMatchObject({ status: 501 })
    expect(await api.send('GET', '/system/info')).toMatchObject({ status: 200 })
    const { resources } = await api.get('/audit/records?service=cckm&success=false')
    expect(resources[0]).toMatchObject({ details: { reason: 'Invalid token' } })
  })
})
