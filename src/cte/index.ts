/** What the wiring may use of transparent encryption. */
export { clientGroupHandlers } from './client-groups/service.ts'
export { clientHandlers } from './clients/service.ts'
export { csiGroupHandlers } from './csi-groups/service.ts'
export { clientGuardPointHandlers, groupGuardPointHandlers } from './guard-points/service.ts'
export { ldtGroupHandlers } from './ldt-groups/service.ts'
export { policyHandlers } from './policies/service.ts'
export { primarySetHandlers } from './primary-sets/service.ts'
export { processSetHandlers } from './process-sets/service.ts'
export { seedDefaultProfile } from './profiles/find.ts'
export { profileHandlers } from './profiles/service.ts'
export { reportHandlers } from './reports/service.ts'
export { resourceSetHandlers } from './resource-sets/service.ts'
export {
  dataTransformRuleHandlers,
  idtKeyRuleHandlers,
  keyRuleHandlers,
  ldtKeyRuleHandlers,
  securityRuleHandlers,
  signatureRuleHandlers,
} from './rules/handlers.ts'
export { signatureSetHandlers } from './signature-sets/service.ts'
export { keyHooks } from './start.ts'
export { userSetHandlers } from './user-sets/service.ts'
export { wrappedColumns } from './wrapped-columns.ts'
