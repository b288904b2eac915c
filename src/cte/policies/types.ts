import { Fault, quote } from '../../kit/fault.ts'
import type { CtePolicyRow } from '../../store/schema.ts'

export type RuleKindName = 'security' | 'key' | 'datatx' | 'ldt' | 'idt' | 'signature'

/** What a rule does with a key decides what the key must be. */
export interface KeyDemand {
  readonly modes: readonly ('CBC' | 'CBC_CS1' | 'XTS')[]
  /** undefined: both will do. */
  readonly versioned: boolean | undefined
  /** Whether `clear_key` may stand here, for no encryption. */
  readonly clear: boolean
}

const CBC = ['CBC', 'CBC_CS1'] as const
const plain: KeyDemand = { modes: [...CBC, 'XTS'], versioned: false, clear: true }
const xts: KeyDemand = { modes: ['XTS'], versioned: undefined, clear: true }
const ldt = {
  current: { modes: CBC, versioned: false, clear: true },
  transformation: { modes: CBC, versioned: true, clear: false },
} satisfies Record<string, KeyDemand>

export interface PolicyType {
  readonly name: string
  /** Kinds of rules it may have. */
  readonly rules: readonly RuleKindName[]
  /** Whether it may only log what its rules deny. */
  readonly neverDeny: boolean
  /** What it asks of the key in use, and of the key that data is transformed to. */
  readonly current: KeyDemand
  readonly transformation: KeyDemand
}

/** What we know about the types of policies (reference 2 and 3.2); the code below asks the row. */
const types = {
  standard: {
    name: 'Standard',
    rules: ['security', 'key', 'datatx', 'signature'],
    neverDeny: true,
    current: plain,
    transformation: plain,
  },
  ldt: {
    name: 'LDT',
    rules: ['security', 'ldt', 'signature'],
    neverDeny: true,
    ...ldt,
  },
  idt: {
    name: 'IDT',
    rules: ['security', 'idt', 'signature'],
    neverDeny: false,
    current: xts,
    transformation: xts,
  },
  cloud_object_storage: {
    name: 'Cloud_Object_Storage',
    rules: ['security', 'key', 'signature'],
    neverDeny: true,
    current: { modes: CBC, versioned: false, clear: false },
    transformation: plain,
  },
  csi: {
    name: 'CSI',
    rules: ['security', 'key', 'signature'],
    neverDeny: false,
    current: { modes: CBC, versioned: false, clear: true },
    transformation: plain,
  },
} satisfies Readonly<Record<string, PolicyType>>

export type PolicyTypeName = keyof typeof types

/** The type of a policy, whatever the case of its letters. Throws 'invalid-parameter' for a text that is none. */
export function policyType(text: string): PolicyType {
  const name = text.toLowerCase()
  if (Object.hasOwn(types, name)) return types[name as PolicyTypeName]
  throw new Fault(
    'invalid-parameter',
    `policy_type: ${quote(text)} is not one of ${Object.values(types)
      .map((type) => type.name)
      .join(', ')}`,
  )
}

/** Whether a policy is of this type. */
export const isOfType = (
  { policy_type }: Pick<CtePolicyRow, 'policy_type'>,
  type: PolicyTypeName,
): boolean => policy_type.toLowerCase() === type
