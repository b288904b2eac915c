import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import type { SecureVersion } from 'node:tls'

export interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
  readonly framing: 'length' | 'chunked' | 'none'
  readonly tls: SecureVersion | undefined
  /** Shown in the TLS handshake, in PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined
}

export interface Answer {
  /** 0 when no connection came about. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface Wire {
  send(sent: Sent): Promise<Answer>
  close(): void
}

/**
 * Speaks HTTPS through node:https rather than fetch, because fetch tidies what must arrive untidy: repeated slashes,
 * a bare `|`, a body on DELETE, `Authorization: Bearer ` without a token, a POST without Content-Length.
 */
export function connect(url: string, trust: { ca?: string; insecure?: boolean }): Wire {
  const base = new URL(url)
  const options = {
    ...(trust.ca === undefined ? undefined : { ca: trust.ca }),
    rejectUnauthorized: trust.insecure !== true,
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 4, ...options })

  function once(sent: Sent): Promise<Answer & { retry?: boolean }> {
    return new Promise((resolve) => {
      const oneVersion = sent.tls
      const outgoing = request({
        host: base.hostname,
        port: base.port === '' ? 443 : Number(base.port),
        method: sent.method,
        path: sent.path,
        agent: oneVersion === undefined && sent.certificate === undefined ? agent : false,
        ...options,
        ...sent.certificate,
        ...(oneVersion === undefined
          ? undefined
          : { minVersion: oneVersion, maxVersion: oneVersion, ciphers: 'DEFAULT@SECLEVEL=0' }),
        timeout: 30_000,
      })
      for (const [name, value] of Object.entries(sent.headers)) outgoing.setHeader(name, value)
      if (
        sent.framing === 'length' &&
        (sent.body !== undefined || /POST|PATCH|PUT/.test(sent.method))
      )
        outgoing.setHeader('Content-Length', sent.body?.length ?? 0)
      if (sent.framing === 'chunked') outgoing.setHeader('Transfer-Encoding', 'chunked')
      if (sent.framing === 'none') {
        outgoing.removeHeader('Content-Length')
        outgoing.removeHeader('Transfer-Encoding')
      }
      const failed = (error: Error) =>
        resolve({ status: 0, headers: {}, text: error.message, retry: outgoing.reusedSocket })
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 30 s')))
      outgoing.on('error', failed)
      outgoing.on('response', (incoming) => {
        const parts: Buffer[] = []
        incoming.on('data', (part: Buffer) => parts.push(part))
        incoming.on('error', failed)
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text: Buffer.concat(parts).toString('utf8'),
          }),
        )
      })
      outgoing.end(sent.body)
    })
  }

  return {
    async send(sent) {
      const answer = await once(sent)
      // A kept connection may be closed by the server in the moment we use it again; that says nothing about the product.
      return answer.status === 0 && answer.retry === true ? once(sent) : answer
    },
    close: () => agent.destroy(),
  }
}
