import type { Context } from '../../context.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { CteClientGroupRow, CteClientRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { clients } from '../clients/find.ts'
import { fitsUserSpace } from '../guard-points/rules.ts'
import { guardPointsOf } from '../guard-points/store.ts'
import { hold } from '../hold.ts'
import type { Association } from '../members/contract.ts'
import { clientsNamed, join, leave, membership, membershipsOf } from '../members/members.ts'
import { existing } from '../records.ts'
import { clientGroups } from './find.ts'
import { inherited } from './inherit.ts'

/**
 * Part of a unit: the clients join the group, and are guarded as it is from now on. A member that is added again begins
 * to inherit when that is asked for, and never stops.
 */
export async function addClients(
  context: Context,
  tx: Writer,
  reference: string,
  list: readonly string[],
  inherits: boolean,
): Promise<Association[]> {
  const { now, read } = context
  const group = await existing(context, clientGroups, reference)
  const found = await clientsNamed(context, list)
  for (const client of found) await demandGuardable(context, group, client)
  const answers: Association[] = []
  for (const client of found) {
    const known = await membership(read, group, client)
    const row = known ?? join(tx, 'client-group', group, client, { inherits, now: now() })
    if (known && inherits) tx.update('cte_memberships', known, { inherits: 1 })
    tx.update('cte_clients', client, {
      ...(inherits && { ...inherited(group, client), updated_at: stamp(now()) }),
    })
    answers.push({
      id: row.id,
      client_id: client.id,
      client_name: client.name,
      status: known ? 'present' : 'added',
    })
  }
  hold(tx, 'cte_client_groups', group)
  return answers
}

/** Throws 'conflict' when the group guards something in a way that this client cannot. */
async function demandGuardable(
  { read }: Context,
  group: CteClientGroupRow,
  client: CteClientRow,
): Promise<void> {
  if (client.client_type === 'FS') return
  const guardPoints = await guardPointsOf(read, group)
  const policies = await read.byId(
    'cte_policies',
    group.domain_id,
    guardPoints.flatMap(({ policy_id }) => policy_id ?? []),
  )
  for (const { policy_id, guard_path } of guardPoints) {
    const policy = policy_id === null ? undefined : policies.get(policy_id)
    if (client.client_type === 'CTE-U' && (!policy || fitsUserSpace(policy))) continue
    const how =
      policy_id === null
        ? 'against ransomware'
        : `with the policy ${quote(policy?.name ?? policy_id)}`
    throw new Fault(
      'conflict',
      `client ${quote(client.name)} is of type ${client.client_type} and cannot join the client group ${quote(group.name)}, which guards ${quote(guard_path)} ${how}`,
    )
  }
}

/** Part of a unit: the client leaves the group and its primary sets, and is no longer guarded as the group is. */
export async function removeClient(
  context: Context,
  tx: Writer,
  reference: string,
  clientReference: string,
): Promise<void> {
  const { read } = context
  const group = await existing(context, clientGroups, reference)
  const client = await existing(context, clients, clientReference)
  const row = await membership(read, group, client)
  if (!row) throw notFound('client of the group', clientReference)
  leave(tx, row)
  const places = await membershipsOf(read, client, 'primary-set')
  const sets = await read.byId(
    'cte_primary_sets',
    client.domain_id,
    places.map(({ owner_id }) => owner_id),
  )
  for (const place of places) if (sets.get(place.owner_id)?.group_id === group.id) leave(tx, place)
  hold(tx, 'cte_client_groups', group)
}
