import { APPLICATION, accountUri, DEV_ACCOUNT } from '../../kit/domain.ts'
import { wireTime } from '../../kit/time.ts'
import type { KeyRow, KeyUseRow } from '../../store/schema.ts'
import type { Key, KeyLink } from '../contract.ts'
import { readAliases } from './aliases.ts'
import { muidOfKey, numberOfKey, uuidOfKey } from './numbers.ts'
import { stateAt } from './states.ts'

/** What an answer holds beside the key's own columns. */
export interface Shown {
  readonly meta?: boolean
  readonly certFields?: boolean
  readonly links?: readonly KeyLink[] | undefined
  readonly limits?: Key['usageLimits'] | undefined
  readonly lastUse?: Pick<KeyUseRow, 'last_used_at' | 'operation'> | undefined
}

/** The one place where a key becomes JSON. `now` is stored text: dates that have come count. */
export function present(row: KeyRow, now: string, shown: Shown = { meta: true }): Key {
  const key: Key = {
    id: row.key_id,
    uri: row.uri,
    account: accountUri(row.domain_id),
    application: APPLICATION,
    devAccount: DEV_ACCOUNT,
    createdAt: wireTime(row.created_at),
    updatedAt: wireTime(row.updated_at),
    name: row.name,
    version: row.key_version,
    algorithm: row.algorithm,
    size: row.size,
    state: stateAt(row, now),
    objectType: row.object_type,
    unexportable: row.unexportable === 1,
    undeletable: row.undeletable === 1,
    neverExported: row.never_exported === 1,
    neverExportable: row.never_exportable === 1,
    emptyMaterial: row.empty_material === 1,
    uuid: uuidOfKey(row),
    muid: muidOfKey(row),
    keyId: numberOfKey(row),
    aliases: [...readAliases(row.aliases)],
    description: row.description,
    labels: row.labels === null ? {} : JSON.parse(row.labels),
  }
  if (row.usage_mask !== 0) key.usageMask = row.usage_mask
  if (shown.meta) key.meta = row.meta === null ? null : JSON.parse(row.meta)
  if (row.rotation_frequency_days > 0)
    key.rotationFrequencyDays = String(row.rotation_frequency_days)
  if (row.rotation_date !== null) key.rotationDateReached = row.rotation_date <= now
  addPlain(key, row)
  addDates(key, row)
  if (shown.certFields && row.cert_fields !== null) key.certFields = JSON.parse(row.cert_fields)
  if (shown.links) key.links = [...shown.links]
  if (shown.limits) key.usageLimits = shown.limits
  if (shown.lastUse) {
    key.lastUsedAt = wireTime(shown.lastUse.last_used_at)
    key.lastUsedFor = shown.lastUse.operation
  }
  return key
}

/** Fields that are left out while their column is null. Written out: by names in a table a page of keys takes half as long again. */
function addPlain(key: Key, row: KeyRow): void {
  if (row.curve !== null) key.curveid = row.curve
  if (row.public_key !== null) key.publickey = row.public_key
  if (row.cert_type !== null) key.certType = row.cert_type
  if (row.data_type !== null) key.dataType = row.data_type
  if (row.revocation_reason !== null) key.revocationReason = row.revocation_reason
  if (row.revocation_message !== null) key.revocationMessage = row.revocation_message
  if (row.sha1_fingerprint !== null) key.sha1Fingerprint = row.sha1_fingerprint
  if (row.sha256_fingerprint !== null) key.sha256Fingerprint = row.sha256_fingerprint
  if (row.default_iv !== null) key.defaultIV = row.default_iv
}

function addDates(key: Key, row: KeyRow): void {
  if (row.activation_date !== null) key.activationDate = wireTime(row.activation_date)
  if (row.deactivation_date !== null) key.deactivationDate = wireTime(row.deactivation_date)
  if (row.process_start_date !== null) key.processStartDate = wireTime(row.process_start_date)
  if (row.protect_stop_date !== null) key.protectStopDate = wireTime(row.protect_stop_date)
  if (row.archive_date !== null) key.archiveDate = wireTime(row.archive_date)
  if (row.destroy_date !== null) key.destroyDate = wireTime(row.destroy_date)
  if (row.compromise_date !== null) key.compromiseDate = wireTime(row.compromise_date)
  if (row.compromise_occurrence_date !== null)
    key.compromiseOccurrenceDate = wireTime(row.compromise_occurrence_date)
  if (row.rotation_date !== null) key.rotationDate = wireTime(row.rotation_date)
}
