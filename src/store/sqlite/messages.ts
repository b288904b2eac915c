import type { ChainEnd, ChainKeys } from '../chain.ts'
import type { AuditEntry } from '../store.ts'
import type { Outcome, Topic } from '../unit.ts'

/** A unit as it travels: statements by number, since the same few texts come again and again. */
export type WireUnit = readonly [
  steps: readonly (readonly [text: number, params: readonly unknown[], rows: number])[],
  audits: readonly AuditEntry[],
  counts: readonly (readonly [domain: string, table: string, difference: number])[],
  topics: readonly Topic[],
  endsSecrets: boolean,
]

export type ToWriter =
  | {
      readonly kind: 'batch'
      /** All numbers given so far are void. */
      readonly forget: boolean
      /** The texts of the next numbers. */
      readonly texts: readonly string[]
      readonly units: readonly WireUnit[]
    }
  | { readonly kind: 'chain'; readonly keys: ChainKeys }
  | { readonly kind: 'close' }

export type FromWriter =
  | {
      readonly kind: 'batch'
      readonly outcomes: readonly Outcome[]
      readonly end: ChainEnd | undefined
    }
  | {
      readonly kind: 'chain'
      readonly end: ChainEnd | undefined
      readonly tampered: boolean
      readonly detail: string
    }
  | { readonly kind: 'trouble'; readonly detail: string; readonly damaged: boolean }
  /** What is left of deleted secrets could not be overwritten. */
  | { readonly kind: 'remains'; readonly detail: string }
  | { readonly kind: 'space'; readonly full: boolean }
  | { readonly kind: 'closed' }
