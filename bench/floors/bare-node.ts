import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { serveAsTold } from './answers.ts'

/** The least that Node can do: TLS and HTTP, the body read but not parsed, the same bytes answered. */
serveAsTold(({ cert, key, routes }) => {
  const answers = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]))
  const server = createServer({ cert, key }, (request, response) => {
    const answer = answers.get(`${request.method} ${request.url?.replace(/\?.*/, '')}`)
    request.resume()
    request.once('end', () => {
      response.writeHead(answer?.status ?? 404, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(answer?.body ?? ''),
      })
      response.end(answer?.body)
    })
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
})
