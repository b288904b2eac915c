import type { Sealed, SealsOf } from './sealed.ts'

/** Transparent encryption: sets, and policies with their rules. */
export interface CtePoliciesTables {
  cte_sets: CteSetRow
  cte_set_uses: CteSetUseRow
  cte_signatures: CteSignatureRow
  cte_policies: CtePolicyRow
  cte_rules: CteRuleRow
}

/** A set of resources, users, processes or signatures of transparent encryption; names are unique among those of a kind. */
export interface CteSetRow extends Sealed {
  id: string
  domain_id: string
  /** `resource`, `user`, `process` or `signature`. */
  kind: string
  name: string
  description: string
  labels: string | null
  /** Of resource and signature sets; empty for the others. */
  type: string
  /** JSON: a list; of a signature set its sources. */
  elements: string
  /** Of signature sets: counts their changes. */
  reference_version: number
  signing_status: string
  /** The client that was asked to sign; null: none was. */
  signing_client: string | null
  /** The name of the user who changed it last. */
  updated_by: string
  created_at: string
  updated_at: string
}

/** A process set names a resource or signature set in one of its elements. */
export interface CteSetUseRow extends Sealed {
  process_set: string
  used_set: string
  domain_id: string
}

/** What a file of a signature set has to look like. */
export interface CteSignatureRow extends Sealed {
  id: string
  domain_id: string
  set_id: string
  file_name: string
  hash_value: string
  created_at: string
  updated_at: string
}

export interface CtePolicyRow extends Sealed {
  id: string
  domain_id: string
  name: string
  description: string
  labels: string | null
  /** As it was given, in the case it was given in. */
  policy_type: string
  never_deny: number
  restrict_update: number
  /** Counts changes of the policy and its rules. */
  policy_version: number
  /** Counts rotations of the keys that it names. */
  policy_key_version: number
  /** The name of the user who changed it last. */
  updated_by: string
  created_at: string
  updated_at: string
}

/** A rule of a policy. What it names is found by the ids, and shown as it was sent, in `content`. */
export interface CteRuleRow extends Sealed {
  id: string
  domain_id: string
  policy_id: string
  /** `security`, `key`, `datatx`, `ldt`, `idt` or `signature`. */
  kind: string
  /** From 1, among the rules of its kind. */
  order_number: number
  user_set_id: string | null
  process_set_id: string | null
  resource_set_id: string | null
  signature_set_id: string | null
  /** `id` of the row of the newest version that the key had then; null: none, or `clear_key`. */
  key_row: string | null
  /** Of the key that data is transformed to. */
  new_key_row: string | null
  /** JSON: the rule's own fields. */
  content: string
  created_at: string
  updated_at: string
}

/** The columns under the seal of each row, in the order in which they are encoded. */
export const ctePoliciesSeals = {
  cte_sets: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      kind: 'text',
      name: 'text',
      description: 'text',
      labels: 'text?',
      type: 'text',
      elements: 'text',
      reference_version: 'integer',
      signing_status: 'text',
      signing_client: 'text?',
      updated_by: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  cte_set_uses: {
    key: ['process_set', 'used_set'],
    columns: { process_set: 'text', used_set: 'text', domain_id: 'text', version: 'integer' },
  },
  cte_signatures: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      set_id: 'text',
      file_name: 'text',
      hash_value: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  cte_policies: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      description: 'text',
      labels: 'text?',
      policy_type: 'text',
      never_deny: 'integer',
      restrict_update: 'integer',
      policy_version: 'integer',
      policy_key_version: 'integer',
      updated_by: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  cte_rules: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      policy_id: 'text',
      kind: 'text',
      order_number: 'integer',
      user_set_id: 'text?',
      process_set_id: 'text?',
      resource_set_id: 'text?',
      signature_set_id: 'text?',
      key_row: 'text?',
      new_key_row: 'text?',
      content: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
} satisfies SealsOf<CtePoliciesTables>
