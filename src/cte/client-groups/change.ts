import type { CteClientGroupRow } from '../../store/schema.ts'
import { demandJson, withCapabilities } from '../clients/capabilities.ts'

const CAPABILITIES = ['RESIGN'] as const

type Columns = Pick<
  CteClientGroupRow,
  | 'communication_enabled'
  | 'client_locked'
  | 'system_locked'
  | 'enable_domain_sharing'
  | 'shared_domain_list'
  | 'enabled_capabilities'
  | 'auth_binaries'
  | 'ldt_designated_primary_set'
>

/** A group of which nothing was said. */
export const UNSAID: Columns = {
  communication_enabled: 0,
  client_locked: 0,
  system_locked: 0,
  enable_domain_sharing: 0,
  shared_domain_list: '[]',
  enabled_capabilities: '',
  auth_binaries: '',
  ldt_designated_primary_set: '',
}

type Flag = 'communication_enabled' | 'client_locked' | 'system_locked' | 'enable_domain_sharing'

type Given = { readonly [Name in Flag]?: boolean | undefined } & {
  readonly shared_domain_list?: readonly string[] | undefined
  readonly enabled_capabilities?: string | undefined
  readonly auth_binaries?: string | undefined
  readonly ldt_designated_primary_set?: string | undefined
}

/** The columns of a group after what was given. */
export function changedGroup(group: Columns, given: Given): Columns {
  demandJson('auth_binaries', given.auth_binaries)
  const bit = (flag: Flag) => (given[flag] === undefined ? group[flag] : given[flag] ? 1 : 0)
  return {
    communication_enabled: bit('communication_enabled'),
    client_locked: bit('client_locked'),
    system_locked: bit('system_locked'),
    enable_domain_sharing: bit('enable_domain_sharing'),
    shared_domain_list:
      given.shared_domain_list === undefined
        ? group.shared_domain_list
        : JSON.stringify(given.shared_domain_list),
    enabled_capabilities: withCapabilities(
      group.enabled_capabilities,
      given.enabled_capabilities,
      CAPABILITIES,
    ),
    auth_binaries: given.auth_binaries ?? group.auth_binaries,
    ldt_designated_primary_set:
      given.ldt_designated_primary_set ?? group.ldt_designated_primary_set,
  }
}
