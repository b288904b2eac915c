import type { CteRuleRow } from '../../store/schema.ts'
import type { RuleKindName } from '../policies/types.ts'
import type { Draft, Place } from './draft.ts'

type Common =
  | 'id'
  | 'uri'
  | 'account'
  | 'application'
  | 'devAccount'
  | 'createdAt'
  | 'updatedAt'
  | 'policy_id'
  | 'order_number'

/** One kind of rule: what it is made of, and how it is shown. */
export interface RuleKind<Body, Answer> {
  readonly kind: RuleKindName
  /** In paths and URIs. */
  readonly segment: string
  readonly what: string
  /** The rule that a request asks for; with `before`, what the request makes of that one. */
  draft(place: Place, body: Body, before?: CteRuleRow): Promise<Draft>
  /** Its own fields, beside those that all rules have. */
  present(row: CteRuleRow): Omit<Answer, Common>
}
