/** What other areas and the wiring may use of system. */
export { exportedHead, openAuditLog } from './audit-log.ts'
export { infoHandlers } from './info/service.ts'
export { kekHandlers } from './keks/service.ts'
export { recordHandlers } from './records/service.ts'
export { type RootOfTrust, rootOfTrustHandlers } from './root-of-trust/service.ts'
export { wrappedColumn } from './seal/rewrap.ts'
export { openSeal, type Seal } from './seal/seal.ts'
