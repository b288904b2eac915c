import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, pageOf, QueryBoolean, TextFilter } from '../../kit/wire.ts'
import { maybe } from '../../vault/contract.ts'
import {
  AGENTS_TOO,
  bodyRules,
  changeFields,
  changeRules,
  createFields,
  idParams,
  ListQuery,
  maybeFlag,
  maybeList,
  named,
} from '../contract.ts'
import {
  changesPolicy,
  DataTransformRule,
  IdtKeyRule,
  IdtKeyRuleIn,
  KeyRule,
  KeyRuleIn,
  LdtKeyRule,
  LdtKeyRuleIn,
  SecurityRule,
  SecurityRuleIn,
  SignatureRule,
  SignatureRuleIn,
} from '../rules/contract.ts'

const MOST_RULES = 1000

export const Policy = z.object({
  ...named,
  policy_type: z.string().max(32),
  metadata: z.object({ restrict_update: z.boolean() }),
  never_deny: z.boolean(),
  updated_by: z.string().max(256),
  policy_version: z.number().int().meta({ description: 'Counts changes.' }),
  policy_key_version: z.number().int().meta({ description: 'Counts rotations of its keys.' }),
  migrated_policy_id: z.string().max(64),
  security_rules: z.array(SecurityRule).max(MOST_RULES),
  key_rules: z.array(KeyRule).max(MOST_RULES),
  data_transform_rules: z.array(DataTransformRule).max(MOST_RULES),
  ldt_key_rules: z.array(LdtKeyRule).max(MOST_RULES),
  idt_key_rules: z.array(IdtKeyRule).max(1),
  signature_rules: z.array(SignatureRule).max(MOST_RULES),
})
export type Policy = z.output<typeof Policy>

const metadata = maybe(z.object({ restrict_update: maybeFlag })).meta({
  description:
    '`restrict_update`: nothing is changed while a guard point uses the policy, unless force_restrict_update says so.',
})

const rules = <Rule extends z.ZodType>(rule: Rule) => maybeList(rule, MOST_RULES)

export const ctePolicies = {
  list: endpoint({
    method: 'GET',
    path: '/v1/transparent-encryption/policies',
    summary: 'List policies of transparent encryption',
    access: AGENTS_TOO,
    audit: false,
    query: ListQuery.extend({
      policy_type: TextFilter.optional(),
      never_deny: QueryBoolean.optional(),
    }),
    status: 200,
    reply: pageOf(Policy),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/transparent-encryption/policies',
    summary: 'Create a policy of transparent encryption',
    description: 'With its rules, which come back in the order sent.',
    access: { ...changesPolicy, action: 'CreatePolicyCTE' },
    audit: 'Create CTE policy',
    ...bodyRules,
    body: z.object({
      ...createFields,
      policy_type: z.string().max(32).min(1).meta({
        description: '`Standard`, `LDT`, `IDT`, `Cloud_Object_Storage` or `CSI`.',
      }),
      never_deny: maybeFlag.meta({ description: 'Rules that deny are logged and do not block.' }),
      metadata,
      security_rules: rules(SecurityRuleIn),
      key_rules: rules(KeyRuleIn),
      data_transform_rules: rules(KeyRuleIn),
      ldt_key_rules: rules(LdtKeyRuleIn),
      idt_key_rules: rules(IdtKeyRuleIn),
      signature_rules: rules(SignatureRuleIn),
    }),
    status: 201,
    reply: Policy,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/transparent-encryption/policies/:id',
    summary: 'Read one policy of transparent encryption',
    access: AGENTS_TOO,
    audit: false,
    params: idParams,
    status: 200,
    reply: Policy,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/transparent-encryption/policies/:id',
    summary: 'Change a policy of transparent encryption',
    access: changesPolicy,
    audit: 'Update CTE policy',
    ...changeRules,
    params: idParams,
    body: z.object({
      ...changeFields,
      never_deny: maybeFlag,
      metadata,
      force_restrict_update: maybeFlag.meta({
        description: 'Changes the policy although it restricts changes and guards something.',
      }),
    }),
    status: 200,
    reply: Policy,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/transparent-encryption/policies/:id',
    summary: 'Delete a policy of transparent encryption',
    description: 'Refused while a guard point uses it.',
    access: { ...changesPolicy, action: 'DeletePolicyCTE' },
    audit: 'Delete CTE policy',
    params: idParams,
    status: 204,
    reply: Empty,
  }),
}
