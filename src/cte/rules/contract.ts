import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, pageOf, text } from '../../kit/wire.ts'
import { maybe, maybeText } from '../../vault/contract.ts'
import {
  AGENTS_TOO,
  bodyRules,
  identified,
  idParams,
  maybeFlag,
  maybeReference,
  Reference,
} from '../contract.ts'

const Order = maybe(z.number().int().min(0).max(1_000_000)).meta({
  description: 'The place among the rules of its kind, from 1; the others make room. 0 is none.',
})

const KeyType = maybeText(16).meta({
  description:
    'How to read the reference: `name`, `id`, `slug`, `alias`, `uri`, `uuid`, `muid`, `key_id`. Inferred when not given.',
})

/** The same fields on creation and change: what was left out of a creation is empty, of a change stays. */
export const SecurityRuleIn = z.object({
  action: maybeText(4096).meta({
    description: 'Comma list such as `read`, `write`, `all_ops`, `key_op`.',
  }),
  effect: maybeText(256).meta({
    description: 'Comma list of `permit` or `deny`, `audit` and `applykey`.',
  }),
  user_set_id: maybe(text(512)).meta({ description: 'Empty: any user.' }),
  process_set_id: maybe(text(512)).meta({ description: 'Empty: any process.' }),
  resource_set_id: maybe(text(512)).meta({ description: 'Empty: any resource.' }),
  exclude_user_set: maybeFlag,
  exclude_process_set: maybeFlag,
  exclude_resource_set: maybeFlag,
  partial_match: maybeFlag.meta({ description: 'True when not given.' }),
  order_number: Order,
})

export const KeyRuleIn = z.object({
  key_id: maybeReference.meta({ description: 'A key, or `clear_key` for none.' }),
  key_type: KeyType,
  resource_set_id: maybe(text(512)).meta({ description: 'Empty: any resource.' }),
  order_number: Order,
})

const LdtKeyIn = maybe(
  z.object({ key_id: maybeReference, key_type: KeyType, key_usage: maybeText(32) }),
)
export const LdtKeyRuleIn = z.object({
  current_key: LdtKeyIn.meta({ description: 'A key without versions, or `clear_key`.' }),
  transformation_key: LdtKeyIn.meta({
    description: 'A versioned key; not needed for an exclusion.',
  }),
  is_exclusion_rule: maybeFlag,
  resource_set_id: maybe(text(512)),
  order_number: Order,
})

export const IdtKeyRuleIn = z.object({
  current_key: maybeReference.meta({ description: 'An XTS key, or `clear_key`.' }),
  current_key_type: KeyType,
  transformation_key: maybeReference.meta({ description: 'An XTS key.' }),
  transformation_key_type: KeyType,
})

export const SignatureRuleIn = z.object({ signature_set_id: maybeReference })

const ruleFields = { ...identified, policy_id: z.uuid() }
const ordered = { ...ruleFields, order_number: z.number().int() }
const Shown = z.string().max(512)

export const SecurityRule = z.object({
  ...ordered,
  action: z.string().max(4096),
  effect: z.string().max(256),
  user_set_id: Shown,
  process_set_id: Shown,
  resource_set_id: Shown,
  exclude_user_set: z.boolean(),
  exclude_process_set: z.boolean(),
  exclude_resource_set: z.boolean(),
  partial_match: z.boolean(),
  process_signed: z.string().max(64),
  generation: z.string().max(64),
})

export const KeyRule = z.object({
  ...ordered,
  key_id: Shown,
  key_type: z.string().max(16),
  resource_set_id: Shown,
})

export const DataTransformRule = z.object({ ...KeyRule.shape, new_key_rule: z.boolean() })

const LdtKey = z.object({ key_id: Shown, key_usage: z.string().max(32).optional() })
export const LdtKeyRule = z.object({
  ...ordered,
  current_key: LdtKey,
  transformation_key: LdtKey,
  is_exclusion_rule: z.boolean(),
  resource_set_id: Shown,
})

export const IdtKeyRule = z.object({
  ...ruleFields,
  current_key: Shown,
  current_key_type: z.string().max(16),
  transformation_key: Shown,
  transformation_key_type: z.string().max(16),
})

export const SignatureRule = z.object({
  ...ruleFields,
  signature_set_id: Shown,
  signature_set_name: z.string().max(256),
})

