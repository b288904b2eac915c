import { Fault } from '../../kit/fault.ts'
import type { CteClientRow } from '../../store/schema.ts'
import { demandJson, withCapabilities } from './capabilities.ts'

export const CAPABILITIES = ['LDT', 'EKP', 'ES'] as const

type Flag =
  | 'registration_allowed'
  | 'communication_enabled'
  | 'client_locked'
  | 'system_locked'
  | 'client_mfa_enabled'
  | 'del_client'
  | 'enable_domain_sharing'
  | 'lgcs_access_only'

type Given = { readonly [Name in Flag]?: boolean | undefined } & {
  readonly enabled_capabilities?: string | undefined
  readonly disable_capability?: string | undefined
  readonly dynamic_parameters?: string | undefined
  readonly auth_binaries?: string | undefined
  readonly protection_mode?: 'CTE' | 'CTE RWP' | undefined
  readonly shared_domain_list?: readonly string[] | undefined
}

const bit = (given: boolean | undefined, before: number): number =>
  given === undefined ? before : given ? 1 : 0

type Columns = Pick<
  CteClientRow,
  | Flag
  | 'enabled_capabilities'
  | 'dynamic_parameters'
  | 'auth_binaries'
  | 'protection_mode'
  | 'shared_domain_list'
>

/** A client of which nothing was said. */
export const UNSAID: Columns = {
  registration_allowed: 0,
  communication_enabled: 0,
  client_locked: 0,
  system_locked: 0,
  client_mfa_enabled: 0,
  del_client: 0,
  enable_domain_sharing: 0,
  lgcs_access_only: 0,
  enabled_capabilities: '',
  dynamic_parameters: '',
  auth_binaries: '',
  protection_mode: 'CTE',
  shared_domain_list: '[]',
}

/** The columns of a client after what was given (reference 5.1). Throws 'invalid-parameter' for what does not go together. */
export function changedClient(
  client: Columns & Pick<CteClientRow, 'client_type'>,
  given: Given,
): Columns {
  demandJson('dynamic_parameters', given.dynamic_parameters)
  demandJson('auth_binaries', given.auth_binaries)
  if (given.disable_capability !== undefined && given.disable_capability.toUpperCase() !== 'EKP')
    throw new Fault('invalid-parameter', 'disable_capability: only EKP can be disabled')
  if (client.protection_mode === 'CTE RWP' && given.protection_mode === 'CTE')
    throw new Fault('invalid-parameter', 'protection_mode: CTE RWP cannot be left again')
  const capabilities = withCapabilities(
    client.enabled_capabilities,
    given.enabled_capabilities,
    CAPABILITIES,
  )
  const changed: Columns = {
    registration_allowed: bit(given.registration_allowed, client.registration_allowed),
    communication_enabled: bit(given.communication_enabled, client.communication_enabled),
    client_locked: bit(given.client_locked, client.client_locked),
    system_locked: bit(given.system_locked, client.system_locked),
    client_mfa_enabled: bit(given.client_mfa_enabled, client.client_mfa_enabled),
    // Sent as false by whoever changes something else: the mark stays.
    del_client: given.del_client ? 1 : client.del_client,
    enable_domain_sharing: bit(given.enable_domain_sharing, client.enable_domain_sharing),
    lgcs_access_only: bit(given.lgcs_access_only, client.lgcs_access_only),
    enabled_capabilities:
      given.disable_capability === undefined
        ? capabilities
        : capabilities
            .split(',')
            .filter((word) => word !== 'EKP')
            .join(','),
    dynamic_parameters: given.dynamic_parameters ?? client.dynamic_parameters,
    auth_binaries: given.auth_binaries ?? client.auth_binaries,
    protection_mode: given.protection_mode ?? client.protection_mode,
    shared_domain_list:
      given.shared_domain_list === undefined
        ? client.shared_domain_list
        : JSON.stringify(given.shared_domain_list),
  }
  if (changed.communication_enabled === 1 && changed.registration_allowed === 0)
    throw new Fault(
      'invalid-parameter',
      'communication_enabled: needs registration_allowed to be true',
    )
  if (
    client.client_type === 'CTE-U' &&
    (changed.client_locked === 1 || changed.system_locked === 1)
  )
    throw new Fault(
      'invalid-parameter',
      'client_locked and system_locked are not for clients of type CTE-U',
    )
  return changed
}
