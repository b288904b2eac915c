import {
  ConnectionError,
  type Transport,
  type WireRequest,
  type WireResponse,
} from './transport.ts'

export interface FetchTransportOptions {
  /** The server: `https://keys.example.com:8443`, with a path if a proxy has it under one. */
  readonly url: string
  /** Milliseconds until an answer must be whole; 30,000 by default. */
  readonly timeout?: number | undefined
  /** Bytes of the largest answer taken; 64 MiB by default. */
  readonly maxReply?: number | undefined
}

/** The browser's own `fetch`. It decides about certificates and proxies, and lets nobody see why it failed. */
export function fetchTransport(options: FetchTransportOptions): Transport {
  const base = new URL(options.url)
  // Passwords and tokens travel here; there is no case for sending them in the clear.
  if (base.protocol !== 'https:') throw new TypeError(`${base.origin} must begin with https://`)
  const prefix = base.origin + base.pathname.replace(/\/+$/, '')
  const most = options.maxReply ?? 64 * 1024 * 1024

  const send = async ({ method, path, headers, body }: WireRequest): Promise<WireResponse> => {
    const { 'user-agent': _, ...rest } = headers
    const signal = AbortSignal.timeout(options.timeout ?? 30_000)
    try {
      const response = await fetch(prefix + path, {
        method,
        headers: rest,
        signal,
        redirect: 'manual',
        // The token is in a header; cookies of the page have no business here.
        credentials: 'omit',
        cache: 'no-store',
        ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer> }),
      })
      return {
        status: response.status,
        contentType: response.headers.get('content-type') ?? '',
        body: await readAll(response, most),
        retryAfter: response.headers.get('retry-after') ?? undefined,
      }
    } catch (error) {
      if (error instanceof ConnectionError) throw error
      throw signal.aborted
        ? new ConnectionError('timeout', `${base.host}: no answer in time`, { cause: error })
        : new ConnectionError('lost', `${base.host}: the connection failed`, { cause: error })
    }
  }
  return { send, close: () => {} }
}

async function readAll(response: Response, most: number): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    length += value.length
    if (length > most) {
      await reader.cancel()
      throw new ConnectionError('too-large', `the answer is larger than ${most} bytes`)
    }
    text += decoder.decode(value, { stream: true })
  }
}
