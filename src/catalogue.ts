import { certificates } from './ca/certificates/contract.ts'
import { externalCas } from './ca/external-cas/contract.ts'
import { interfaces } from './ca/interfaces/contract.ts'
import { localCas } from './ca/local-cas/contract.ts'
import { certificateRequests } from './ca/requests/contract.ts'
import { trustedCas } from './ca/trusted-cas/contract.ts'
import { banners } from './identity/banners/contract.ts'
import { groups } from './identity/groups/contract.ts'
import { passwordPolicies } from './identity/password-policies/contract.ts'
import { self } from './identity/self/contract.ts'
import { tokens } from './identity/tokens/contract.ts'
import { users } from './identity/users/contract.ts'
import { alarms } from './system/alarms/contract.ts'
import { info } from './system/info/contract.ts'
import { keks } from './system/keks/contract.ts'
import { records } from './system/records/contract.ts'
import { rootOfTrust } from './system/root-of-trust/contract.ts'
import { crypto } from './vault/crypto/contract.ts'
import { keys } from './vault/keys/contract.ts'
import { keyLabels } from './vault/labels/contract.ts'
import { keyLinks } from './vault/links/contract.ts'
import { keyPolicies } from './vault/policies/contract.ts'
import { random } from './vault/random/contract.ts'
import { keyReports } from './vault/reports/contract.ts'
import { secrets } from './vault/secrets/contract.ts'
import { keyTemplates } from './vault/templates/contract.ts'

/** Every endpoint by name (`groups.create`). The server, OpenAPI, the SDK and the command line all read it. */
export const catalogue = {
  tokens,
  self,
  users,
  groups,
  passwordPolicies,
  banners,
  records,
  alarms,
  info,
  rootOfTrust,
  keks,
  localCas,
  certificates,
  externalCas,
  certificateRequests,
  interfaces,
  trustedCas,
  keys,
  keyLinks,
  keyLabels,
  keyPolicies,
  keyTemplates,
  secrets,
  random,
  keyReports,
  crypto,
} as const
