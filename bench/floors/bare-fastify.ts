import { fastify } from 'fastify'
import { serveAsTold } from './answers.ts'

/** The server's own stack with nothing behind it: TLS, HTTP, routing, the body parsed, the same bytes answered. */
serveAsTold(async ({ cert, key, routes }) => {
  const server = fastify({ https: { cert, key } })
  server.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  )
  for (const { method, path, status, body } of routes) {
    server.route({
      method,
      url: path,
      handler: (_request, reply) =>
        reply.code(status).header('content-type', 'application/json; charset=utf-8').send(body),
    })
  }
  return Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port)
})
