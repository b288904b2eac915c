import type { z } from 'zod'
import { Fault, quote } from '../../kit/fault.ts'
import { processSets, resourceSets, userSets } from '../sets/kinds.ts'
import type { SecurityRule, SecurityRuleIn } from './contract.ts'
import { contentOf, type Draft, draftOf, type Place } from './draft.ts'
import type { RuleKind } from './kind.ts'

type Body = z.output<typeof SecurityRuleIn>
type Content = Omit<Required<{ [Field in keyof Body]: NonNullable<Body[Field]> }>, 'order_number'>

const BLANK: Content = {
  action: '',
  effect: '',
  user_set_id: '',
  process_set_id: '',
  resource_set_id: '',
  exclude_user_set: false,
  exclude_process_set: false,
  exclude_resource_set: false,
  partial_match: true,
}

export const securityRules: RuleKind<Body, z.input<typeof SecurityRule>> = {
  kind: 'security',
  segment: 'securityrules',
  what: 'security rule',

  async draft(place, body, before) {
    const old = before ? contentOf<Content>(before) : BLANK
    const content: Content = { ...old }
    for (const field of Object.keys(BLANK) as (keyof Content)[])
      if (body[field] !== undefined) Object.assign(content, { [field]: body[field] })
    if (content.effect === '')
      throw new Fault('invalid-parameter', 'effect: is required, such as "permit,applykey"')
    content.effect = effectOf(content.effect, place.neverDeny)
    return withSets(place, content)
  },

  present(row) {
    return { ...contentOf<Content>(row), process_signed: '', generation: '' }
  },
}

/** What a policy for live data transformation begins with: the server's own rule, which nobody changes. */
export const ldtDefault: Draft = draftOf(
  { ...BLANK, action: 'key_op', effect: 'permit,applykey' },
  {},
)

async function withSets({ names }: Place, content: Content): Promise<Draft> {
  const { user_set_id, process_set_id, resource_set_id } = content
  return draftOf(content, {
    user_set: user_set_id ? await names.set(userSets, user_set_id) : undefined,
    process_set: process_set_id ? await names.set(processSets, process_set_id) : undefined,
    resource_set: resource_set_id ? await names.set(resourceSets, resource_set_id) : undefined,
  })
}

const WORDS = ['permit', 'deny', 'audit', 'applykey']

/** The effect as it is kept. What is denied gets no key: CM drops `applykey` beside `deny`, unless nothing is denied. */
function effectOf(text: string, neverDeny: boolean): string {
  const words = text.split(',').map((word) => word.trim())
  const known = new Set(words.map((word) => word.toLowerCase()))
  for (const word of known)
    if (!WORDS.includes(word))
      throw new Fault(
        'invalid-parameter',
        `effect: ${quote(word)} is not one of ${WORDS.join(', ')}`,
      )
  if (known.has('permit') && known.has('deny'))
    throw new Fault('invalid-parameter', 'effect: a rule cannot both permit and deny')
  if (neverDeny || !known.has('deny')) return text
  return words.filter((word) => word.toLowerCase() !== 'applykey').join(',')
}
