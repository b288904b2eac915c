import { Client, type ClientOptions } from './client.ts'
import { type FetchTransportOptions, fetchTransport } from './fetch-transport.ts'

export * from './parts.ts'

/** A client over the browser's `fetch`; bundlers take this in place of the one for Node. */
export const createClient = (options: FetchTransportOptions & ClientOptions): Client =>
  new Client(fetchTransport(options), options)
