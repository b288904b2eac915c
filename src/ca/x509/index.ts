export { signatureName } from './algorithms.ts'
export { factsOf, readCertificate } from './certificate.ts'
export { issue, prepareCertificate, prepareSelfSigned } from './draft.ts'
export { checkInstall } from './install.ts'
export {
  encryptPrivateKey,
  generateKey,
  type KeyEncryption,
  privateKeyFromSecret,
  privateKeyToSecret,
  readPrivateKey,
} from './keys.ts'
export { buildRequest, readRequest, requestFacts, subjectFieldsOf } from './request.ts'
export type {
  CertificateFacts,
  Distribution,
  Draft,
  Issuer,
  KeyAlgorithm,
  NameFields,
  Purpose,
  ReadRequest,
  SubjectFields,
  Validity,
} from './types.ts'
export type { KeyRules } from './weak-keys.ts'
