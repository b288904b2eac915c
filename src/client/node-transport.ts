import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  ConnectionError,
  type ConnectionProblem,
  type Transport,
  type WireRequest,
  type WireResponse,
} from './transport.ts'

export interface NodeTransportOptions {
  /** The server: `https://keys.example.com:8443`, with a path if a proxy has it under one. */
  readonly url: string
  /** Trusted certificates in PEM, instead of the system's. */
  readonly ca?: string | Uint8Array | undefined
  /** A file with them; read once. */
  readonly caFile?: string | undefined
  /** Accepts any certificate. For experiments: whoever stands in between reads everything. */
  readonly insecure?: boolean | undefined
  /** Certificate chain and private key in PEM, for servers that ask for one (mutual TLS). */
  readonly cert?: string | Uint8Array | undefined
  readonly key?: string | Uint8Array | undefined
  /** Opens an encrypted private key. */
  readonly passphrase?: string | undefined
  /**
   * An HTTP proxy to tunnel through: `http://user:password@proxy.example.com:3128`. When not said, the one that
   * HTTPS_PROXY names, unless NO_PROXY has the server or it is on this machine; false: none.
   */
  readonly proxy?: string | false | undefined
  /** Milliseconds until an answer must be whole; 30,000 by default. */
  readonly timeout?: number | undefined
  /** Bytes of the largest answer taken; 64 MiB by default. */
  readonly maxReply?: number | undefined
}

/** HTTPS over kept connections. Throws at once when the URL or the CA file is unusable. */
export function nodeTransport(options: NodeTransportOptions): Transport {
  const base = new URL(options.url)
  // Passwords and tokens travel here; there is no case for sending them in the clear.
  if (base.protocol !== 'https:') throw new TypeError(`${base.origin} must begin with https://`)
  const prefix = base.pathname.replace(/\/+$/, '')
  const timeout = options.timeout ?? 30_000
  const maxReply = options.maxReply ?? 64 * 1024 * 1024
  const ca = options.ca ?? (options.caFile === undefined ? undefined : readFileSync(options.caFile))
  const proxy = proxyFor(base, options.proxy)
  // Whatever fails before the tunnel stands is between us and the proxy.
  const peer = proxy === undefined ? base.host : `${base.host} through the proxy ${proxy.host}`
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 64,
    // NIST SP 800-52r2 section 3.1: nothing older than TLS 1.2.
    minVersion: 'TLSv1.2',
    // Said either way, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment has no say.
    rejectUnauthorized: options.insecure !== true,
    ...(ca === undefined ? {} : { ca: asText(ca) }),
    ...(options.cert === undefined ? {} : { cert: asText(options.cert) }),
    ...(options.key === undefined ? {} : { key: asText(options.key) }),
    ...(options.passphrase === undefined ? {} : { passphrase: options.passphrase }),
    ...(proxy === undefined ? {} : { proxyEnv: proxy.environment }),
  })

  const exchange = ({ method, path, headers, body }: WireRequest) =>
    new Promise<WireResponse>((resolve, reject) => {
      // Until TLS stands, and unless the connection is a kept one, not a byte of the request has left.
      let nothingSent = true
      const outgoing = request(
        {
          agent,
          method,
          host: base.hostname.replace(/^\[|\]$/g, ''),
          port: base.port === '' ? 443 : Number(base.port),
          path: prefix + path,
          headers: {
            host: base.host,
            ...headers,
            ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          },
          signal: AbortSignal.timeout(timeout),
        },
        (incoming) => {
          readAll(incoming, maxReply).then(
            (text) =>
              resolve({
                status: incoming.statusCode ?? 0,
                contentType: incoming.headers['content-type'] ?? '',
                body: text,
                retryAfter: incoming.headers['retry-after'],
              }),
            (error) => reject(asConnectionError(error, peer, false)),
          )
        },
      )
      outgoing.on('socket', (socket) => {
        if (outgoing.reusedSocket || (socket as TLSSocket).encrypted !== true || isSecure(socket))
          nothingSent = false
        else socket.once('secureConnect', () => (nothingSent = false))
      })
      outgoing.on('error', (error) => reject(asConnectionError(error, peer, nothingSent)))
      outgoing.end(body)
    })

  return { send: exchange, close: () => agent.destroy() }
}