const ref = { resource: 'transparent-encryption:policies' }
export const changesPolicy = { ...ref, action: 'UpdatePolicyCTE' }

const ruleParams = z.object({
  ...idParams.shape,
  rule_id: Reference.meta({ description: 'Id or URI of the rule.' }),
})

interface Given<Answer extends z.ZodType, Body extends z.ZodType> {
  /** The last part of the path. */
  readonly path: string
  readonly what: string
  readonly answer: Answer
  readonly body: Body
}

const pathOf = (path: string) => `/v1/transparent-encryption/policies/:id/${path}` as const

/** What every kind of rule has. */
const readAndChange = <Answer extends z.ZodType, Body extends z.ZodType>({
  path,
  what,
  answer,
  body,
}: Given<Answer, Body>) => ({
  list: endpoint({
    method: 'GET',
    path: pathOf(path),
    summary: `List ${what}s of a policy`,
    access: AGENTS_TOO,
    audit: false,
    params: idParams,
    query: Page,
    status: 200,
    reply: pageOf(answer),
  }),
  get: endpoint({
    method: 'GET',
    path: `${pathOf(path)}/:rule_id`,
    summary: `Read one ${what} of a policy`,
    access: AGENTS_TOO,
    audit: false,
    params: ruleParams,
    status: 200,
    reply: answer,
  }),
  update: endpoint({
    method: 'PATCH',
    path: `${pathOf(path)}/:rule_id`,
    summary: `Change a ${what} of a policy`,
    access: changesPolicy,
    audit: `Update CTE ${what}`,
    ...bodyRules,
    params: ruleParams,
    body,
    status: 200,
    reply: answer,
  }),
})

const removal = (path: string, what: string) => ({
  delete: endpoint({
    method: 'DELETE',
    path: `${pathOf(path)}/:rule_id`,
    summary: `Delete a ${what} of a policy`,
    access: changesPolicy,
    audit: `Delete CTE ${what}`,
    params: ruleParams,
    status: 204,
    reply: Empty,
  }),
})

const ruleEndpoints = <Answer extends z.ZodType, Body extends z.ZodType>(
  given: Given<Answer, Body>,
) => ({
  ...readAndChange(given),
  create: endpoint({
    method: 'POST',
    path: pathOf(given.path),
    summary: `Add a ${given.what} to a policy`,
    access: changesPolicy,
    audit: `Create CTE ${given.what}`,
    ...bodyRules,
    params: idParams,
    body: given.body,
    status: 201,
    reply: given.answer,
  }),
  ...removal(given.path, given.what),
})

export const cteSecurityRules = ruleEndpoints({
  path: 'securityrules',
  what: 'security rule',
  answer: SecurityRule,
  body: SecurityRuleIn,
})

export const cteKeyRules = ruleEndpoints({
  path: 'keyrules',
  what: 'key rule',
  answer: KeyRule,
  body: KeyRuleIn,
})

export const cteDataTransformRules = ruleEndpoints({
  path: 'datatxrules',
  what: 'data transformation rule',
  answer: DataTransformRule,
  body: KeyRuleIn,
})

export const cteLdtKeyRules = ruleEndpoints({
  path: 'ldtkeyrules',
  what: 'LDT key rule',
  answer: LdtKeyRule,
  body: LdtKeyRuleIn,
})

/** A policy has one, from its beginning to its end. */
export const cteIdtKeyRules = readAndChange({
  path: 'idtkeyrules',
  what: 'IDT key rule',
  answer: IdtKeyRule,
  body: IdtKeyRuleIn,
})

const signature = {
  path: 'signaturerules',
  what: 'signature rule',
  answer: SignatureRule,
  body: SignatureRuleIn,
}

export const cteSignatureRules = {
  ...readAndChange(signature),
  create: endpoint({
    method: 'POST',
    path: pathOf(signature.path),
    summary: 'Add signature rules to a policy',
    description: 'One for each set, or none at all when one of the sets cannot be had.',
    access: changesPolicy,
    audit: 'Create CTE signature rules',
    ...bodyRules,
    params: idParams,
    body: z.object({ signature_set_id_list: z.array(Reference).min(1).max(100) }),
    status: 201,
    reply: z.object({
      success_signature_rules: z.array(z.object({ signature_rule: SignatureRule })).max(100),
    }),
  }),
  ...removal(signature.path, signature.what),
}
