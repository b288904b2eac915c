import { Client, type ClientOptions } from './client.ts'
import { type NodeTransportOptions, nodeTransport } from './node-transport.ts'

export { type NodeTransportOptions, nodeTransport } from './node-transport.ts'
export * from './parts.ts'

/** A client over Node's own HTTPS. In a browser, bundlers take browser.ts in its place. */
export const createClient = (options: NodeTransportOptions & ClientOptions): Client =>
  new Client(nodeTransport(options), options)
