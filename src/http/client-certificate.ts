import type { Socket } from 'node:net'
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls'

const read = new WeakMap<Socket, readonly Uint8Array[]>()
const MAX_CHAIN = 32

/**
 * What the client of this connection showed in the TLS handshake, in DER, its own certificate first; empty without one.
 * Whether it is worth anything is another question: TLS has only made sure that the client holds the key of the first.
 * Read when somebody asks, and once a connection.
 */
export function clientCertificates(socket: Socket): readonly Uint8Array[] {
  const known = read.get(socket)
  if (known) return known
  const chain = socket instanceof TLSSocket ? chainOf(socket) : []
  read.set(socket, chain)
  return chain
}

function chainOf(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = []
  const seen = new Set<DetailedPeerCertificate>()
  // Node answers with an empty object, null or nothing where there is no certificate; a root is its own issuer.
  let next: DetailedPeerCertificate | undefined | null = socket.getPeerCertificate(true)
  while (next?.raw && chain.length < MAX_CHAIN && !seen.has(next)) {
    seen.add(next)
    chain.push(next.raw)
    next = next.issuerCertificate
  }
  return chain
}
