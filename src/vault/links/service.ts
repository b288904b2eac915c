import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import { list, listing } from '../../store/list.ts'
import type { KeyLinkRow, KeyRow } from '../../store/schema.ts'
import { manageable } from '../keys/change.ts'
import { findRow } from '../keys/find.ts'
import { demandStays } from '../keys/rows.ts'
import { visibleKeys } from '../keys/search/visible.ts'
import { findKey } from '../keys/usable.ts'
import type { keyLinks } from './contract.ts'
import {
  endsOf,
  insertLink,
  LINK_TYPES,
  type LinkType,
  linkTypeNamed,
  presentLink,
} from './links.ts'

const linkList = listing({
  table: 'key_links',
  sort: { createdAt: { column: 'created_at' }, type: { column: 'type' } },
  filters: {
    type: { column: 'type', fold: (text) => linkTypeNamed(text) ?? text },
    source: { column: 'source', exact: true },
    target: { column: 'target', exact: true },
  },
  order: '-createdAt',
})

export const keyLinkHandlers: Handlers<Context, typeof keyLinks> = {
  async list(context, { query }) {
    const { caller, read } = context
    // A key that is not there is the end of no link.
    const idOf = async (text: string | undefined) =>
      text ? ((await findRow(read, caller.domain, { id: text }))?.id ?? '') : undefined
    const visible = await visibleKeys(context)
    const index = query.index ? Number(query.index) : undefined
    const { rows, total, messages } = await list(read, linkList, {
      domain: caller.domain,
      page: query,
      filters: {
        type: query.type || undefined,
        source: await idOf(query.source),
        target: await idOf(query.target),
      },
      // Links go with their keys, and nobody keeps their number: they are counted.
      where: (eb) =>
        eb.and([
          // What a link leads to is as little to be seen as where it starts.
          ...(visible
            ? [
                eb('key_links.source', 'in', visible(read)),
                eb('key_links.target', 'in', visible(read)),
              ]
            : []),
          ...(index === undefined ? [] : [eb('key_links.link_index', '=', index)]),
        ]),
    })
    for (const message of messages) context.say(message)
    const ends = await endsOf(read, caller.domain, rows)
    return {
      skip: query.skip,
      limit: query.limit,
      total,
      resources: rows.map((link) => presentLink(link, ends)),
    }
  },

  async create(context, { body }) {
    const { now, transact } = context
    context.note({ type: body.type, source: body.source, target: body.target })
    const type = typeNamed(body.type)
    const link = await transact(async (tx) => {
      const source = await manageable(
        context,
        { id: body.source, type: body.idTypeSource },
        'CreateLink',
      )
      const target = await findKey(context, { id: body.target, type: body.idTypeTarget })
      demandTwo(source, target)
      // Neither is deleted at the same moment.
      demandStays(tx, source)
      demandStays(tx, target)
      return insertLink(tx, type, source, target, stamp(now()), {
        index: body.index ?? 0,
        duplicate: new Fault('conflict', `there is such a link from key ${quote(source.name)}`),
      })
    })
    return shown(context, link)
  },

  async get(context, { params }) {
    const link = await existing(context, params.id)
    await demandSeen(context, link, 'source', params.id)
    await demandSeen(context, link, 'target', params.id)
    return shown(context, link)
  },

  async update(context, { params, body }) {
    context.note({ link: params.id })
    const link = await context.transact(async (tx) => {
      const row = await existing(context, params.id)
      const source = await managedSource(context, row, params.id, 'UpdateLink')
      const target =
        body.target === undefined
          ? undefined
          : await findKey(context, { id: body.target, type: body.idTypeTarget })
      // The answer shows where the link leads.
      if (!target) await demandSeen(context, row, 'target', params.id)
      if (target) {
        demandTwo(source, target)
        demandStays(tx, target)
      }
      return tx.update(
        'key_links',
        row,
        {
          ...(body.type !== undefined && { type: typeNamed(body.type) }),
          ...(target && { target: target.id }),
          ...(body.index !== undefined && { link_index: body.index }),
          updated_at: stamp(context.now()),
        },
        { duplicate: new Fault('conflict', `there is such a link from key ${quote(source.name)}`) },
      )
    })
    return shown(context, link)
  },

  async delete(context, { params }) {
    context.note({ link: params.id })
    await context.transact(async (tx) => {
      const row = await existing(context, params.id)
      await managedSource(context, row, params.id, 'DeleteLink')
      tx.remove('key_links', row)
    })
    return undefined
  },
}

function typeNamed(text: string): LinkType {
  const type = linkTypeNamed(text)
  if (!type)
    throw new Fault(
      'invalid-parameter',
      `type: ${quote(text)} is not one of ${LINK_TYPES.join(', ')}`,
    )
  return type
}

function demandTwo(source: KeyRow, target: KeyRow): void {
  if (source.id === target.id)
    throw new Fault('invalid-parameter', 'target: a key is not linked with itself')
}

async function existing({ caller, read }: Context, text: string): Promise<KeyLinkRow> {
  const id = text.slice(text.lastIndexOf(':') + 1).toLowerCase()
  const row = await read.row('key_links', { domain_id: caller.domain, id })
  if (!row) throw notFound('link', text)
  return row
}

async function endOf(
  { read }: Context,
  link: KeyLinkRow,
  end: 'source' | 'target',
  text: string,
): Promise<KeyRow> {
  const row = await read.row('keys', { domain_id: link.domain_id, id: link[end] })
  if (!row) throw notFound('link', text)
  return row
}

/** Throws 'not-found' unless the caller may read the key at this end. */
async function demandSeen(
  context: Context,
  link: KeyLinkRow,
  end: 'source' | 'target',
  text: string,
): Promise<void> {
  const { key_id } = await endOf(context, link, end, text)
  await findKey(context, { id: key_id, type: 'id' }).catch(hidden(text))
}

/** A link of a key that the caller may know nothing of is not there for him. */
const hidden =
  (text: string) =>
  (error: unknown): never => {
    if (error instanceof Fault && error.kind === 'not-found') throw notFound('link', text)
    throw error
  }

async function managedSource(
  context: Context,
  link: KeyLinkRow,
  text: string,
  action: string,
): Promise<KeyRow> {
  const { key_id } = await endOf(context, link, 'source', text)
  return manageable(context, { id: key_id, type: 'id' }, action).catch(hidden(text))
}

const shown = async (context: Context, link: KeyLinkRow) =>
  presentLink(link, await endsOf(context.read, link.domain_id, [link]))
