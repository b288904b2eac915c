import { policyScenarios } from './cte/policies.ts'
import { ruleScenarios } from './cte/rules.ts'
import { setScenarios } from './cte/sets.ts'
import { conforms } from './suite.ts'

conforms('policies of transparent encryption as their clients know them', [
  ...setScenarios,
  ...policyScenarios,
  ...ruleScenarios,
])
