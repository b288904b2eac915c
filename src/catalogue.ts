import { certificates } from './ca/certificates/contract.ts'
import { registeredClients } from './ca/client-management/clients/contract.ts'
import { clientProfiles } from './ca/client-management/profiles/contract.ts'
import { registrationTokens } from './ca/client-management/registration-tokens/contract.ts'
import { externalCas } from './ca/external-cas/contract.ts'
import { interfaces } from './ca/interfaces/contract.ts'
import { localCas } from './ca/local-cas/contract.ts'
import { certificateRequests } from './ca/requests/contract.ts'
import { trustedCas } from './ca/trusted-cas/contract.ts'
import { cteClientGroups } from './cte/client-groups/contract.ts'
import { cteClients } from './cte/clients/contract.ts'
import { cteCsiGroups } from './cte/csi-groups/contract.ts'
import { cteClientGuardPoints, cteGroupGuardPoints } from './cte/guard-points/contract.ts'
import { cteLdtGroups } from './cte/ldt-groups/contract.ts'
import { ctePolicies } from './cte/policies/contract.ts'
import { ctePrimarySets } from './cte/primary-sets/contract.ts'
import { cteProcessSets } from './cte/process-sets/contract.ts'
import { cteProfiles } from './cte/profiles/contract.ts'
import { cteReports } from './cte/reports/contract.ts'
import { cteResourceSets } from './cte/resource-sets/contract.ts'
import {
  cteDataTransformRules,
  cteIdtKeyRules,
  cteKeyRules,
  cteLdtKeyRules,
  cteSecurityRules,
  cteSignatureRules,
} from './cte/rules/contract.ts'
import { cteSignatureSets } from './cte/signature-sets/contract.ts'
import { cteUserSets } from './cte/user-sets/contract.ts'
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
import { services } from './system/services/contract.ts'
import { crypto } from './vault/crypto/contract.ts'
import { keys } from './vault/keys/contract.ts'
import { keyLabels } from './vault/labels/contract.ts'
import { keyLinks } from './vault/links/contract.ts'
import { keyPolicies } from './vault/policies/contract.ts'
import { random } from './vault/random/contract.ts'
import { keyReports } from './vault/reports/contract.ts'
import { vaultRequests } from './vault/requests/contract.ts'
import { secrets } from './vault/secrets/contract.ts'
import { cryptoSettings } from './vault/settings/contract.ts'
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
  services,
  rootOfTrust,
  keks,
  localCas,
  certificates,
  externalCas,
  certificateRequests,
  interfaces,
  trustedCas,
  registrationTokens,
  clientProfiles,
  registeredClients,
  keys,
  keyLinks,
  keyLabels,
  keyPolicies,
  keyTemplates,
  secrets,
  random,
  keyReports,
  crypto,
  cteResourceSets,
  cteUserSets,
  cteProcessSets,
  cteSignatureSets,
  ctePolicies,
  cteSecurityRules,
  cteKeyRules,
  cteDataTransformRules,
  cteLdtKeyRules,
  cteIdtKeyRules,
  cteSignatureRules,
  cteProfiles,
  cteClients,
  cteClientGuardPoints,
  cteClientGroups,
  cteGroupGuardPoints,
  ctePrimarySets,
  cteCsiGroups,
  cteLdtGroups,
  cteReports,
  cryptoSettings,
  vaultRequests,
} as const
