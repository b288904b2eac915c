/** What other areas and the wiring may use of the CA. */
export { certificateHandlers } from './certificates/service.ts'
export { externalCaHandlers } from './external-cas/service.ts'
export { seedDefaultCa } from './first-start.ts'
export { localCaHandlers } from './local-cas/service.ts'
export { wrappedColumns } from './private-keys.ts'
export { certificateRequestHandlers } from './requests/service.ts'
