import { randomUUID } from 'node:crypto'
import { ROOT_DOMAIN } from '../kit/domain.ts'
import { stamp } from '../kit/time.ts'
import type { AuditEntry } from './store.ts'

/** The record of what an installation's own commands did: no caller asked for it over the network. */
export const serverEntry = (
  { nodeId, now }: { readonly nodeId: string; readonly now: Date },
  message: string,
  details: Readonly<Record<string, unknown>>,
): AuditEntry => ({
  id: randomUUID(),
  domain_id: ROOT_DOMAIN,
  created_at: stamp(now),
  severity: 'info',
  message,
  username: '',
  service: 'system',
  source: nodeId,
  success: true,
  client_ip: '',
  details: JSON.stringify(details),
})
