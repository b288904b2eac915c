import type { Scenario } from '../exchange.ts'
import { audit } from './audit.ts'
import { certificates } from './certificates.ts'
import { clients } from './clients.ts'
import { clock } from './clock.ts'
import { conventions } from './conventions.ts'
import { groups } from './groups.ts'
import { lists } from './lists.ts'
import { passwords } from './passwords.ts'
import { policies } from './policies.ts'
import { predefined } from './predefined.ts'
import { sessions } from './sessions.ts'
import { tokens } from './tokens.ts'
import { users } from './users.ts'
import { xsoar } from './xsoar.ts'

/**
 * Reference sections 1 to 6 and 8, `/audit/records` of 11 and `/system/info` of 12, and the access-management half of the
 * XSOAR integration. Each file opens with a table of the rows it covers.
 */
export const identityScenarios: readonly Scenario[] = [
  ...conventions,
  ...lists,
  ...tokens,
  ...sessions,
  ...certificates,
  ...users,
  ...passwords,
  ...policies,
  ...groups,
  ...predefined,
  ...audit,
  ...clients,
  ...xsoar,
  ...clock,
]
