import type { CteClientGroupRow, CteClientRow } from '../../store/schema.ts'

/**
 * What a member that inherits takes over from its group. What a client of its type cannot be, and communication before
 * it may register, it does not take.
 */
export const inherited = (
  group: CteClientGroupRow,
  client: CteClientRow,
): Partial<
  Pick<
    CteClientRow,
    | 'profile_id'
    | 'client_locked'
    | 'system_locked'
    | 'communication_enabled'
    | 'enable_domain_sharing'
    | 'shared_domain_list'
    | 'auth_binaries'
  >
> => ({
  profile_id: group.profile_id,
  enable_domain_sharing: group.enable_domain_sharing,
  shared_domain_list: group.shared_domain_list,
  auth_binaries: group.auth_binaries,
  ...(client.client_type !== 'CTE-U' && {
    client_locked: group.client_locked,
    system_locked: group.system_locked,
  }),
  ...(client.registration_allowed === 1 && {
    communication_enabled: group.communication_enabled,
  }),
})
