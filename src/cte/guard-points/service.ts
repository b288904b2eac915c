import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import { list, listing } from '../../store/list.ts'
import type { CteGuardPointRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { fits } from '../glob.ts'
import { hold } from '../hold.ts'
import { changedIn } from '../noted.ts'
import { findPolicy } from '../policies/find.ts'
import { isOfType } from '../policies/types.ts'
import { primarySetNamed } from '../primary-sets/find.ts'
import { demandReader } from '../readers.ts'
import type {
  cteClientGuardPoints,
  cteGroupGuardPoints,
  GuardPoint,
  GuardPointChange,
} from './contract.ts'
import { makeGuardPoints } from './create.ts'
import {
  type FindGuarded,
  type Guarded,
  guardedClient,
  guardedGroup,
  guardPointOf,
  ownGuardPoint,
} from './guarded.ts'
import { presentAll, presentOne } from './present.ts'
import { demandLineage, demandNoCredentials } from './rules.ts'
import { removeGuardPoint } from './store.ts'

const guardPointList = listing({
  table: 'cte_guard_points',
  sort: {
    guard_path: { column: 'guard_path' },
    guard_point_type: { column: 'guard_point_type' },
    guard_enabled: { column: 'guard_enabled' },
    createdAt: { column: 'created_at' },
    updatedAt: { column: 'updated_at' },
  },
  filters: {
    guard_path: { column: 'guard_path' },
    guard_point_type: { column: 'guard_point_type', lower: true },
  },
  order: '-updatedAt',
})

const handlers = (find: FindGuarded): Handlers<Context, typeof cteGroupGuardPoints> => ({
  async list(context, { params, query }) {
    demandReader(context, 'ReadGuardPointCTE')
    const { caller, read } = context
    const { skip, limit, guard_enabled } = query
    const guarded = await find(context, params.id)
    const ids = await policyIds(context, query)
    const { rows, total, messages } = await list(read, guardPointList, {
      domain: caller.domain,
      page: query,
      filters: { guard_path: query.guard_path, guard_point_type: query.guard_point_type },
      where: (eb) =>
        eb.and([
          eb('cte_guard_points.owner_id', 'in', [...guarded.owners]),
          ...(guard_enabled === undefined
            ? []
            : [eb('cte_guard_points.guard_enabled', '=', guard_enabled ? 1 : 0)]),
          ...(ids === undefined ? [] : [eb('cte_guard_points.policy_id', 'in', ids)]),
        ]),
    })
    for (const message of messages) context.say(message)
    const resources = await presentAll(
      context,
      rows.map((row) => [row, guarded.shown(row)] as const),
    )
    return { skip, limit, total, resources }
  },

  async create(context, { params, body }) {
    const { guard_paths, guard_point_params: given } = body
    context.note({ of: params.id, guard_paths, policy: given.policy_id })
    return context.transact(async (tx) => {
      const guarded = await find(context, params.id)
      const made = await makeGuardPoints(context, tx, guarded, guard_paths, given)
      context.note({ guard_points: made.flatMap(({ row }) => (row ? [row.id] : [])) })
      const shown = await presentAll(
        context,
        made.flatMap(({ row }) => (row ? [[row, guarded.shown(row)] as const] : [])),
      )
      const byId = new Map(shown.map((guardpoint) => [guardpoint.id, guardpoint]))
      return {
        guardpoints: made.map(({ path, row, error }) => {
          const guardpoint = row && byId.get(row.id)
          return guardpoint ? { guardpoint } : { guard_path: path, error }
        }),
      }
    })
  },

  async get(context, { params }) {
    demandReader(context, 'ReadGuardPointCTE')
    const guarded = await find(context, params.id)
    const row = await guardPointOf(context, guarded, params.gp)
    return presentOne(context, row, guarded.shown(row))
  },

  async update(context, { params, body }) {
    demandNoCredentials(body)
    context.note({ changed: changedIn(body) })
    return change(context, find, params, (tx, row, guarded) =>
      changed(context, tx, row, guarded, body),
    )
  },

  async enable(context, { params, body }) {
    const { guard_point_id_list: ids, guard_enabled } = body
    context.note({ of: params.id, guard_points: ids, guard_enabled })
    return context.transact(async (tx) => {
      const guarded = await find(context, params.id)
      const guardpoints: GuardPoint[] = []
      for (const row of await ownOnes(context, guarded, ids)) {
        const after = tx.update('cte_guard_points', row, {
          guard_enabled: guard_enabled ? 1 : 0,
          updated_at: stamp(context.now()),
        })
        guardpoints.push(await presentOne(context, after, guarded.shown(after)))
      }
      return { guardpoints }
    })
  },

  unguard: (context, { params, body }) =>
    unguard(context, find, params.id, body.guard_point_id_list),

  unguardOne: (context, { params }) => unguard(context, find, params.id, [params.gp]),

  async earlyAccess(context, { params, body: { early_access } }) {
    return change(context, find, params, async (_tx, row) => {
      if (early_access) await demandLdtOrStandard(context, row)
      return { early_access: early_access ? 1 : 0 }
    })
  },

  async preserveSparseRegionsOff(context, { params }) {
    return change(context, find, params, async () => ({ preserve_sparse_regions: 0 }))
  },
})

export const groupGuardPointHandlers: Handlers<Context, typeof cteGroupGuardPoints> =
  handlers(guardedGroup)

export const clientGuardPointHandlers: Handlers<Context, typeof cteClientGuardPoints> = {
  ...handlers(guardedClient),
  async status(context, { params }) {
    demandReader(context, 'ReadGuardPointCTE')
    const guarded = await guardedClient(context, params.id)
    const row = await guardPointOf(context, guarded, params.gp)
    const { id, guard_path, guard_enabled, guard_point_state, pending_operation, disabled_reason } =
      await presentOne(context, row, guarded.shown(row))
    return { id, guard_path, guard_enabled, guard_point_state, pending_operation, disabled_reason }
  },
}

interface PolicyFilter {
  readonly policy_id?: string | undefined
  readonly policy_name?: string | undefined
}

/** Ids of the policies that a list asks for; undefined: of any. An empty id stands for none, since no row has it. */
async function policyIds(
  { caller, read }: Context,
  { policy_id, policy_name }: PolicyFilter,
): Promise<string[] | undefined> {
  if (policy_id === undefined && policy_name === undefined) return undefined
  const named =
    policy_id === undefined ? undefined : await findPolicy(read, caller.domain, policy_id)
  if (policy_id !== undefined && !named) return ['']
  if (policy_name === undefined) return named ? [named.id] : ['']
  const all = named ? [named] : await read.rows('cte_policies', { domain_id: caller.domain })
  const ids = all.filter(({ name }) => fits(policy_name, name)).map(({ id }) => id)
  return ids.length === 0 ? [''] : ids
}

type Changes = Partial<Omit<CteGuardPointRow, 'id' | 'domain_id' | 'version' | 'seal'>>

async function change(
  context: Context,
  find: FindGuarded,
  params: { readonly id: string; readonly gp: string },
  changes: (tx: Writer, row: CteGuardPointRow, guarded: Guarded) => Promise<Changes>,
): Promise<GuardPoint> {
  context.note({ of: params.id, guard_point: params.gp })
  return context.transact(async (tx) => {
    const guarded = await find(context, params.id)
    const row = await ownGuardPoint(context, guarded, params.gp)
    context.note({ guard_path: row.guard_path })
    const after = tx.update('cte_guard_points', row, {
      ...(await changes(tx, row, guarded)),
      updated_at: stamp(context.now()),
    })
    return presentOne(context, after, guarded.shown(after))
  })
}

const bit = (given: boolean | undefined, before: number): number =>
  given === undefined ? before : given ? 1 : 0

async function changed(
  { read }: Context,
  tx: Writer,
  row: CteGuardPointRow,
  { group }: Guarded,
  body: GuardPointChange,
): Promise<Changes> {
  const columns = {
    guard_enabled: bit(body.guard_enabled, row.guard_enabled),
    mfa_enabled: bit(body.mfa_enabled, row.mfa_enabled),
    data_classification_enabled: bit(
      body.data_classification_enabled,
      row.data_classification_enabled,
    ),
    data_lineage_enabled: bit(body.data_lineage_enabled, row.data_lineage_enabled),
  }
  demandLineage({
    data_classification_enabled: columns.data_classification_enabled === 1,
    data_lineage_enabled: columns.data_lineage_enabled === 1,
  })
  if (body.dps_id === undefined) return columns
  if (body.dps_id === '') return { ...columns, primary_set_id: null }
  if (!group) throw new Fault('invalid-parameter', 'dps_id: is for client groups only')
  const set = await primarySetNamed(read, group, body.dps_id)
  if (set.id !== row.primary_set_id) hold(tx, 'cte_primary_sets', set)
  return { ...columns, primary_set_id: set.id }
}

async function demandLdtOrStandard({ read }: Context, row: CteGuardPointRow): Promise<void> {
  const { domain_id, policy_id } = row
  const policy =
    policy_id === null ? undefined : await read.row('cte_policies', { domain_id, id: policy_id })
  if (!policy || !(isOfType(policy, 'standard') || isOfType(policy, 'ldt')))
    throw new Fault(
      'invalid-parameter',
      `early_access: is not for the policy of guard point ${quote(row.guard_path)}`,
    )
}

async function ownOnes(
  context: Context,
  guarded: Guarded,
  references: readonly string[],
): Promise<CteGuardPointRow[]> {
  const rows = new Map<string, CteGuardPointRow>()
  for (const reference of references) {
    const row = await ownGuardPoint(context, guarded, reference)
    rows.set(row.id, row)
  }
  return [...rows.values()]
}

/** All of them or none. No agent has taken any of them up, so none has to let go of it first. */
async function unguard(
  context: Context,
  find: FindGuarded,
  reference: string,
  references: readonly string[],
) {
  context.note({ of: reference, guard_points: references })
  return context.transact(async (tx) => {
    const guarded = await find(context, reference)
    const rows = await ownOnes(context, guarded, references)
    context.note({ guard_paths: rows.map(({ guard_path }) => guard_path) })
    for (const row of rows) removeGuardPoint(tx, row)
    return {
      guardpoints: rows.map(({ id, guard_path }) => ({ id, guard_path, status: 'unguarded' })),
    }
  })
}