const isSecure = (socket: Socket): boolean =>
  !socket.connecting && (socket as TLSSocket).getProtocol?.() !== null

const asText = (pem: string | Uint8Array): string | Buffer =>
  typeof pem === 'string' ? pem : Buffer.from(pem)

/** Node's own agent speaks CONNECT (RFC 9110 section 9.3.6) and reads NO_PROXY. */
function proxyFor(
  base: URL,
  proxy: string | false | undefined,
): { host: string; environment: Record<string, string | undefined> } | undefined {
  if (proxy === false) return undefined
  const host = base.hostname.replace(/^\[|\]$/g, '')
  const isHere = host === 'localhost' || host === '::1' || /^127\./.test(host)
  const { HTTPS_PROXY, https_proxy = HTTPS_PROXY, NO_PROXY, no_proxy = NO_PROXY } = process.env
  const chosen = proxy ?? (isHere ? undefined : https_proxy)
  if (chosen === undefined || chosen === '') return undefined
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  // An older Node would pass the proxy by without a word.
  if (major < 24 || (major === 24 && minor < 5))
    throw new TypeError('a proxy needs Node 24.5 or later')
  if (!/^https?:$/.test(URL.canParse(chosen) ? new URL(chosen).protocol : ''))
    throw new TypeError('the proxy must be a URL such as http://proxy.example.com:3128')
  return {
    host: new URL(chosen).host,
    environment: { HTTPS_PROXY: chosen, NO_PROXY: proxy === undefined ? no_proxy : undefined },
  }
}

async function readAll(incoming: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > most) {
      incoming.destroy()
      throw new ConnectionError('too-large', `the answer is larger than ${most} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** What Node and OpenSSL report, by its code; the rest of the connection's failures count as lost. */
const problems: Readonly<Record<string, [ConnectionProblem, string]>> = {
  ERR_PROXY_TUNNEL: ['unreachable', 'the proxy does not let us through'],
  ECONNREFUSED: ['unreachable', 'nothing listens there'],
  ENOTFOUND: ['unreachable', 'the host name is not known'],
  EAI_AGAIN: ['unreachable', 'the host name could not be looked up'],
  EHOSTUNREACH: ['unreachable', 'the host cannot be reached'],
  ENETUNREACH: ['unreachable', 'the network cannot be reached'],
  ETIMEDOUT: ['timeout', 'no answer in time'],
  ABORT_ERR: ['timeout', 'no answer in time'],
  ECONNRESET: ['lost', 'the connection was cut'],
  EPIPE: ['lost', 'the connection was cut'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['certificate', 'its certificate is for another name'],
  CERT_HAS_EXPIRED: ['certificate', 'its certificate has expired'],
  CERT_NOT_YET_VALID: ['certificate', 'its certificate is not valid yet'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['certificate', 'its certificate comes from no trusted authority'],
  SELF_SIGNED_CERT_IN_CHAIN: ['certificate', 'its certificate comes from no trusted authority'],
  UNABLE_TO_GET_ISSUER_CERT: ['certificate', 'its certificate comes from no trusted authority'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'certificate',
    'its certificate comes from no trusted authority',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'certificate',
    'its certificate comes from no trusted authority',
  ],
  CERT_SIGNATURE_FAILURE: ['certificate', 'its certificate comes from no trusted authority'],
  CERT_REVOKED: ['certificate', 'its certificate is revoked'],
  CERT_UNTRUSTED: ['certificate', 'its certificate comes from no trusted authority'],
  INVALID_CA: ['certificate', 'its certificate comes from no trusted authority'],
}

function asConnectionError(error: unknown, peer: string, nothingSent: boolean): ConnectionError {
  if (error instanceof ConnectionError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const [problem, words] = problems[code] ?? otherProblem(code)
  return new ConnectionError(problem, `${peer}: ${words}`, { cause: error, nothingSent })
}

function otherProblem(code: string): [ConnectionProblem, string] {
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return ['tls', 'TLS could not be agreed on; is this the right port?']
  return ['lost', code === '' ? 'the connection failed' : `the connection failed (${code})`]
}
