import { ROOT_DOMAIN } from '../kit/domain.ts'
import { Fault } from '../kit/fault.ts'
import type { SettingRow } from './schema.ts'
import type { Reader, Writer } from './store.ts'

/** A setting of the whole installation; undefined while nobody has set it. */
export const findSetting = (db: Reader, key: string): Promise<SettingRow | undefined> =>
  db
    .selectFrom('settings')
    .selectAll()
    .where('domain_id', '=', ROOT_DOMAIN)
    .where('key', '=', key)
    .executeTakeFirst()

/** Sets it, over `row` as read within the unit's work. Throws `taken` when another one has set it first. */
export function putSetting(
  tx: Writer,
  row: SettingRow | undefined,
  { key, value, updated_at }: Pick<SettingRow, 'key' | 'value' | 'updated_at'>,
  taken = new Fault('conflict', 'this was set by another call at the same time'),
): void {
  if (row) tx.update('settings', row, { value, updated_at })
  else
    tx.insert('settings', { domain_id: ROOT_DOMAIN, key, value, updated_at }, { duplicate: taken })
}
