import { Agent, request } from 'node:https'
import type { Answer } from './api.ts'

/** What a client shows in the TLS handshake: PEM, its own certificate first. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

export interface CertificateClient {
  post(path: string, body: unknown): Promise<Answer & { readonly resumed: boolean }>
  close(): void
}

/** Speaks to a server with a client certificate, or without one. Each request has a connection of its own, and TLS sessions are resumed. */
export function clientWith(
  { url, ca }: { readonly url: string; readonly ca: string },
  identity?: Identity,
  options: { readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'; readonly resume?: boolean } = {},
): CertificateClient {
  const { maxVersion = 'TLSv1.3', resume = false } = options
  const agent = new Agent({
    ca,
    maxVersion,
    keepAlive: false,
    maxCachedSessions: resume ? 100 : 0,
    ...identity,
  })
  return {
    post: (path, body) =>
      new Promise((resolve, reject) => {
        const text = JSON.stringify(body)
        const headers = {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        }
        const options = { agent, method: 'POST', path: `/api/v1${path}`, headers }
        const call = request(new URL(url), options, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: JSON.parse(Buffer.concat(chunks).toString()),
              resumed,
            }),
          )
        })
        let resumed = false
        call.on('socket', (socket) =>
          socket.on('secureConnect', () => {
            resumed = (socket as import('node:tls').TLSSocket).isSessionReused()
          }),
        )
        call.on('error', reject)
        call.end(text)
      }),
    close: () => agent.destroy(),
  }
}
