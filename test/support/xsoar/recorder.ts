import { Agent, request as httpsRequest } from 'node:https'
import { type FakeHttps, startFakeHttps } from '../../fakes/https.ts'

export interface Recorded {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly contentType: string | undefined
  readonly isSignedIn: boolean
}

export interface Recorder {
  readonly url: string
  readonly ca: string
  /** What came since this was last asked. */
  taken(): Recorded[]
  stop(): Promise<void>
}

/** Stands before a server and keeps what is sent to it. */
export async function startRecorder(server: {
  readonly url: string
  readonly ca: string
}): Promise<Recorder> {
  const agent = new Agent({ ca: server.ca, keepAlive: true })
  let read = 0
  const fake: FakeHttps = await startFakeHttps(({ method, url, headers, body }, response) => {
    const { host: _host, connection: _connection, ...others } = headers
    const outgoing = httpsRequest(
      new URL(url, server.url),
      // The path goes on as it came: a URL object would tidy it.
      { path: url, method, agent, headers: others },
      (incoming) => {
        response.writeHead(incoming.statusCode ?? 502, incoming.headers)
        incoming.pipe(response)
      },
    )
    outgoing.on('error', () => response.destroy())
    outgoing.end(body)
  })
  return {
    url: fake.url,
    ca: fake.ca,
    taken() {
      const since = fake.requests.slice(read)
      read = fake.requests.length
      return since.map(({ method, url, headers, body }) => ({
        method,
        path: url,
        body,
        contentType: headers['content-type'],
        isSignedIn: headers.authorization?.startsWith('Bearer ') === true,
      }))
    },
    async stop() {
      agent.destroy()
      await fake.stop()
    },
  }
}
