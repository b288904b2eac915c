import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp, timeText } from '../../kit/time.ts'
import { DEFAULT_LIMIT, MAX_LIMIT } from '../../kit/wire.ts'
import { withTemplate } from '../templates/apply.ts'
import { answer, demandExportable, linksIfAsked, materialOf, shownMaterial } from './answer.ts'
import { changeKey, manageable, noteKey, rotatable } from './change.ts'
import { clonedFrom } from './clone.ts'
import type { keys } from './contract.ts'
import { draftKey, insertDrafts } from './create.ts'
import { timeOf } from './dates.ts'
import { demandDeletable } from './delete.ts'
import type { KeyReference } from './find.ts'
import { lastUseOf } from './last-use.ts'
import { archived, destroyed, reactivated, recovered, revoked } from './lifecycle.ts'
import { restartCount, usageLimitsOf } from './limits.ts'
import { listPage } from './list-page.ts'
import { demandMaker } from './makers.ts'
import { nameFor } from './names.ts'
import { withOwners } from './owner.ts'
import { patchedRows } from './patch.ts'
import { changeAliases, demandStays, forgetIvs, reindex, removeKey } from './rows.ts'
import { queryOf, sayUnread, searchOf } from './search/query.ts'
import { search } from './search/search.ts'
import { findKey } from './usable.ts'
import { certTypeAfter, insertVersion, nextId, nextMaterial, rotating } from './versions.ts'
import { clonable, existing, exportable, orExisting } from './wanted.ts'

interface Which {
  readonly type?: string | undefined
  readonly version?: number | undefined
}

const referenceOf = (
  { id }: { readonly id: string },
  { type, version }: Which = {},
): KeyReference => ({ id, type, version })

