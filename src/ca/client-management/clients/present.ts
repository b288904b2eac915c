import { APPLICATION, accountUri, DEV_ACCOUNT } from '../../../kit/domain.ts'
import { wireTime } from '../../../kit/time.ts'
import type { RegisteredClientRow } from '../../../store/schema.ts'
import { presentNames } from '../../columns.ts'
import { uriOf } from '../../reference.ts'
import { membersIn } from '../members.ts'
import type { RegisteredClient } from './contract.ts'
import type { Standing } from './standing.ts'

/** The one place where a client becomes JSON. */
export const present = (
  row: RegisteredClientRow,
  { revoked, state }: Standing,
): RegisteredClient => ({
  id: row.id,
  uri: uriOf('clients', row),
  account: accountUri(row.domain_id),
  application: APPLICATION,
  devAccount: DEV_ACCOUNT,
  createdAt: wireTime(row.created_at),
  updatedAt: wireTime(row.updated_at),
  name: row.name,
  client_id: row.id,
  client_type: row.client_type as RegisteredClient['client_type'],
  state,
  ca_id: row.ca_id,
  client_management_profile_id: row.profile_id,
  reg_token_id: row.token_id,
  cert: row.cert,
  sha256_fingerprint: row.sha256_fingerprint,
  ...presentNames(row),
  groups: JSON.parse(row.groups) as string[],
  ...(row.client_metadata !== null && { client_metadata: membersIn(row.client_metadata) }),
  ...(revoked && { revoked_at: wireTime(revoked.at), revoked_reason: revoked.reason }),
})
