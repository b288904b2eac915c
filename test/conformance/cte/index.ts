import type { Scenario } from '../exchange.ts'
import { clients } from './clients.ts'
import { groups } from './groups.ts'
import { guardPoints } from './guard-points.ts'
import { policyScenarios } from './policies.ts'
import { profiles } from './profiles.ts'
import { machineReports } from './reports.ts'
import { ruleScenarios } from './rules.ts'
import { setScenarios } from './sets.ts'

/** Reference sections 5 to 9: clients and what is set up for them. Each file opens with a table of the rows it covers. */
export const cteClientScenarios: readonly Scenario[] = [
  ...profiles,
  ...clients,
  ...guardPoints,
  ...groups,
  ...machineReports,
]

/** Reference sections 1 to 9. */
export const cteScenarios: readonly Scenario[] = [
  ...setScenarios,
  ...policyScenarios,
  ...ruleScenarios,
  ...cteClientScenarios,
]
