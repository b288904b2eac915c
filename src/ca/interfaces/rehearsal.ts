import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { connect, createSecureContext, TLSSocket } from 'node:tls'
import { Fault } from '../../kit/fault.ts'
import type { Listening } from './tls.ts'

const LONGEST_MS = 5000

/**
 * Shakes hands with a client of today, in memory, under what would be put in place. A fault when that fails: with these
 * suites, groups, versions and this certificate nobody would reach the server any more.
 */
export async function rehearse({ context }: Listening): Promise<void> {
  const [near, far] = duplexPair()
  let server: TLSSocket | undefined
  let client: TLSSocket | undefined
  try {
    const secureContext = createSecureContext(context)
    server = new TLSSocket(far, { isServer: true, secureContext })
    const failed = once(server, 'error').then(([error]) => {
      throw error
    })
    // Whom it names is another question: here it matters that both can speak at all.
    client = connect({ socket: near, rejectUnauthorized: false })
    const signal = AbortSignal.timeout(LONGEST_MS)
    await Promise.race([once(client, 'secureConnect', { signal }), failed])
  } catch (cause) {
    throw new Fault(
      'invalid-parameter',
      `no client could connect any more: ${reasonOf(cause)}. Nothing was changed`,
      { cause },
    )
  } finally {
    client?.destroy()
    server?.destroy()
  }
}

/** OpenSSL's reason, such as "no shared cipher", without its numbers and places. */
function reasonOf(cause: unknown): string {
  const { reason } = cause as { readonly reason?: unknown }
  return typeof reason === 'string'
    ? reason
    : 'certificate, cipher suites, groups and TLS versions do not fit together'
}
