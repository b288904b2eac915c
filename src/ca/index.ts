/** What other areas and the wiring may use of the CA. */
export { certificateOfKey } from './certificates/of-key.ts'
export { certificateHandlers } from './certificates/service.ts'
export { registeredClientHandlers } from './client-management/clients/service.ts'
export { clientProfileHandlers } from './client-management/profiles/service.ts'
export { registrationTokenHandlers } from './client-management/registration-tokens/service.ts'
export { type ExpiryWatch, watchExpiry } from './expiry/watch.ts'
export { externalCaHandlers } from './external-cas/service.ts'
export { seedDefaultCa } from './first-start.ts'
export { interfaceHandlers } from './interfaces/service.ts'
export { webMode, webTrust } from './interfaces/trust.ts'
export { openWebInterface, type WebInterface } from './interfaces/web.ts'
export { localCaHandlers } from './local-cas/service.ts'
export type { OcspAnswer } from './pki/ocsp.ts'
export { createPki, type Pki, type PublishedDocument } from './pki/pki.ts'
export { wrappedColumns } from './private-keys.ts'
export { requestForKey } from './requests/for-key.ts'
export { certificateRequestHandlers } from './requests/service.ts'
export { adoptRevocations } from './revocation/adopt.ts'
export { surelyStatusOf as certificateStatus } from './revocation/status.ts'
export { trustedCaHandlers } from './trusted-cas/service.ts'
export {
  CertificateRefused,
  type CertificateTrust,
  chainIn,
  readUserCertificate,
} from './user-certificates.ts'
