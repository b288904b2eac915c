import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Connection, encode, numbered } from './connection.ts'
import type { Target } from './load-job.ts'

let server: Server | undefined
afterEach(() => server?.close())

async function serve(handler: Parameters<typeof createServer>[1]): Promise<Target> {
  const started = createServer(handler)
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  return { host: '127.0.0.1', port: (started.address() as AddressInfo).port }
}

const ask = (connection: Connection, target: Target, path = '/') =>
  new Promise<{ status: number; body: string; error: Error | undefined }>((resolve) => {
    connection.send(encode({ method: 'GET', path }, target), (status, body, error) =>
      resolve({ status, body, error }),
    )
  })

test('answers come in the order of the requests, with a length, in chunks, or without a body', async () => {
  const target = await serve((request, response) => {
    if (request.url === '/chunks') {
      response.write('one ')
      response.end('two')
    } else if (request.url === '/none') response.writeHead(204).end()
    else response.writeHead(404, { 'content-length': 5 }).end('wrong')
  })
  const connection = new Connection(target, { wantBody: true })
  await connection.open()
  expect((await ask(connection, target, '/chunks')).body).toContain('one ')
  expect(await ask(connection, target, '/none')).toMatchObject({ status: 204, body: '' })
  expect(await ask(connection, target, '/length')).toMatchObject({ status: 404, body: 'wrong' })
  connection.close()
})

test('a server that ends each connection is asked over a new one', async () => {
  let connections = 0
  const target = await serve((_request, response) => {
    response.writeHead(200, { connection: 'close', 'content-length': 2 }).end('ok')
  })
  server?.on('connection', () => connections++)
  const connection = new Connection(target)
  await connection.open()
  for (let i = 0; i < 3; i++) expect((await ask(connection, target)).status).toBe(200)
  expect(connections).toBe(3)
  connection.close()
})

test('a connection that breaks while an answer is due counts as no answer', async () => {
  const target = await serve((request) => request.socket.destroy())
  const connection = new Connection(target)
  await connection.open()
  const { status, error } = await ask(connection, target)
  expect(status).toBe(0)
  expect(error).toBeDefined()
  connection.close()
})

test('numbered requests all have the length that was announced', () => {
  const target = { host: '127.0.0.1', port: 1 }
  const text = encode({ method: 'POST', path: '/', body: '{"name":"bench-{n}"}' }, target)
  for (const number of [1, 99_999_999]) {
    const [head = '', body = ''] = numbered(text, number).split('\r\n\r\n')
    expect(head).toContain(`content-length: ${body.length}`)
  }
})
