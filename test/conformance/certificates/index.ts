import type { Scenario } from '../exchange.ts'
import { certificates } from './certificates.ts'
import { externalCas } from './external-cas.ts'
import { interfaces } from './interfaces.ts'
import { localCas } from './local-cas.ts'
import { requests } from './requests.ts'
import { trustedCas } from './trusted-cas.ts'
import { xsoar } from './xsoar.ts'

/**
 * Reference sections 1 to 10 and 12 of certificates, and the CA half of the XSOAR integration. Each file opens with a
 * table of the rows it covers.
 */
export const certificateScenarios: readonly Scenario[] = [
  ...xsoar,
  ...localCas,
  ...certificates,
  ...externalCas,
  ...requests,
  ...interfaces,
  ...trustedCas,
]
