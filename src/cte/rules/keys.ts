import type { z } from 'zod'
import { Fault, quote } from '../../kit/fault.ts'
import type { CteRuleRow } from '../../store/schema.ts'
import type {
  DataTransformRule,
  IdtKeyRule,
  IdtKeyRuleIn,
  KeyRule,
  KeyRuleIn,
  LdtKeyRule,
  LdtKeyRuleIn,
} from './contract.ts'
import { contentOf, type Draft, draftOf, type Place, resourceSetNamed } from './draft.ts'
import type { RuleKind } from './kind.ts'
import { CLEAR_KEY } from './names.ts'

type KeyBody = z.output<typeof KeyRuleIn>

interface KeyContent {
  readonly key_id: string
  readonly key_type: string
  readonly resource_set_id: string
}

const required = (field: string): Fault => new Fault('invalid-parameter', `${field}: is required`)

/** A new key is read by its own type: that of the one before says nothing about it. */
function keyContent(body: KeyBody, before: KeyContent | undefined): KeyContent {
  const key_id = body.key_id ?? before?.key_id
  if (key_id === undefined) throw required('key_id')
  return {
    key_id,
    key_type: body.key_type ?? (body.key_id === undefined ? (before?.key_type ?? '') : ''),
    resource_set_id: body.resource_set_id ?? before?.resource_set_id ?? '',
  }
}

const keyDraft =
  (which: 'current' | 'transformation') =>
  async (place: Place, body: KeyBody, before?: CteRuleRow): Promise<Draft> => {
    const content = keyContent(body, before && contentOf<KeyContent>(before))
    const stays = before !== undefined && body.key_id === undefined
    const named = { id: content.key_id, type: content.key_type || undefined }
    const key = stays ? undefined : (await place.names.key(named, place.type[which], 'key_id'))?.row
    return draftOf(
      content,
      {
        ...(which === 'current' ? { key } : { newKey: key }),
        resource_set: await resourceSetNamed(place, content.resource_set_id),
      },
      stays ? before : {},
    )
  }

export const keyRules: RuleKind<KeyBody, z.input<typeof KeyRule>> = {
  kind: 'key',
  segment: 'keyrules',
  what: 'key rule',
  draft: keyDraft('current'),
  present: (row) => contentOf<KeyContent>(row),
}

export const dataTransformRules: RuleKind<KeyBody, z.input<typeof DataTransformRule>> = {
  kind: 'datatx',
  segment: 'datatxrules',
  what: 'data transformation rule',
  draft: keyDraft('transformation'),
  present: (row) => ({ ...contentOf<KeyContent>(row), new_key_rule: row.new_key_row !== null }),
}

type LdtBody = z.output<typeof LdtKeyRuleIn>
type LdtKeyBody = LdtBody['current_key']

interface LdtKey {
  readonly key_id: string
  readonly key_type: string
  readonly key_usage: string
}

interface LdtContent {
  readonly current_key: LdtKey
  readonly transformation_key: LdtKey
  readonly is_exclusion_rule: boolean
  readonly resource_set_id: string
}

const NO_KEY: LdtKey = { key_id: '', key_type: '', key_usage: '' }

const ldtKey = (body: LdtKeyBody, before: LdtKey = NO_KEY): LdtKey =>
  body?.key_id === undefined
    ? { ...before, key_usage: body?.key_usage ?? before.key_usage }
    : {
        key_id: body.key_id,
        key_type: body.key_type ?? '',
        key_usage: body.key_usage ?? before.key_usage,
      }

