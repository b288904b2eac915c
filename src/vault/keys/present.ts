import { accountUri } from '../../kit/domain.ts'
import { wireTime } from '../../kit/time.ts'
import type { KeyRow, KeyUseRow } from '../../store/schema.ts'
import type { Key, KeyLink } from '../contract.ts'
import { readAliases } from './aliases.ts'
import { muidOfKey, numberOfKey, uuidOfKey } from './numbers.ts'
import { stateAt } from './states.ts'

/** Old fields that clients still read; CM has the same words in every answer. */
const DEV_ACCOUNT = 'ncryptify:gemalto:admin:accounts:gemalto'
const APPLICATION = 'ncryptify:gemalto:admin:apps:kylo'

/** What an answer holds beside the key's own columns. */
export interface Shown {
  readonly meta?: boolean
  readonly certFields?: boolean
  readonly links?: readonly KeyLink[] | undefined
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
  for (const [field, column] of plain) {
    const value = row[column]
    if (value !== null) key[field] = value
  }
  for (const [field, column] of dates) {
    const value = row[column]
    if (value !== null) key[field] = wireTime(value)
  }
  if (shown.certFields && row.cert_fields !== null) key.certFields = JSON.parse(row.cert_fields)
  if (shown.links) key.links = [...shown.links]
  if (shown.lastUse) {
    key.lastUsedAt = wireTime(shown.lastUse.last_used_at)
    key.lastUsedFor = shown.lastUse.operation
  }
  return key
}

/** Fields that are left out while their column is null. */
const plain = [
  ['curveid', 'curve'],
  ['publickey', 'public_key'],
  ['certType', 'cert_type'],
  ['dataType', 'data_type'],
  ['revocationReason', 'revocation_reason'],
  ['revocationMessage', 'revocation_message'],
  ['sha1Fingerprint', 'sha1_fingerprint'],
  ['sha256Fingerprint', 'sha256_fingerprint'],
  ['defaultIV', 'default_iv'],
] as const

export const dates = [
  ['activationDate', 'activation_date'],
  ['deactivationDate', 'deactivation_date'],
  ['processStartDate', 'process_start_date'],
  ['protectStopDate', 'protect_stop_date'],
  ['archiveDate', 'archive_date'],
  ['destroyDate', 'destroy_date'],
  ['compromiseDate', 'compromise_date'],
  ['compromiseOccurrenceDate', 'compromise_occurrence_date'],
  ['rotationDate', 'rotation_date'],
] as const
