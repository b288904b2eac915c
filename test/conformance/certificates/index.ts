import type { Scenario } from '../exchange.ts'
import { certificates } from './certificates.ts'
import { clients } from './clients.ts'
import { conventions } from './conventions.ts'
import { csrForms } from './csr-forms.ts'
import { externalCas } from './external-cas.ts'
import { formats } from './formats.ts'
import { hierarchies } from './hierarchies.ts'
import { interfaceCertificates } from './interface-certificates.ts'
import { interfaceRules } from './interface-rules.ts'
import { interfaces } from './interfaces.ts'
import { localCas } from './local-cas.ts'
import { requests } from './requests.ts'
import { errors } from './rights.ts'
import { trustedCas } from './trusted-cas.ts'
import { xsoar } from './xsoar.ts'

const all: readonly Scenario[] = [
  ...xsoar,
  ...localCas,
  ...certificates,
  ...externalCas,
  ...requests,
  ...interfaces,
  ...trustedCas,
  ...conventions,
  ...formats,
  ...hierarchies,
  ...csrForms,
  ...interfaceRules,
  ...interfaceCertificates,
  ...errors,
  ...clients,
]

const movesTheClock = ({ exchanges }: Scenario): boolean =>
  exchanges.some(({ laterBySeconds }) => laterBySeconds !== undefined)

/**
 * Reference sections 1 to 13 of certificates, and the CA half of the XSOAR integration. Each file opens with a table of
 * the rows it covers.
 *
 * Those that move the server's clock come last: what its interface is given after that is not valid yet for a client.
 */
export const certificateScenarios: readonly Scenario[] = [
  ...all.filter((scenario) => !movesTheClock(scenario)),
  ...all.filter(movesTheClock),
]