export const ldtKeyRules: RuleKind<LdtBody, z.input<typeof LdtKeyRule>> = {
  kind: 'ldt',
  segment: 'ldtkeyrules',
  what: 'LDT key rule',

  async draft(place, body, before) {
    const old = before && contentOf<LdtContent>(before)
    // What is left out of a rule that becomes an exclusion is none.
    const excludes = body.is_exclusion_rule === true && old?.is_exclusion_rule !== true
    const content: LdtContent = {
      current_key: ldtKey(body.current_key, old?.current_key),
      transformation_key: ldtKey(
        body.transformation_key,
        excludes ? undefined : old?.transformation_key,
      ),
      is_exclusion_rule: body.is_exclusion_rule ?? old?.is_exclusion_rule ?? false,
      resource_set_id: body.resource_set_id ?? old?.resource_set_id ?? '',
    }
    if (content.current_key.key_id === '') throw required('current_key.key_id')
    if (content.transformation_key.key_id === '' && !content.is_exclusion_rule)
      throw required('transformation_key.key_id')
    const stays = {
      current: before !== undefined && body.current_key?.key_id === undefined,
      transformation:
        before !== undefined && !excludes && body.transformation_key?.key_id === undefined,
    }
    const key = (which: 'current' | 'transformation') => {
      const { key_id, key_type } = content[`${which}_key`]
      if (key_id === '' || stays[which]) return undefined
      const named = { id: key_id, type: key_type || undefined }
      return place.names.key(named, place.type[which], `${which}_key.key_id`)
    }
    return draftOf(
      content,
      {
        key: (await key('current'))?.row,
        newKey: (await key('transformation'))?.row,
        resource_set: await resourceSetNamed(place, content.resource_set_id),
      },
      {
        ...(stays.current && { key_row: before?.key_row ?? null }),
        ...(stays.transformation && { new_key_row: before?.new_key_row ?? null }),
      },
    )
  },

  present(row) {
    const content = contentOf<LdtContent>(row)
    return {
      ...content,
      current_key: shownKey(content.current_key),
      transformation_key: shownKey(content.transformation_key),
    }
  },
}

/** Without its type, and there even when there is no key: a client reads its `key_id` with no check. */
const shownKey = ({ key_id, key_usage }: LdtKey) => ({
  key_id,
  ...(key_usage !== '' && { key_usage }),
})

type IdtBody = z.output<typeof IdtKeyRuleIn>

interface IdtContent {
  readonly current_key: string
  readonly current_key_type: string
  readonly transformation_key: string
  readonly transformation_key_type: string
}

function idtKey<Which extends 'current' | 'transformation'>(
  which: Which,
  body: IdtBody,
  before: IdtContent | undefined,
): Pick<IdtContent, `${Which}_key` | `${Which}_key_type`> {
  const given = body[`${which}_key`]
  const key = given ?? before?.[`${which}_key`]
  if (key === undefined) throw required(`${which}_key`)
  const type =
    body[`${which}_key_type`] ?? (given === undefined ? before?.[`${which}_key_type`] : undefined)
  return { [`${which}_key`]: key, [`${which}_key_type`]: type ?? '' } as Pick<
    IdtContent,
    `${Which}_key` | `${Which}_key_type`
  >
}

export const idtKeyRules: RuleKind<IdtBody, z.input<typeof IdtKeyRule>> = {
  kind: 'idt',
  segment: 'idtkeyrules',
  what: 'IDT key rule',

  async draft(place, body, before) {
    const old = before && contentOf<IdtContent>(before)
    const content: IdtContent = {
      ...idtKey('current', body, old),
      ...idtKey('transformation', body, old),
    }
    if (content.current_key === CLEAR_KEY && content.transformation_key === CLEAR_KEY)
      throw new Fault(
        'invalid-parameter',
        `transformation_key: one of the keys must be another one than ${quote(CLEAR_KEY)}`,
      )
    const stays = {
      current: before !== undefined && body.current_key === undefined,
      transformation: before !== undefined && body.transformation_key === undefined,
    }
    const found = async (which: 'current' | 'transformation') => {
      if (stays[which]) return undefined
      const field = `${which}_key` as const
      const named = { id: content[field], type: content[`${field}_type`] || undefined }
      return (await place.names.key(named, place.type[which], field))?.row
    }
    return draftOf(
      content,
      { key: await found('current'), newKey: await found('transformation') },
      {
        ...(stays.current && { key_row: before?.key_row ?? null }),
        ...(stays.transformation && { new_key_row: before?.new_key_row ?? null }),
      },
    )
  },

  present: (row) => contentOf<IdtContent>(row),
}
