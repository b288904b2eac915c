import { Client, type ClientOptions } from './client.ts'
import { type NodeTransportOptions, nodeTransport } from './node-transport.ts'

export { catalogue } from '../catalogue.ts'
export { ApiError, ForeignAnswer } from './api-error.ts'
export { Client, type ClientOptions } from './client.ts'
export { type NodeTransportOptions, nodeTransport } from './node-transport.ts'
export { type Credentials, SignInError } from './session.ts'
export { ConnectionError } from './transport.ts'
export type { CallReply } from './types.ts'

/** A client over Node's own HTTPS. A browser builds a Client on a Transport of its own instead. */
export const createClient = (options: NodeTransportOptions & ClientOptions): Client =>
  new Client(nodeTransport(options), options)
