import type { CaTables } from './tables/ca.ts'
import type { ClientsTables } from './tables/clients.ts'
import type { CteClientsTables } from './tables/cte-clients.ts'
import type { CtePoliciesTables } from './tables/cte-policies.ts'
import type { IdentityTables } from './tables/identity.ts'
import type { InterfacesTables } from './tables/interfaces.ts'
import type { SealTables } from './tables/seal.ts'
import type { SystemTables } from './tables/system.ts'
import type { VaultTables } from './tables/vault.ts'

export type * from './tables/ca.ts'
export type * from './tables/clients.ts'
export type * from './tables/cte-clients.ts'
export type * from './tables/cte-policies.ts'
export type * from './tables/identity.ts'
export type * from './tables/interfaces.ts'
export type * from './tables/seal.ts'
export type { Sealed } from './tables/sealed.ts'
export type * from './tables/system.ts'
export type * from './tables/vault.ts'

/**
 * Every table, as both databases have it: text ids, ISO 8601 UTC text with six fraction digits for time, 0/1 for
 * booleans, bytes for bytes, JSON text for what is never searched. Every row of content names its domain.
 */
export interface Schema
  extends SealTables,
    IdentityTables,
    CaTables,
    InterfacesTables,
    ClientsTables,
    VaultTables,
    CtePoliciesTables,
    CteClientsTables,
    SystemTables {}
