import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface FakeProxy {
  /** Without credentials. */
  readonly url: string
  /** `host:port` of every CONNECT, whether it was let through or not. */
  readonly asked: readonly string[]
  stop(): Promise<void>
}

/** An HTTP proxy that tunnels everything to one port of this machine, for those who name `credentials` if it wants any. */
export async function startFakeProxy(
  port: number,
  credentials?: `${string}:${string}`,
): Promise<FakeProxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const wanted =
    credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`
  const server = createServer((_request, response) => response.writeHead(405).end())
  server.on('connection', (socket) => sockets.add(socket))
  server.on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '')
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n')
      return
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(client)
      client.pipe(upstream)
    })
    sockets.add(upstream)
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
