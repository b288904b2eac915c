import { createHash } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { OcspAnswer, Pki, PublishedDocument } from '../ca/index.ts'
import { Fault } from '../kit/fault.ts'

/**
 * What CAs publish, for everyone, over plain HTTP: revocation lists, OCSP answers and the certificates of CAs, each of
 * which is signed. TLS would send those who check a certificate to check another one first (RFC 5280 section 8). There
 * are five paths and nothing else; no header of a request but the content type and the ETag is looked at.
 */
const PATH = /^\/pki\/([0-9a-f-]{36})\/(crl|delta-crl|cert|ocsp)(?:\/(.+))?$/

/** RFC 6960 asks after a certificate in about a hundred bytes; this leaves room for dozens. */
const MOST_REQUEST_BYTES = 16 * 1024
/** A minute of repetition by caches: a revocation is to be known soon, however long a list may be relied on. */
const CACHED_SECONDS = 60

const types = {
  crl: 'application/pkix-crl',
  cert: 'application/pkix-cert',
  ocsp: 'application/ocsp-response',
} as const
const OCSP_REQUEST = 'application/ocsp-request'

/** An import would read every name of this module, and WebSocket, one of them, loads a whole client that nobody uses. */
const { createServer } = process.getBuiltinModule('node:http')

export function createPkiServer(pki: Pki, report: (error: unknown) => void): Server {
  const server = createServer(
    {
      maxHeaderSize: 8 * 1024,
      headersTimeout: 5000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: 5000,
    },
    (request, response) => {
      answer(pki, request, response).catch((error: unknown) => {
        const isAway = error instanceof Fault
        if (!isAway) report(error)
        refuse(response, isAway ? 503 : 500)
      })
    },
  )
  // Whoever takes nothing for so long has gone, or is holding on to the connection.
  server.timeout = 15_000
  server.maxRequestsPerSocket = 200
  server.maxConnections = 2000
  server.maxHeadersCount = 50
  server.on('clientError', answerUnreadable)
  return server
}

async function answer(pki: Pki, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  const [, ca, what, rest] = PATH.exec(path) ?? []
  if (ca === undefined || (rest !== undefined && what !== 'ocsp')) return refuse(response, 404)
  if (what === 'ocsp') return answerOcsp(pki, ca, rest, request, response)
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, { allow: 'GET, HEAD' })
  const document =
    what === 'cert'
      ? await pki.certificate(ca)
      : await pki.crl(ca, what === 'crl' ? 'full' : 'delta')
  if (!document) return refuse(response, 404)
  sendDocument(request, response, what === 'cert' ? types.cert : types.crl, document)
}

function sendDocument(
  request: IncomingMessage,
  response: ServerResponse,
  type: string,
  { der, etag, from, to }: PublishedDocument,
): void {
  const headers = {
    'cache-control': `public, max-age=${CACHED_SECONDS}, must-revalidate`,
    etag,
    // Two lists may be of one second, so If-Modified-Since is never answered with 304: the ETag tells them apart.
    'last-modified': from.toUTCString(),
    expires: to.toUTCString(),
  }
  const known = request.headers['if-none-match']?.split(',').map((one) => one.trim())
  if (known?.some((one) => one === etag || one === `W/${etag}` || one === '*')) {
    response.writeHead(304, headers).end()
    return
  }
  send(response, 200, type, der, headers)
}

async function answerOcsp(
  pki: Pki,
  ca: string,
  encoded: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isGet = request.method === 'GET' || request.method === 'HEAD'
  if (!isGet && request.method !== 'POST') return refuse(response, 405, { allow: 'GET, POST' })
  if (isGet !== (encoded !== undefined))
    return refuse(response, isGet ? 404 : 405, { allow: 'GET' })
  const asked = encoded === undefined ? await bodyOf(request) : decoded(encoded)
  if (typeof asked === 'number') return refuse(response, asked, { connection: 'close' })
  const answered = await pki.ocsp(ca, asked)
  if (!answered) return refuse(response, 404)
  send(response, 200, types.ocsp, answered.der, isGet ? cacheHeaders(answered) : NOT_CACHED)
}

const NOT_CACHED = { 'cache-control': 'no-store' }

/** RFC 5019 section 6.2. A refusal, and an answer with a nonce, is for one caller alone. */
function cacheHeaders({ der, holds }: OcspAnswer): Record<string, string> {
  if (!holds) return NOT_CACHED
  return {
    'cache-control': `public, max-age=${CACHED_SECONDS}, no-transform, must-revalidate`,
    etag: `"${createHash('sha256').update(der).digest('base64url')}"`,
    'last-modified': holds.from.toUTCString(),
    expires: holds.to.toUTCString(),
  }
}

/** Base64 in the path, its `/`, `+` and `=` escaped or not (RFC 6960 appendix A.1). What is none is an empty request, and so malformed. */
function decoded(encoded: string): Buffer {
  let text = ''
  try {
    text = decodeURIComponent(encoded)
  } catch {
    return Buffer.alloc(0)
  }
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0)
}

/** The body, or the status that refuses it. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | number> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== OCSP_REQUEST) return 415
  if (Number(request.headers['content-length'] ?? 0) > MOST_REQUEST_BYTES) return 413
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MOST_REQUEST_BYTES) return 413
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const sentences: Readonly<Record<number, string>> = {
  404: 'There is nothing at this path.',
  405: 'This path takes another method.',
  413: 'The request is too large.',
  415: `An OCSP request is ${OCSP_REQUEST}.`,
  500: 'Internal error',
  503: 'The server cannot answer now, try again shortly.',
}

function refuse(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const text = Buffer.from(`${sentences[status] ?? ''}\n`)
  send(response, status, 'text/plain; charset=utf-8', text, { ...NOT_CACHED, ...headers })
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  response
    .writeHead(status, {
      'content-type': type,
      'content-length': body.length,
      'x-content-type-options': 'nosniff',
      ...headers,
    })
    .end(body)
}

const unreadable: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
}

function answerUnreadable({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = unreadable[code] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
}

/** Listens, and returns the address in the end. Rejects as `listen` does, such as for a port in use. */
export function listenOn(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const bound = server.address()
      const at = typeof bound === 'object' && bound ? bound.port : port
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${at}`)
    })
  })
}
