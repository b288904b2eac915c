import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, Context, Origin, Services } from '../context.ts'
import { ROOT_DOMAIN } from '../kit/domain.ts'
import type { Endpoint } from '../kit/endpoint.ts'
import { Fault } from '../kit/fault.ts'
import { SESSION_COOKIE } from '../kit/session-cookie.ts'
import { stamp } from '../kit/time.ts'
import { timeOrderedUuid } from '../kit/uuid.ts'
import type { AuditEntry } from '../store/store.ts'
import { clientCertificates } from './client-certificate.ts'

/** Who may do what, as the gate asks it; identity answers. */
export interface Authority {
  /** The caller behind a bearer token or session cookie. Throws 'unauthenticated'. */
  authenticate(token: string): Promise<Caller>
  grants(caller: Caller, action: string, resource: string): boolean
}

export const ANONYMOUS: Caller = {
  userId: '',
  username: '',
  domain: ROOT_DOMAIN,
  groups: [],
  sessionId: '',
  clientId: '',
}

/**
 * The bearer token of a request, or its session cookie; undefined when it brings neither. A cookie counts only for
 * requests that this server's own pages send, so that no other site can act with it.
 */
export function credential(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization
  if (header !== undefined) {
    const scheme = /^bearer +/i.exec(header)?.[0]
    return scheme === undefined ? '' : header.slice(scheme.length).trim()
  }
  const cookie = request.headers.cookie
  if (cookie === undefined || !fromOwnPages(request)) return undefined
  const prefix = `${SESSION_COOKIE}=`
  const pair = cookie.split(';').find((part) => part.trim().startsWith(prefix))
  return pair?.trim().slice(prefix.length)
}

function fromOwnPages(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  const origin = request.headers.origin
  if (origin !== undefined) return origin === `https://${request.headers.host}`
  return request.method === 'GET'
}

/** One request on its way through the gate: its context, and what its audit record will say. */
export class Passage {
  readonly context: Context
  readonly messages: string[] = []
  readonly #endpoint: Endpoint
  readonly #area: string
  readonly #services: Services
  readonly #origin: Origin
  #caller: Caller
  #details: Record<string, unknown> | undefined
  #refused: string | undefined
  #recorded: 'nothing' | 'success' | 'failure' = 'nothing'

  constructor(
    area: string,
    endpoint: Endpoint,
    services: Services,
    caller: Caller,
    authority: Authority,
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    this.#endpoint = endpoint
    this.#area = area
    this.#services = services
    this.#caller = caller
    this.#origin = {
      requestId: request.id,
      ip: request.ip,
      userAgent: request.headers['user-agent']?.slice(0, 256) ?? '',
    }
    const may = (action: string, resource: string) => authority.grants(caller, action, resource)
    this.context = {
      services,
      caller,
      origin: this.#origin,
      now: services.now,
      read: services.store.read,
      clientCertificates: () => clientCertificates(request.raw.socket),
      transact: (work) => this.#transact(work),
      may,
      authorize(action, resource) {
        if (!may(action, resource))
          throw new Fault('forbidden', `${action} on ${resource} is not permitted`)
      },
      note: (details) => {
        this.#details = { ...this.#details, ...details }
      },
      refuse: (sentence) => {
        this.#refused = sentence
      },
      say: (message) => {
        this.messages.push(message)
      },
      header: (name, value) => {
        reply.header(name, value)
      },
    }
  }

  async #transact<T>(work: Parameters<Context['transact']>[0]): Promise<T> {
    if (this.#endpoint.audit === false || this.#recorded !== 'nothing')
      return (await this.#services.store.transact(work)) as T
    const result = await this.#services.store.transact(async (tx) => {
      const done = await work(tx)
      tx.audit(this.#entry(this.#refused))
      return done
    })
    this.#recorded = this.#refused === undefined ? 'success' : 'failure'
    return result as T
  }

  /** After a handler that changed nothing, so that its call is on record all the same. */
  async succeeded(): Promise<void> {
    if (this.#endpoint.audit === false || this.#recorded !== 'nothing') return
    await this.#services.store.transact((tx) => tx.audit(this.#entry(undefined)))
  }

  /** Records a refusal: every 401 and 403, and what else fails where the endpoint is recorded. */
  async failed(fault: Fault): Promise<void> {
    if (this.#recorded === 'failure' || fault.kind === 'unavailable' || fault.kind === 'no-space')
      return
    const isDecision = fault.kind === 'forbidden' || fault.kind === 'unauthenticated'
    const concerns = this.#endpoint.audit !== false && fault.kind !== 'invalid'
    if (!isDecision && !concerns) return
    await this.#services.store.transact((tx) => tx.audit(this.#entry(fault.message)))
    this.#recorded = 'failure'
  }

  /** Records that our own bug cut the call off, perhaps after a part of it was done. */
  async crashed(): Promise<void> {
    if (this.#endpoint.audit === false) return
    await this.#services.store.transact((tx) =>
      tx.audit({ ...this.#entry('internal error'), severity: 'error' }),
    )
  }

  /** Records that a stored row did not fit its seal. */
  async tampered(table: string, row: string): Promise<void> {
    this.#details = { ...this.#details, table, row }
    await this.#services.store.transact((tx) =>
      tx.audit({ ...this.#entry('a stored record does not fit its seal'), severity: 'critical' }),
    )
  }

  #entry(refused: string | undefined): AuditEntry {
    const { username, ...details } = this.#details ?? {}
    return {
      id: timeOrderedUuid(),
      domain_id: this.#caller.domain,
      created_at: stamp(this.#services.now()),
      severity: refused === undefined ? 'info' : 'warning',
      message: this.#endpoint.audit === false ? this.#endpoint.summary : this.#endpoint.audit,
      username: storable(typeof username === 'string' ? username : this.#caller.username),
      service: this.#area,
      source: this.#services.nodeId,
      success: refused === undefined,
      client_ip: this.#origin.ip,
      details: JSON.stringify({
        ...details,
        ...(refused === undefined ? undefined : { reason: refused }),
        request_id: this.#origin.requestId,
        user_agent: this.#origin.userAgent,
      }),
    }
  }
}

/** Whatever name was tried is on record, also one that no database could keep and no user could have. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')
