/** A server that parses whatever it is sent, without any limit. The harness that floods servers must notice it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startFakeHttps } from '../fakes/https.ts'

const server = await startFakeHttps(({ body }, response) => {
  const parsed: unknown = body === '' ? undefined : JSON.parse(body)
  setTimeout(() => {
    response.writeHead(parsed === undefined ? 200 : 400, { 'content-type': 'application/json' })
    response.end('{}')
  }, 1000)
})
writeFileSync(join(process.env['KEYSTEAD_DATA_DIR'] ?? '', 'ca.pem'), server.ca)
process.stdout.write(`Keystead runs at ${server.url}\n`)
