import type { z } from 'zod'
import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, quote } from '../../kit/fault.ts'
import type { CteSetRow } from '../../store/schema.ts'
import { presentNamed } from '../records.ts'
import { demandSomething, elementsOf, replaced, without } from '../sets/elements.ts'
import { resourceSets } from '../sets/kinds.ts'
import { changeSet, listElements, setHandlers } from '../sets/service.ts'
import { indexed, merged } from '../sets/write.ts'
import type { cteResourceSets, ResourceSet } from './contract.ts'

type Type = ResourceSet['type']
type Resource = Omit<ResourceSet['resources'][number], 'index'>
type Tag = Omit<ResourceSet['classification_tags'][number], 'index'>
type Body = z.output<typeof cteResourceSets.addElements.body & z.ZodType>

const NOTHING: Resource = { directory: '', file: '', include_subfolders: false, hdfs: false }
const NO_TAG: Tag = { name: '', description: '', attributes: [] }
const NO_ATTRIBUTE: Tag['attributes'][number] = { data_type: '', name: '', operator: '', value: '' }
const OPERATORS = ['eq', 'ne', 'lt', 'le', 'gt', 'ge']
const TYPES: readonly Type[] = ['Directory', 'Classification']

export const resourceSetHandlers: Handlers<Context, typeof cteResourceSets> = {
  ...setHandlers({
    collection: resourceSets,
    present,
    made(_context, body: Body & { readonly type?: string | undefined }) {
      const type = typeFor(body.type)
      return { type, elements: elementsIn(body, type) ?? [] }
    },
    changed(_context, row, body: Body) {
      const elements = elementsIn(body, row.type as Type)
      return elements ? { elements } : {}
    },
  }),

  listElements: (context, input) => listElements(context, resourceSets, input),

  async addElements(context, { params, body }) {
    return change(context, params.id, (row) => [
      ...elementsOf(row),
      ...(elementsIn(body, row.type as Type) ?? []),
    ])
  },

  async updateElement(context, { params, body }) {
    return change(context, params.id, (row) =>
      row.type === 'Classification'
        ? replaced(elementsOf<Tag>(row), params.index, (before) => tag(body, before))
        : replaced(elementsOf<Resource>(row), params.index, (before) => resource(body, before)),
    )
  },

  async deleteElements(context, { params, query }) {
    await change(context, params.id, (row) => without(elementsOf(row), query.resourceIndexList))
    return undefined
  },
}

const change = (
  context: Context,
  reference: string,
  decide: (row: CteSetRow) => readonly unknown[],
) =>
  changeSet(context, { collection: resourceSets, present }, reference, (row) => ({
    elements: decide(row),
  }))

function typeFor(text = 'Directory'): Type {
  const type = TYPES.find((one) => one.toLowerCase() === text.toLowerCase())
  if (!type)
    throw new Fault('invalid-parameter', `type: ${quote(text)} is not one of ${TYPES.join(', ')}`)
  return type
}

/** The elements that a body gives, of the set's own type; undefined: none were given. */
function elementsIn(
  { resources, classification_tags }: Body,
  type: Type,
): readonly (Resource | Tag)[] | undefined {
  const [own, other, field] =
    type === 'Directory'
      ? ([resources, classification_tags, 'classification_tags'] as const)
      : ([classification_tags, resources, 'resources'] as const)
  if (other !== undefined && other.length > 0)
    throw new Fault('invalid-parameter', `${field}: a set of the type ${type} has none`)
  if (own === undefined) return undefined
  return type === 'Directory'
    ? (resources ?? []).map((sent) => resource(sent))
    : (classification_tags ?? []).map((sent) => tag(sent))
}

function resource(sent: NonNullable<Body['resources']>[number], before = NOTHING): Resource {
  const made = merged(NOTHING, before, sent)
  demandSomething(made, 'resources', 'directory', 'file')
  return made
}

function tag(sent: NonNullable<Body['classification_tags']>[number], before = NO_TAG): Tag {
  const { attributes, ...rest } = sent
  const made = merged(NO_TAG, before, {
    ...rest,
    ...(attributes !== undefined && {
      attributes: (attributes ?? []).map((one) =>
        attribute(merged(NO_ATTRIBUTE, NO_ATTRIBUTE, one)),
      ),
    }),
  })
  demandSomething(made, 'classification_tags', 'name')
  return made
}

function attribute(given: Tag['attributes'][number]): Tag['attributes'][number] {
  if (!OPERATORS.includes(given.operator.toLowerCase()))
    throw new Fault(
      'invalid-parameter',
      `operator: ${quote(given.operator)} is not one of ${OPERATORS.join(', ')}`,
    )
  return given
}

/** The one place where a resource set becomes JSON. */
function present(row: CteSetRow): ResourceSet {
  const isClassification = row.type === 'Classification'
  return {
    ...presentNamed(resourceSets, row),
    type: row.type as Type,
    resources: isClassification ? [] : indexed<Resource>(row),
    classification_tags: isClassification ? indexed<Tag>(row) : [],
  }
}
