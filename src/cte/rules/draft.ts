import { Fault, quote } from '../../kit/fault.ts'
import type { CteRuleRow, CteSetRow, KeyRow } from '../../store/schema.ts'
import type { PolicyType, RuleKindName } from '../policies/types.ts'
import { resourceSets } from '../sets/kinds.ts'
import type { Names } from './names.ts'

/** What a rule is to become: its columns, and the rows that it names. */
export interface Draft {
  readonly columns: Pick<
    CteRuleRow,
    | 'user_set_id'
    | 'process_set_id'
    | 'resource_set_id'
    | 'signature_set_id'
    | 'key_row'
    | 'new_key_row'
    | 'content'
  >
  readonly sets: readonly CteSetRow[]
  readonly keys: readonly KeyRow[]
}

/** What a draft is made within. */
export interface Place {
  readonly names: Names
  readonly type: PolicyType
  readonly neverDeny: boolean
}

interface Named {
  readonly user_set?: CteSetRow | undefined
  readonly process_set?: CteSetRow | undefined
  readonly resource_set?: CteSetRow | undefined
  readonly signature_set?: CteSetRow | undefined
  readonly key?: KeyRow | undefined
  readonly newKey?: KeyRow | undefined
}

/** A rule keeps what it named before where `kept` says so: a key may have stopped to fit since, and stays. */
export function draftOf(
  content: object,
  named: Named,
  kept: Partial<Pick<CteRuleRow, 'key_row' | 'new_key_row'>> = {},
): Draft {
  const { user_set, process_set, resource_set, signature_set, key, newKey } = named
  return {
    columns: {
      user_set_id: user_set?.id ?? null,
      process_set_id: process_set?.id ?? null,
      resource_set_id: resource_set?.id ?? null,
      signature_set_id: signature_set?.id ?? null,
      key_row: key?.id ?? kept.key_row ?? null,
      new_key_row: newKey?.id ?? kept.new_key_row ?? null,
      content: JSON.stringify(content),
    },
    sets: [user_set, process_set, resource_set, signature_set].filter((set) => set !== undefined),
    keys: [key, newKey].filter((row) => row !== undefined),
  }
}

/** As answers show it; empty stands for any resource. */
export const resourceSetNamed = (
  { names }: Place,
  reference: string,
): Promise<CteSetRow> | undefined =>
  reference === '' ? undefined : names.set(resourceSets, reference)

/** Throws 'invalid-parameter' when policies of this type have no such rules. */
export function demandAllowed(type: PolicyType, kind: RuleKindName, what: string): void {
  if (!type.rules.includes(kind))
    throw new Fault('invalid-parameter', `a policy of the type ${quote(type.name)} has no ${what}s`)
}

export const contentOf = <Content>({ content }: Pick<CteRuleRow, 'content'>): Content =>
  JSON.parse(content) as Content
