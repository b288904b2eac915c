import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { z } from 'zod'
import type { Caller, Context, Services } from '../context.ts'
import { type Endpoint, type Method, rawTypes } from '../kit/endpoint.ts'
import { Fault, Tampered } from '../kit/fault.ts'
import { MAX_LIMIT } from '../kit/wire.ts'
import { faultOnTheWire, internalError } from './faults.ts'
import { withKnownNames } from './field-names.ts'
import { ANONYMOUS, type Authority, credential, Passage } from './gate.ts'
import { MAX_RAW_BYTES, parseJson } from './json.ts'
import { parseForm, parseQuery } from './query.ts'
import { parseInput, validationSentence, withoutNulls } from './validate.ts'

/** An endpoint with the function that answers it. */
export interface Route {
  /** As the catalogue names it: `groups.create`. */
  readonly name: string
  readonly endpoint: Endpoint
  readonly handler: (context: Context, input: never) => Promise<unknown>
}

export interface MountOptions {
  readonly services: Services
  readonly authority: Authority
  /** Holds every answer against its contract; for tests, which should fail on what a client would stumble over. */
  readonly checkReplies: boolean
}

export const METHODS: readonly Method[] = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']

/** Mounts every route behind the one gate. Throws at start when a route does not say who may call it. */
export function mount(
  server: FastifyInstance,
  routes: readonly Route[],
  options: MountOptions,
): void {
  const methodsOf = new Map<string, Set<Method>>()
  for (const route of routes) {
    const { endpoint, name } = route
    demandDeclared(name, endpoint)
    const url = `/api${endpoint.path}`
    const methods = methodsOf.get(url) ?? new Set()
    methodsOf.set(url, methods.add(endpoint.method))
    const handler = passageFor(route, options)
    if (endpoint.raw === undefined) server.route({ method: endpoint.method, url, handler })
    else mountRaw(server, rawTypes[endpoint.raw], { method: endpoint.method, url, handler })
  }
  for (const [url, methods] of methodsOf) {
    const others = METHODS.filter((method) => !methods.has(method))
    const method = [...others, 'HEAD', 'OPTIONS']
    server.route({ method, url, handler: refuseMethod([...methods].join(', ')) })
  }
}

/** A route that takes bytes of one content type. In a place of its own, so that no other route reads such bodies. */
function mountRaw(server: FastifyInstance, type: string, route: RouteOptions): void {
  server.register(async (own) => {
    own.addContentTypeParser(
      type,
      { parseAs: 'buffer', bodyLimit: MAX_RAW_BYTES },
      (_request, body, done) => done(null, body),
    )
    own.route(route)
  })
}

/** What the types already demand, for callers that do not compile: a route without access must not start. */
function demandDeclared(name: string, endpoint: Endpoint): void {
  const { access, audit, reply } = endpoint as Partial<Endpoint>
  if (access === undefined || (typeof access === 'object' && !(access.action && access.resource)))
    throw new Error(`the endpoint ${name} does not say who may call it`)
  if (audit === undefined)
    throw new Error(`the endpoint ${name} does not say whether it is recorded`)
  if (reply === undefined) throw new Error(`the endpoint ${name} does not say what it answers`)
}

function refuseMethod(allowed: string) {
  return (request: FastifyRequest, reply: FastifyReply) => {
    reply.header('allow', allowed)
    throw new Fault(
      'method-not-allowed',
      `${request.method} is not offered here; there is ${allowed}`,
    )
  }
}

export function passageFor(route: Route, { services, authority, checkReplies }: MountOptions) {
  const { endpoint, name, handler } = route
  const area = name.slice(0, name.indexOf('.'))
  const known = knownParameters(endpoint.query)
  const neverEmpty = parametersNeverEmpty(endpoint)
  const act = handler as (context: Context, input: unknown) => Promise<unknown>

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    let passage: Passage | undefined
    const open = (caller: Caller) =>
      new Passage(area, endpoint, services, caller, authority, request, reply)
    try {
      if (endpoint.access === 'public') passage = open(ANONYMOUS)
      else {
        const token = credential(request)
        if (token === undefined)
          throw new Fault('unauthenticated', 'Authorization header is missing')
        let caller: Caller
        try {
          caller = await authority.authenticate(token)
        } catch (error) {
          // A refused credential is on record under no name, since nobody was recognised.
          passage = open(ANONYMOUS)
          throw error
        }
        passage = open(caller)
        if (typeof endpoint.access === 'object')
          passage.context.authorize(endpoint.access.action, endpoint.access.resource)
      }
      if (endpoint.needsAccept && !request.headers.accept?.trim())
        throw new Fault('invalid', 'Accept header is invalid.')
      const query =
        endpoint.query === undefined
          ? undefined
          : withoutEmpty(parseQuery(queryText(request.url), endpoint.repeats), neverEmpty)
      const input = {
        params: parseInput(endpoint.params, request.params),
        query: parseInput(endpoint.query, query),
        body:
          endpoint.body === undefined
            ? undefined
            : parseInput(endpoint.body, bodyOf(request, endpoint), endpoint.wrongBody),
      }
      if (known !== undefined && query !== undefined)
        for (const parameter in query)
          if (!known.has(parameter))
            passage.context.say(
              `the query parameter ${JSON.stringify(parameter.slice(0, 64))} is not known and was ignored`,
            )
      const output = await act(passage.context, input)
      await passage.succeeded()
      return answer(reply, endpoint, withMessages(output, passage.messages), checkReplies)
    } catch (error) {
      return fail(request, reply, error, passage)
    }
  }
}

