import type { Context } from '../../context.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import type { CteClientGroupRow, CteGuardPointRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { clientGroups, groupsOf } from '../client-groups/find.ts'
import { clients } from '../clients/find.ts'
import { csiGroupsOf } from '../csi-groups/find.ts'
import { hold } from '../hold.ts'
import { clientsIn, membersOf } from '../members/members.ts'
import { existing, idIn } from '../records.ts'
import type { Shown } from './present.ts'

/** A client or a group, as whose guard points are asked about. */
export interface Guarded {
  readonly kind: 'client' | 'client-group'
  readonly id: string
  readonly domain_id: string
  readonly name: string
  /** Ids of whoever's guard points these are: a client has those of its client and storage groups as well. */
  readonly owners: readonly string[]
  readonly group: CteClientGroupRow | undefined
  /** What answers say of the owner of this guard point. */
  shown(row: CteGuardPointRow): Shown
  /** Part of a unit: what was read of it still holds. */
  hold(tx: Writer): void
  /** The type of a client, or those of a group's members. */
  clientTypes(): Promise<readonly string[]>
}

export type FindGuarded = (context: Context, reference: string) => Promise<Guarded>

export async function guardedClient(context: Context, reference: string): Promise<Guarded> {
  const client = await existing(context, clients, reference)
  const groups = await groupsOf(context.read, client)
  const csiGroups = await csiGroupsOf(context.read, client)
  return {
    kind: 'client',
    id: client.id,
    domain_id: client.domain_id,
    name: client.name,
    owners: [client, ...groups, ...csiGroups].map(({ id }) => id),
    group: undefined,
    shown: ({ owner_id }) => ({
      client,
      group: groups.find(({ id }) => id === owner_id),
      csiGroup: csiGroups.find(({ id }) => id === owner_id),
    }),
    hold: (tx) => {
      hold(tx, 'cte_clients', client)
    },
    clientTypes: () => Promise.resolve([client.client_type]),
  }
}

export async function guardedGroup(context: Context, reference: string): Promise<Guarded> {
  const group = await existing(context, clientGroups, reference)
  return {
    kind: 'client-group',
    id: group.id,
    domain_id: group.domain_id,
    name: group.name,
    owners: [group.id],
    group,
    shown: () => ({ client: undefined, group, csiGroup: undefined }),
    hold: (tx) => {
      hold(tx, 'cte_client_groups', group)
    },
    async clientTypes() {
      const members = await clientsIn(context.read, await membersOf(context.read, group))
      return [...new Set(members.map(({ client_type }) => client_type))]
    },
  }
}

/** The guard point of this client or group. Throws 'not-found'. */
export async function guardPointOf(
  { read }: Pick<Context, 'read'>,
  guarded: Guarded,
  reference: string,
): Promise<CteGuardPointRow> {
  const { domain_id } = guarded
  const id = idIn(reference)
  const row = id === undefined ? undefined : await read.row('cte_guard_points', { domain_id, id })
  if (!row || !guarded.owners.includes(row.owner_id)) throw notFound('guard point', reference)
  return row
}

/** The same to change it. Throws 'conflict' for one that a client has from its group: it is changed there, for all. */
export async function ownGuardPoint(
  context: Pick<Context, 'read'>,
  guarded: Guarded,
  reference: string,
): Promise<CteGuardPointRow> {
  const row = await guardPointOf(context, guarded, reference)
  if (row.owner_id === guarded.id) return row
  const { group, csiGroup } = guarded.shown(row)
  throw new Fault(
    'conflict',
    csiGroup
      ? `guard point ${quote(row.id)} belongs to the storage group ${quote(csiGroup.name)} and is changed there`
      : `guard point ${quote(row.guard_path)} belongs to the client group ${quote(group?.name ?? '')} and is changed there`,
  )
}
