import type { z } from 'zod'
import type { Endpoint } from '../kit/endpoint.ts'

/** What a call of an endpoint takes, in the contract's types; what the contract leaves out cannot be given. */
export type CallInput<E> =
  E extends Endpoint<infer Params, infer Query, infer Body, z.ZodType>
    ? Part<'params', Params> & Part<'query', Query> & Part<'body', Body>
    : never

type Part<Name extends string, Schema extends z.ZodType> = Schema extends z.ZodUndefined
  ? { readonly [K in Name]?: undefined }
  : Record<never, never> extends z.input<Schema>
    ? { readonly [K in Name]?: z.input<Schema> }
    : { readonly [K in Name]: z.input<Schema> }

/** The input may be left out when nothing in it is required. */
export type CallArguments<E> =
  Record<never, never> extends CallInput<E> ? [input?: CallInput<E>] : [input: CallInput<E>]

/**
 * What the endpoint answers. Answers are taken at the contract's word and not parsed again, so that an older client
 * goes on working with a newer server that says more.
 */
export type CallReply<E> =
  E extends Endpoint<z.ZodType, z.ZodType, z.ZodType, infer Reply> ? z.output<Reply> : never

export interface Page<Item> {
  readonly skip: number
  readonly limit: number
  readonly total: number
  readonly resources: readonly Item[]
}

/** The element of a list endpoint's answer. */
export type ItemOf<E> = CallReply<E> extends { resources: readonly (infer Item)[] } ? Item : never