function knownParameters(query: z.ZodType | undefined): ReadonlySet<string> | undefined {
  return query instanceof z.ZodObject ? new Set(Object.keys(query.shape)) : undefined
}

/**
 * Those of which an empty text means nothing, such as numbers: clients leave them empty for what was not set. Not so
 * the version of what is changed or deleted: the newest is not meant by who forgot to say which.
 */
function parametersNeverEmpty({ method, params, query }: Endpoint): readonly string[] {
  if (!(query instanceof z.ZodObject)) return []
  const isChange = method !== 'GET' && params !== undefined
  return Object.entries(query.shape).flatMap(([name, schema]) =>
    (isChange && name === 'version') || (schema as z.ZodType).safeParse('').success ? [] : [name],
  )
}

function withoutEmpty(
  query: Record<string, string>,
  names: readonly string[],
): Record<string, string> {
  for (const name of names) if (query[name] === '') delete query[name]
  return query
}

const queryText = (url: string): string => {
  const mark = url.indexOf('?')
  return mark < 0 ? '' : url.slice(mark + 1)
}

function bodyOf(request: FastifyRequest, endpoint: Endpoint): unknown {
  const bytes = request.body as Buffer | undefined
  const isEmpty = bytes === undefined || bytes === null || bytes.length === 0
  const type = request.headers['content-type'] ?? ''
  if (endpoint.raw !== undefined) {
    // Clients send their usual content type with every call, also where there is nothing to send.
    if (isEmpty) return NO_BYTES
    if (!isType(type, rawTypes[endpoint.raw]))
      throw new Fault('unsupported-media-type', `this call takes ${rawTypes[endpoint.raw]}`)
    return bytes
  }
  if (isEmpty) return {}
  if (isForm(type)) {
    if (!endpoint.accepts?.includes('form'))
      throw new Fault('unsupported-media-type', 'this call takes JSON')
    return parseForm(bytes)
  }
  if (isBlank(bytes)) return {}
  // Null is what was left out, the whole body too.
  const body = withoutNulls(parseJson(bytes) ?? {}, endpoint.nulls)
  return endpoint.anyCase && endpoint.body ? withKnownNames(endpoint.body, body) : body
}

/** Of nothing but the white space of RFC 8259. */
const isBlank = (bytes: Buffer): boolean =>
  bytes.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)

const NO_BYTES = Buffer.alloc(0)

/** Whether a header that a parser was found for names this type; parameters behind it count for nothing. */
const isType = (header: string, type: string): boolean =>
  (header.split(';', 1)[0] ?? '').trim().toLowerCase() === type

const isForm = (type: string): boolean => /^application\/x-www-form-urlencoded\b/i.test(type)

function withMessages(output: unknown, messages: readonly string[]): unknown {
  if (messages.length === 0) return output
  if (typeof output !== 'object' || output === null || !('resources' in output)) return output
  return { ...output, messages }
}

function answer(
  reply: FastifyReply,
  endpoint: Endpoint,
  output: unknown,
  checkReplies: boolean,
): FastifyReply {
  if (checkReplies) {
    const checked = endpoint.reply.safeParse(output)
    if (!checked.success)
      throw new Error(`an answer breaks its contract: ${validationSentence(checked.error)}`)
  }
  if (output === undefined) return reply.code(endpoint.status).send()
  if (endpoint.answers === 'csv')
    return reply
      .code(endpoint.status)
      .header('content-type', 'text/csv; charset=utf-8; header=present')
      .header('content-disposition', 'attachment; filename="report.csv"')
      .send(output)
  return reply
    .code(endpoint.status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(isLongList(output) ? Readable.from(inPieces(output)) : JSON.stringify(output))
}

const PIECE = 500

interface LongList {
  readonly resources: readonly unknown[]
}

/** Longer than any page: the answer to `limit=-1`, which is streamed. */
const isLongList = (output: unknown): output is LongList =>
  typeof output === 'object' &&
  output !== null &&
  'resources' in output &&
  Array.isArray(output.resources) &&
  output.resources.length > MAX_LIMIT

function* inPieces({ resources, ...rest }: LongList): Generator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"resources":[`
  for (let at = 0; at < resources.length; at += PIECE) {
    const piece = JSON.stringify(resources.slice(at, at + PIECE)).slice(1, -1)
    yield at === 0 ? piece : `,${piece}`
  }
  yield ']}'
}

/** Every failure leaves through here: the caller's in the API's words, ours as a bare number in the log and the answer. */
export async function fail(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  passage?: Passage,
): Promise<FastifyReply> {
  let told = error
  try {
    if (error instanceof Fault) await passage?.failed(error)
    else if (error instanceof Tampered) await passage?.tampered(error.table, error.row)
    else await passage?.crashed()
  } catch (unrecorded) {
    // What cannot be recorded is not answered either (U1): the caller learns that the server cannot work.
    told = unrecorded
  }
  const { status, body } =
    told instanceof Fault
      ? faultOnTheWire(told.kind, told.message, request.id)
      : internalError(request.id)
  if (status >= 500 && status !== 501)
    request.log.error({ err: told, requestID: request.id }, 'request failed')
  return reply
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(body))
}
