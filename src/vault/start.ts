import type { Services } from '../context.ts'
import type { KeyRules } from '../crypto/weak-keys.ts'
import type { StateRules } from './keys/states.ts'
import { startTimed, type Timed } from './timed/timed.ts'
import { type KeyFollower, type KeyUser, vaultOf } from './vault.ts'

export interface VaultOptions extends KeyRules, StateRules {
  /** Others that use keys, each of which can say why a key must stay. */
  readonly keyUsers?: readonly KeyUser[]
  /** Others that change something when a key gets a new version. */
  readonly keyFollowers?: readonly KeyFollower[]
  readonly everyMs?: number
  readonly report: (error: unknown) => void
}

export type RunningVault = Timed

/** What the vault needs beside its handlers: the operator's rules, who uses keys, and the clock. */
export function startVault(services: Services, options: VaultOptions): RunningVault {
  const { keyUsers = [], keyFollowers = [], report, everyMs, ...rules } = options
  const vault = vaultOf(services)
  vault.rules = rules
  vault.keyUsers.push(...keyUsers)
  vault.keyFollowers.push(...keyFollowers)
  return startTimed(services, { report, ...(everyMs !== undefined && { everyMs }) })
}
