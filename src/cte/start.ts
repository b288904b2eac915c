import type { KeyFollower, KeyUser } from '../vault/index.ts'
import { ldtPoliciesFollow, policyUsingKey } from './rules/key-uses.ts'

/** What the vault is told of transparent encryption, which it does not know. */
export const keyHooks: {
  readonly keyUsers: readonly KeyUser[]
  readonly keyFollowers: readonly KeyFollower[]
} = { keyUsers: [policyUsingKey], keyFollowers: [ldtPoliciesFollow] }
