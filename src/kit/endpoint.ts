import type { z } from 'zod'

/**
 * Who may call an endpoint. `public`: anyone. `self`: any signed-in user, about himself. Otherwise the caller needs
 * the action: in one of his groups' duties or by a policy. There is no default; leaving it out does not compile.
 */
export type Access = 'public' | 'self' | { readonly action: string; readonly resource: string }

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

export type RawBody = 'octet-stream' | 'text'

export const rawTypes: Readonly<Record<RawBody, string>> = {
  'octet-stream': 'application/octet-stream',
  text: 'text/plain',
}

export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  readonly method: Method
  /** Below `/api`, without a trailing slash; parameters as `:name`. Every path is also answered with one. */
  readonly path: `/v1/${string}`
  readonly summary: string
  readonly description?: string
  readonly access: Access
  /**
   * The sentence a record of this call opens with, for calls that change or decide something; false for plain reads.
   * A refused call (401 with a credential, 403) is recorded either way.
   */
  readonly audit: string | false
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  /** Query parameters that may be given more than once; they arrive as one text, joined by commas. */
  readonly repeats?: readonly string[]
  /** Whether fields of the body are known by their names in any case, since clients do not agree on it. */
  readonly anyCase?: boolean
  /** Fields of the body in which null says something; in all others it stands for a field that was left out. */
  readonly nulls?: readonly string[]
  /** How a body is refused that does not fit its schema, where the API has another word for that than `invalid`. */
  readonly wrongBody?: 'invalid-parameter'
  /** z.undefined() together with status 204: no body. */
  readonly reply: Reply
  readonly status: 200 | 201 | 202 | 204
  /** The answer is no JSON but the text that the handler returns, in this form (RFC 4180), for a file. */
  readonly answers?: 'csv'
  /** Content types of the body besides JSON. */
  readonly accepts?: readonly 'form'[]
  /**
   * The body is no JSON but bytes of this content type, and the schema is given them as a Buffer: an empty one where no
   * body was sent. Such bodies may be as long as `MAX_RAW_BYTES`.
   */
  readonly raw?: RawBody
  /** Whether a call without an `Accept` header is refused, as the API does below /crypto. */
  readonly needsAccept?: boolean
}

/** Declares one endpoint. The value is plain data: the server, the CLI, the SDK and OpenAPI all read it. */
export function endpoint<
  Reply extends z.ZodType,
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
>(declaration: Endpoint<Params, Query, Body, Reply>): Endpoint<Params, Query, Body, Reply> {
  return declaration
}

export type Input<E> =
  E extends Endpoint<infer P, infer Q, infer B, z.ZodType>
    ? { params: z.output<P>; query: z.output<Q>; body: z.output<B> }
    : never

export type Output<E> =
  E extends Endpoint<z.ZodType, z.ZodType, z.ZodType, infer R> ? z.input<R> : never

/** One function per endpoint of a contract; a forgotten one does not compile. */
export type Handlers<Context, Endpoints> = {
  readonly [Name in keyof Endpoints]: (
    context: Context,
    input: Input<Endpoints[Name]>,
  ) => Promise<Output<Endpoints[Name]>>
}

export type Endpoints = Readonly<Record<string, Endpoint>>
