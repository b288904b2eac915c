import type { Scenario } from '../exchange.ts'
import { certificates } from './certificates.ts'
import { externalCas } from './external-cas.ts'
import { localCas } from './local-cas.ts'
import { requests } from './requests.ts'
import { xsoar } from './xsoar.ts'

/**
 * Reference sections 1 to 8 and 12 of certificates, and the CA half of the XSOAR integration. Each file opens with a
 * table of the rows it covers. Interfaces and trusted CAs (9, 10) are not there yet.
 */
export const certificateScenarios: readonly Scenario[] = [
  ...xsoar,
  ...localCas,
  ...certificates,
  ...externalCas,
  ...requests,
]
