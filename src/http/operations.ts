import { readFile } from 'node:fs/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { playgroundFiles, playgroundPolicy } from './playground/files.ts'

/** What is served beside the API, to anyone: health, its description, and the playground. Nothing here tells a secret. */
export interface Operations {
  /** Whether the server can do its work now: database, seal, not stopping. */
  ready(): Promise<boolean>
  readonly openapiFile: URL
}

/** Paths of these routes, for the sweep that asks every route who may call it. */
export const publicPaths = ['/healthz', '/readyz', '/openapi.json', '/playground_v2'] as const

export async function mountOperations(
  server: FastifyInstance,
  { ready, openapiFile }: Operations,
): Promise<void> {
  const say = (reply: FastifyReply, ok: boolean) =>
    reply
      .code(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ok ? 'ok' : 'unavailable' })

  // Alive: the process answers. Ready: it can also work.
  server.get('/healthz', (_request, reply) => say(reply, true))
  server.get('/readyz', async (_request, reply) => say(reply, await ready()))

  let description: Promise<Buffer> | undefined
  server.get('/openapi.json', async (_request, reply) => {
    description ??= readFile(openapiFile)
    return reply.header('content-type', 'application/json; charset=utf-8').send(await description)
  })

  for (const [path, { type, body, etag }] of await playgroundFiles())
    server.get(path, (request, reply) => {
      reply.headers({
        'content-type': type,
        etag,
        'cache-control': 'no-cache',
        'content-security-policy': playgroundPolicy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      })
      return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(body)
    })
}
