import type { Server as HttpListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import * as ca from './ca/index.ts'
import type { Services } from './context.ts'
import { createPkiServer, listenOn } from './http/pki.ts'
import type { ServerSetup } from './installation.ts'

export interface Publishing {
  readonly url: string
  close(seconds: number): Promise<void>
}

/**
 * Serves what the CAs publish. An address that nobody asked for may be somebody else's: then the server says so and does
 * without, since the API is what it is there for.
 */
export async function publish(
  services: Services,
  { pkiListen = 'off', pkiListenGiven = false, pkiUrl }: ServerSetup,
  log: FastifyInstance['log'],
): Promise<Publishing | undefined> {
  if (pkiListen === 'off') return undefined
  const report = (err: unknown) => log.error({ err }, 'revocation could not be published')
  const listener = createPkiServer(ca.createPki(services, pkiUrl, report), report)
  try {
    const url = await listenOn(listener, pkiListen)
    log.info(`revocation lists and OCSP are served at ${url}`)
    return { url, close: (seconds) => closeListener(listener, seconds) }
  } catch (error) {
    if (pkiListenGiven) throw error
    const { host, port } = pkiListen
    log.warn(
      `revocation lists and OCSP are not served: ${host}:${port} cannot be had (${(error as NodeJS.ErrnoException).code}); KEYSTEAD_PKI_LISTEN names another address, or off`,
    )
    return undefined
  }
}

async function closeListener(listener: HttpListener, seconds: number): Promise<void> {
  const timer = setTimeout(() => listener.closeAllConnections(), seconds * 1000)
  listener.closeIdleConnections()
  await new Promise<void>((resolve) => listener.close(() => resolve()))
  clearTimeout(timer)
}
