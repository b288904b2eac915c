import { randomUUID } from 'node:crypto'
import { stamp } from '../../src/kit/time.ts'
import type { GroupRow, Sealed } from '../../src/store/schema.ts'
import type { AuditEntry } from '../../src/store/store.ts'

/** Rows as the server would write them, for tests of what lies below it. */
export const ROOT = '00000000-0000-0000-0000-000000000000'

export function groupRow(name: string, domain = ROOT): Omit<GroupRow, keyof Sealed> {
  const now = stamp()
  return {
    id: randomUUID(),
    domain_id: domain,
    name,
    name_key: name.toLowerCase(),
    description: null,
    user_metadata: null,
    app_metadata: null,
    client_metadata: null,
    system: 0,
    created_at: now,
    updated_at: now,
  }
}

export const auditEntry = (message = 'Create a group', domain = ROOT): AuditEntry => ({
  id: randomUUID(),
  domain_id: domain,
  created_at: stamp(),
  severity: 'info',
  message,
  username: 'admin',
  service: 'kylo',
  source: 'identity',
  success: true,
  client_ip: '127.0.0.1',
  details: '{}',
})
