import type { Use } from '../material/index.ts'
import type { Permission } from './rights.ts'

/** What a key can be used for. */
export type KeyUse = Use

export interface UseRule {
  /** Needed beside `UseKey`; none: `UseKey` alone. */
  readonly permission?: Permission
  /** Protects something new, or processes what was protected (reference 6). */
  readonly protects: boolean
}

/** One permission for one operation (A4). Who may encrypt may encapsulate, which is the same act with another key. */
export const useRules: Readonly<Record<KeyUse, UseRule>> = {
  encrypt: { permission: 'EncryptWithKey', protects: true },
  decrypt: { permission: 'DecryptWithKey', protects: false },
  sign: { permission: 'SignWithKey', protects: true },
  verify: { permission: 'SignVerifyWithKey', protects: false },
  mac: { permission: 'MACWithKey', protects: true },
  macVerify: { permission: 'MACVerifyWithKey', protects: false },
  wrap: { protects: true },
  unwrap: { protects: false },
  derive: { protects: true },
  hide: { permission: 'EncryptWithKey', protects: true },
  unhide: { permission: 'DecryptWithKey', protects: false },
  encapsulate: { permission: 'EncryptWithKey', protects: true },
  decapsulate: { permission: 'DecryptWithKey', protects: false },
}