export const keyHandlers: Handlers<Context, typeof keys> = {
  async list(context, { query }) {
    sayUnread(context, query)
    return listPage(context, query, queryOf(query), query.fields)
  },

  async create(context, { query, body }) {
    demandMaker(context)
    const full = await withOwners(context, await withTemplate(context, body))
    context.note({ key: full.name, algorithm: full.algorithm, size: full.size })
    if (query.returnExisting) {
      const known = await existing(context, full.name)
      if (known) return answer(context, known)
    }
    if (query.includeMaterial && full.unexportable)
      throw new Fault('forbidden', 'the key is not exportable, so no answer holds its material')
    const drafts = await draftKey(context, full)
    if (query.includeMaterial) drafts.main.never_exported = 0
    const shown = query.includeMaterial && (await materialOf(context, drafts.main, full))
    const row = await orExisting(
      context,
      query.returnExisting ? full.name : undefined,
      context.transact((tx) => insertDrafts(tx, context, drafts)),
    )
    noteKey(context, row)
    if (row.id !== drafts.main.id) return answer(context, row)
    return {
      ...answer(context, row, { meta: true, limits: await usageLimitsOf(context.read, row) }),
      ...(full.idSize && { idSize: full.idSize }),
      ...shown,
    }
  },

  async get(context, { params, query }) {
    const row = await findKey(context, referenceOf(params, query))
    const mask = query.usageMask ?? 0
    if ((row.usage_mask & mask) !== mask) throw notFound('key with this usageMask', params.id)
    const links = await linksIfAsked(context, [row], query.fields)
    return answer(context, row, {
      meta: true,
      certFields: query.fields?.includes('certFields') ?? false,
      links: links && (links.get(row.id) ?? []),
      limits: await usageLimitsOf(context.read, row),
      lastUse: await lastUseOf(context, row),
    })
  },

  async update(context, { params, query, body: sent }) {
    const { now, read, transact } = context
    context.note({ key: params.id, changed: Object.keys(sent) })
    const body = await withOwners(context, sent)
    const row = await transact(async (tx) => {
      const before = await manageable(context, referenceOf(params, query), 'UpdateKey')
      const at = stamp(now())
      noteKey(context, before)
      const { rows, aliases } = await patchedRows(context, before, body, at)
      if (rows.length === 0) return before
      if (aliases) await changeAliases(tx, read, before, aliases)
      tx.changesKeys()
      let after = before
      for (const { row, changes } of rows) {
        const next = tx.update('keys', row, { ...changes, updated_at: at })
        reindex(tx, row, next)
        if (row === before) after = next
      }
      if (body.usageLimits) await restartCount(tx, read, after, at)
      return after
    })
    return answer(context, row, { meta: true, limits: await usageLimitsOf(read, row) })
  },

  async delete(context, { params, query }) {
    const { read, transact } = context
    context.note({ key: params.id })
    await transact(async (tx) => {
      const row = await manageable(context, referenceOf(params, query), 'DeleteKey')
      noteKey(context, row)
      await demandDeletable(context, read, row)
      tx.changesKeys()
      removeKey(tx, row)
    })
    return undefined
  },

  async createVersion(context, { params, query, body }) {
    const { read, services, transact } = context
    context.note({ key: params.id })
    const found = await rotatable(context, referenceOf(params, query))
    if (query.includeMaterial) demandExportable(found)
    const id = nextId(found, body)
    const next = await nextMaterial(context, found, body)
    try {
      const going = { ...found, ...next, key_id: id, cert_type: certTypeAfter(found, body) }
      const shown = query.includeMaterial && (await shownMaterial(context, going, body))
      const row = await rotating(found, () =>
        transact(async (tx) => {
          const newest = await rotatable(context, referenceOf(params, query))
          if (query.includeMaterial) demandExportable(newest)
          if (newest.algorithm !== next.spec.algorithm || newest.object_type !== found.object_type)
            throw new Fault('conflict', `key ${quote(newest.name)} is another one by now`)
          const made = await insertVersion(tx, services, read, newest, next, {
            body: { ...body, id },
          })
          return query.includeMaterial
            ? tx.update('keys', made, { never_exported: 0, never_exportable: 0 })
            : made
        }),
      )
      noteKey(context, row)
      return {
        ...answer(context, row),
        ...(body.idSize && { idSize: body.idSize }),
        ...shown,
      }
    } finally {
      next.material.secret.wipe()
    }
  },

  async listVersions(context, { params, query }) {
    const { name } = await findKey(context, { id: params.id, type: query.type })
    sayUnread(context, query)
    return listPage(
      context,
      { ...query, sort: query.sort ?? '-version' },
      // The name is one and no pattern.
      { ...queryOf(query), names: [name.replace(/[\\*?]/g, '\\$&')] },
      query.fields,
    )
  },

  async destroy(context, { params, query }) {
    const row = await changeKey(
      context,
      referenceOf(params, query),
      'DestroyKey',
      async (key, now, tx) => {
        await demandDeletable(context, context.read, key)
        forgetIvs(tx, key)
        return destroyed(key, now)
      },
    )
    return answer(context, row)
  },

  async archive(context, { params, query }) {
    return answer(
      context,
      await changeKey(context, referenceOf(params, query), 'ArchiveKey', archived),
    )
  },

  async recover(context, { params, query }) {
    return answer(
      context,
      await changeKey(context, referenceOf(params, query), 'RecoverKey', recovered),
    )
  },

  async revoke(context, { params, query, body }) {
    context.note({ reason: body.reason })
    const occurredAt = timeOf('compromiseOccurrenceDate', body.compromiseOccurrenceDate)
    const row = await changeKey(context, referenceOf(params, query), 'RevokeKey', (key, now) =>
      revoked(key, now, { reason: body.reason, message: body.message, occurredAt }),
    )
    return answer(context, row)
  },

  async reactivate(context, { params, query, body }) {
    context.note({ reason: body.reason, message: body.message })
    const row = await changeKey(context, referenceOf(params, query), 'ReActivateKey', (key, now) =>
      reactivated(key, now, body.reason),
    )
    return answer(context, row)
  },

  async export(context, { params, query, body }) {
    const { transact } = context
    context.note({ key: params.id })
    const reference = referenceOf(params, query)
    const found = await exportable(context, reference)
    const material = await materialOf(context, found, body)
    // The bytes leave only once it is written that they did, of the very row that was exported.
    const row = await transact(async (tx) => {
      const current = await exportable(context, reference)
      if (current.id !== found.id)
        throw new Fault('conflict', `key ${quote(found.name)} has a newer version by now`)
      noteKey(context, current)
      return current.never_exported === 0
        ? current
        : tx.update('keys', current, { never_exported: 0 })
    })
    return { ...answer(context, row), ...material }
  },

  async clone(context, { params, query, body }) {
    context.note({ key: params.id, name: body.newKeyName })
    const given = await withOwners(context, body)
    const row = await context.transact(async (tx) => {
      const reference = referenceOf(params, query)
      const source = query.includeMaterial
        ? await exportable(context, reference)
        : await clonable(context, reference)
      demandMaker(context)
      const name = nameFor(body.newKeyName, 'newKeyName')
      const drafts = clonedFrom(context, source, given, name)
      if (query.includeMaterial) drafts.main.never_exported = 0
      demandStays(tx, source)
      return insertDrafts(tx, context, drafts)
    })
    noteKey(context, row)
    return {
      ...answer(context, row),
      ...(body.idSize && { idSize: body.idSize }),
      ...(query.includeMaterial && (await materialOf(context, row, {}))),
    }
  },

  async checkValue(context, { params, query }) {
    const row = await findKey(context, referenceOf(params, query))
    noteKey(context, row)
    if (row.check_value === null)
      throw new Fault('invalid-parameter', `${row.algorithm} keys have no check value`)
    return { kcv: row.check_value }
  },

  async query(context, { query, body }) {
    const limit = body.limit ?? query.limit ?? DEFAULT_LIMIT
    const paging = {
      skip: body.skip ?? Math.max(0, query.skip ?? 0),
      limit: limit === 0 ? DEFAULT_LIMIT : Math.max(-1, Math.min(limit, MAX_LIMIT)),
      sort: undefined,
    }
    const wanted = searchOf(body)
    if (!body.returnOnlyIDs) return listPage(context, paging, wanted, body.fields)
    const { rows, total } = await search(context, wanted, paging, timeText(context.now()))
    return {
      skip: paging.skip,
      limit: paging.limit,
      total,
      resources: rows.map(({ key_id }) => key_id),
    }
  },
}
