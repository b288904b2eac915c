import type { z } from 'zod'
import { Fault } from '../../kit/fault.ts'
import { signatureSets } from '../sets/kinds.ts'
import type { SignatureRule, SignatureRuleIn } from './contract.ts'
import { contentOf, draftOf } from './draft.ts'
import type { RuleKind } from './kind.ts'

interface Content {
  readonly signature_set_id: string
  /** Kept beside the reference: names of sets never change. */
  readonly signature_set_name: string
}

export const signatureRules: RuleKind<
  z.output<typeof SignatureRuleIn>,
  z.input<typeof SignatureRule>
> = {
  kind: 'signature',
  segment: 'signaturerules',
  what: 'signature rule',

  async draft({ names }, body, before) {
    const reference =
      body.signature_set_id ?? (before && contentOf<Content>(before).signature_set_id)
    if (reference === undefined)
      throw new Fault('invalid-parameter', 'signature_set_id: is required')
    const set = await names.set(signatureSets, reference)
    const content: Content = { signature_set_id: reference, signature_set_name: set.name }
    return draftOf(content, { signature_set: set })
  },

  present: (row) => contentOf<Content>(row),
}
