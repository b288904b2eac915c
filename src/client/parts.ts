/** What the client offers in Node and in a browser alike. */
export { catalogue } from '../catalogue.ts'
export { ApiError, ForeignAnswer } from './api-error.ts'
export { type Callable, type CallParts, Client, type ClientOptions } from './client.ts'
export { ClientError, type FailureKind } from './client-error.ts'
export { type FetchTransportOptions, fetchTransport } from './fetch-transport.ts'
export { type Credentials, SignInError } from './session.ts'
export {
  ConnectionError,
  type Transport,
  type WireRequest,
  type WireResponse,
} from './transport.ts'
export type { CallReply } from './types.ts'
