import type { Context } from '../context.ts'
import { Fault } from '../kit/fault.ts'

/** The predefined group of the agents: what its members read of keys, the keys themselves say. */
export const AGENTS = 'CTE Clients'

/** What agents act on: policies and what they name, and how clients are set up and guarded. */
type ReadByAgents =
  | 'ReadPolicyCTE'
  | 'ReadPolicyElementsCTE'
  | 'ReadClientCTE'
  | 'ReadGuardPointCTE'
  | 'ReadProfileCTE'

/**
 * Throws 'forbidden' unless the caller may read this: those with the duty, and agents, who act on it. Their group has no
 * duties, so that filling it stays open to those who look after users.
 */
export function demandReader(
  { caller, may }: Pick<Context, 'caller' | 'may'>,
  action: ReadByAgents,
): void {
  if (may(action, 'transparent-encryption') || caller.groups.includes(AGENTS)) return
  throw new Fault('forbidden', `${action} is not permitted`)
}
