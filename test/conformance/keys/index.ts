import type { Scenario } from '../exchange.ts'
import { algorithms } from './algorithms.ts'
import { changing } from './changing.ts'
import { choices } from './choices.ts'
import { ciphers } from './ciphers.ts'
import { clients } from './clients.ts'
import { conventions } from './conventions.ts'
import { creating } from './creating.ts'
import { cteKeys } from './cte.ts'
import { finding } from './finding.ts'
import { lifecycle } from './lifecycle.ts'
import { objects } from './objects.ts'
import { policies } from './policies.ts'
import { rights } from './rights.ts'
import { secrets } from './secrets.ts'
import { wrapping } from './wrapping.ts'

/** Reference sections 1 to 12 of keys. Each file opens with a table of the rows it covers. */
export const keyScenarios: readonly Scenario[] = [
  ...conventions,
  ...objects,
  ...creating,
  ...algorithms,
  ...lifecycle,
  ...finding,
  ...changing,
  ...wrapping,
  ...ciphers,
  ...rights,
  ...policies,
  ...secrets,
  ...clients,
  ...cteKeys,
  ...choices,
]
