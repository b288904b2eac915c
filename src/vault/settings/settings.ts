import { Fault } from '../../kit/fault.ts'
import type { SettingRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'

/** What a domain has chosen about cryptography. */
export interface CryptoSettings {
  readonly strictIv: boolean
  readonly allowRsaPkcs1: boolean
  readonly allowFf31: boolean
}

export const noSettings: CryptoSettings = {
  strictIv: false,
  allowRsaPkcs1: false,
  allowFf31: false,
}

const KEY = 'crypto'

export const findSettings = (read: Reader, domain: string): Promise<SettingRow | undefined> =>
  read.row('settings', { domain_id: domain, key: KEY })

/** As the row says; what it does not know yet is off. */
export const settingsIn = (row: SettingRow | undefined): CryptoSettings =>
  row ? { ...noSettings, ...(JSON.parse(row.value) as Partial<CryptoSettings>) } : noSettings

/** Part of a unit: over `row` as read within its work. Every node looks again before it trusts what it remembers. */
export function putSettings(
  tx: Writer,
  domain: string,
  row: SettingRow | undefined,
  settings: CryptoSettings,
  updated_at: string,
): SettingRow {
  tx.changesAuthority()
  const value = JSON.stringify(settings)
  if (row) return tx.update('settings', row, { value, updated_at })
  return tx.insert(
    'settings',
    { domain_id: domain, key: KEY, value, updated_at },
    { duplicate: new Fault('conflict', 'this was set by another call at the same time') },
  )
}
