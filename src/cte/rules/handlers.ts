import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import type {
  cteDataTransformRules,
  cteIdtKeyRules,
  cteKeyRules,
  cteLdtKeyRules,
  cteSecurityRules,
  cteSignatureRules,
} from './contract.ts'
import { kinds, presentRule } from './kinds.ts'
import { addRules, ruleHandlers } from './service.ts'

export const securityRuleHandlers: Handlers<Context, typeof cteSecurityRules> = ruleHandlers(
  kinds.security_rules,
)
export const keyRuleHandlers: Handlers<Context, typeof cteKeyRules> = ruleHandlers(kinds.key_rules)
export const dataTransformRuleHandlers: Handlers<Context, typeof cteDataTransformRules> =
  ruleHandlers(kinds.data_transform_rules)
export const ldtKeyRuleHandlers: Handlers<Context, typeof cteLdtKeyRules> = ruleHandlers(
  kinds.ldt_key_rules,
)

/** Made with the policy, and gone with it. */
const { list, get, update } = ruleHandlers(kinds.idt_key_rules)
export const idtKeyRuleHandlers: Handlers<Context, typeof cteIdtKeyRules> = { list, get, update }

export const signatureRuleHandlers: Handlers<Context, typeof cteSignatureRules> = {
  ...ruleHandlers(kinds.signature_rules),

  async create(context, { params, body }) {
    const rows = await addRules(
      context,
      kinds.signature_rules,
      params.id,
      body.signature_set_id_list.map((signature_set_id) => ({ signature_set_id })),
    )
    return {
      success_signature_rules: rows.map((row) => ({
        signature_rule: presentRule(kinds.signature_rules, row),
      })),
    }
  },
}
