import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import { Fault, type FaultKind } from '../kit/fault.ts'
import { faultOnTheWire } from './faults.ts'
import { MAX_BODY_BYTES } from './json.ts'
import { missingAreas } from './missing.ts'
import { fail, type MountOptions, mount, type Route } from './mount.ts'
import { mountOperations, type Operations } from './operations.ts'

/** How connections are accepted; suites and versions with it, since Node's defaults reach further back. */
export interface ListenerTls {
  readonly context: SecureContextOptions
  readonly asksForCertificate: boolean
}

export interface ServerOptions extends MountOptions {
  readonly routes: readonly Route[]
  readonly tls: ListenerTls
  readonly operations: Operations
  readonly logger: FastifyServerOptions['logger']
}

/** The HTTPS server with everything mounted, not yet listening. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const server = Fastify({
    https: {
      ...options.tls.context,
      // Asked for, never demanded: who signs in by it is told apart by what the certificate says, not by TLS.
      requestCert: options.tls.asksForCertificate,
      rejectUnauthorized: false,
      headersTimeout: 15_000,
      maxHeaderSize: 16 * 1024,
    },
    // Fastify sets these two itself, whatever `https` says.
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    bodyLimit: MAX_BODY_BYTES,
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
    clientErrorHandler: answerUnreadable,
    // Node closes idle connections by itself; a request that still comes in is answered in our words.
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    exposeHeadRoutes: false,
    rewriteUrl: (request) => canonicalUrl(request.url ?? '/'),
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, request, reply) => {
      void fail(request as FastifyRequest, reply as unknown as FastifyReply, asFault(error))
    },
    logController: new LogController({ disableRequestLogging: true }),
    // What is logged names its request itself, so none needs a logger of its own.
    childLoggerFactory: (logger) => logger,
    ...(options.logger === undefined ? undefined : { logger: options.logger }),
  }) as unknown as FastifyInstance
  readBodiesAsBytes(server)
  server.setErrorHandler((error, request, reply) => fail(request, reply, asFault(error)))
  server.setNotFoundHandler((request, reply) =>
    fail(request, reply, new Fault('not-found', 'there is nothing at this path')),
  )
  mount(server, options.routes, options)
  missingAreas(server, options)
  await mountOperations(server, options.operations)
  return server
}

/** Stands where Fastify would load a validator and a serializer of its own: contracts are checked by the gate. */
const unused = (): never => {
  throw new Error('no route has a schema for Fastify')
}

/** Lets the connections to come be accepted in another way; those that are open go on as they are. */
export function replaceTls(
  server: FastifyInstance,
  { context, asksForCertificate }: ListenerTls,
): void {
  // Node reads this for each connection it accepts, and its types know it as an option of the start only.
  const https = server.server as unknown as Server & Pick<TlsOptions, 'requestCert'>
  https.setSecureContext(context)
  https.requestCert = asksForCertificate
}

/** What the HTTP parser gave up on has no request to answer; the connection gets the API's error all the same. */
function answerUnreadable({ code }: { code: string }, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed) return
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const [status, sentence] = unreadable[code] ?? ['400 Bad Request', 'the request cannot be read']
  const { body } = faultOnTheWire('invalid', sentence, randomUUID())
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  )
}

const unreadable: Readonly<Record<string, readonly [status: string, sentence: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request took too long to arrive'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the headers are too large'],
}

/**
 * One spelling of a path: repeated slashes collapse and a trailing one goes, so that `/auth/tokens/` and
 * `/api//v1/auth/tokens` are answered in place, never by a redirect (reference 1.1).
 */
export function canonicalUrl(url: string): string {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const query = mark < 0 ? '' : url.slice(mark)
  if (!path.includes('//') && !(path.length > 1 && path.endsWith('/'))) return url
  const single = path.replace(/\/{2,}/g, '/')
  return (single.length > 1 && single.endsWith('/') ? single.slice(0, -1) : single) + query
}

/** Bodies stay bytes until the caller is known: limits and the token come before any parsing. */
function readBodiesAsBytes(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    ['application/json', 'application/x-www-form-urlencoded'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  )
  // Clients send their usual content type also where there is nothing to send.
  server.addContentTypeParser('*', ({ headers }, _payload, done) => {
    const isEmpty =
      headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0'
    done(isEmpty ? null : new Fault('unsupported-media-type', wrongType(headers)))
  })
}

const wrongType = (headers: IncomingHttpHeaders): string =>
  headers['content-type'] === undefined
    ? 'a body needs a content type'
    : 'this call takes no such content type'

/** Fastify's own refusals, in our words. */
function asFault(error: unknown): unknown {
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  const known: Record<string, [FaultKind, string]> = {
    FST_ERR_CTP_INVALID_MEDIA_TYPE: [
      'unsupported-media-type',
      'this call takes no such content type',
    ],
    FST_ERR_CTP_BODY_TOO_LARGE: ['too-large', 'the body is larger than this call takes'],
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid', 'Content-Length does not match the body'],
    FST_ERR_BAD_URL: ['invalid', 'the path is not a valid URL path'],
    FST_ERR_CTP_EMPTY_TYPE: ['unsupported-media-type', 'a body needs a content type'],
  }
  const row = code === undefined ? undefined : known[code]
  if (row) return new Fault(row[0], row[1])
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Fault('invalid', 'the request cannot be read')
  return error
}
