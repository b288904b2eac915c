import type { CteRuleRow } from '../../store/schema.ts'
import { presentIdentity } from '../records.ts'
import { dataTransformRules, idtKeyRules, keyRules, ldtKeyRules } from './keys.ts'
import type { RuleKind } from './kind.ts'
import { securityRules } from './security.ts'
import { signatureRules } from './signatures.ts'

/** By the member of a policy that holds them. */
export const kinds = {
  security_rules: securityRules,
  key_rules: keyRules,
  data_transform_rules: dataTransformRules,
  ldt_key_rules: ldtKeyRules,
  idt_key_rules: idtKeyRules,
  signature_rules: signatureRules,
}

export type RuleMember = keyof typeof kinds
export const ruleMembers = Object.keys(kinds) as RuleMember[]

/** Clients know these by the place in which they were sent, and the others by their number. */
const UNORDERED: readonly string[] = ['idt', 'signature']

/** The one place where a rule becomes JSON. */
export const presentRule = <Answer>(
  { kind, segment, present }: RuleKind<never, Answer>,
  row: CteRuleRow,
): Answer =>
  ({
    ...presentIdentity({ segment }, row),
    policy_id: row.policy_id,
    ...(!UNORDERED.includes(kind) && { order_number: row.order_number }),
    ...present(row),
  }) as Answer
