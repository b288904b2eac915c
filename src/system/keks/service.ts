import type { Context } from '../../context.ts'
import { ROOT_DOMAIN, ROOT_DOMAIN_NAME } from '../../kit/domain.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { notFound } from '../../kit/fault.ts'
import { wireTime } from '../../kit/time.ts'
import type { DomainKekRow } from '../../store/schema.ts'
import type { Seal } from '../seal/seal.ts'
import type { keks } from './contract.ts'
import * as store from './store.ts'

type KekRotation = Pick<Seal, 'rotateDomainKek' | 'finishRotations'>

export function kekHandlers(seal: KekRotation): Handlers<Context, typeof keks> {
  return {
    async list(context, { params, query }) {
      const domain = domainOf(context, params.id)
      const newest = await store.newest(context.read, domain)
      const { rows, total, messages } = await store.page(context.read, domain, query)
      for (const message of messages) context.say(message)
      return {
        skip: query.skip,
        limit: query.limit,
        total,
        resources: rows.map((row) => present(row, newest)),
      }
    },

    async get(context, { params }) {
      const domain = domainOf(context, params.id)
      const newest = await store.newest(context.read, domain)
      const row = await store.find(context.read, domain, params.kek_id)
      if (!row) throw notFound('key-encryption key', params.kek_id)
      return present(row, newest)
    },

    rotate: (context, { params }) =>
      recordedFirst(context, params.id, (domain) => seal.rotateDomainKek(domain)),

    // Of every domain: rotations that a crash cut short are few, and one has nothing to lose by another's being finished.
    retryRotation: (context, { params }) =>
      recordedFirst(context, params.id, () => seal.finishRotations()),
  }
}

/**
 * A rotation is many units of work. Its record goes ahead of the first, so that none is ever without one (U1); what
 * fails afterwards is recorded once more, as a failure.
 */
async function recordedFirst(
  context: Context,
  domainId: string,
  work: (domain: string) => Promise<void>,
) {
  const domain = domainOf(context, domainId)
  const before = await store.newest(context.read, domain)
  context.note({ domain, kek_id: before.id, version: before.version })
  await context.transact(() => undefined)
  await work(domain)
  const newest = await store.newest(context.read, domain)
  return present(newest, newest)
}

/** The domain by id or name. Only the caller's own is there for him; another one is not found. */
function domainOf({ caller }: Context, text: string): string {
  const id = text === ROOT_DOMAIN_NAME ? ROOT_DOMAIN : text
  if (id !== ROOT_DOMAIN || id !== caller.domain) throw notFound('domain', text)
  return id
}

const present = (row: DomainKekRow, newest: Pick<DomainKekRow, 'id'>) => ({
  id: row.id,
  createdAt: wireTime(row.created_at),
  version: row.version,
  active: row.id === newest.id,
  state: row.id === newest.id ? ('active' as const) : ('retiring' as const),
})
