export { NotDer } from '../../crypto/der.ts'
export { keyBeside, keyDigest, signatureName } from './algorithms.ts'
export { type AskedExtensions, buildAskingRequest } from './asking-request.ts'
export { certificateDer, factsOf, readCertificate } from './certificate.ts'
export { findClientPath } from './client-path.ts'
export { type CrlEntry, type CrlReason, crlReasons, issueCrl, prepareCrl } from './crl.ts'
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
export {
  type CertStatus,
  isOf,
  type OcspIssuer,
  type OcspRefusal,
  type OcspSigner,
  ocspIssuerOf,
  ocspSignerOf,
  readOcspRequest,
  writeOcspAnswer,
  writeOcspRefusal,
} from './ocsp.ts'
export { readPkcs12 } from './pkcs12.ts'
export { buildRequest, readRequest, requestFacts, subjectFieldsOf } from './request.ts'
export { type MarkedField, requestOfCertificate, withMark } from './requested.ts'
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
export { findUserPath, type KnownCa, type SubjectPart } from './user-path.ts'
export type { KeyRules } from './weak-keys.ts'
