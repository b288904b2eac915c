import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, text } from '../../kit/wire.ts'
import { maybeText } from '../../vault/contract.ts'
import { bodyRules, changeFields, createFields, idParams, maybeList, named } from '../contract.ts'
import { elementRules, IndexList, indexParams, mayUpdate, setEndpoints } from '../sets/contract.ts'

const MOST = 5000

/** In a change of one element null takes a field away; otherwise it is one that was not given. */
const resource = {
  directory: text(4096).nullish(),
  file: text(4096).nullish(),
  include_subfolders: z.boolean().nullish(),
  hdfs: z.boolean().nullish(),
}

const AttributeIn = z.object({
  data_type: text(64).nullish(),
  name: text(256).nullish(),
  operator: text(8).nullish().meta({ description: '`eq`, `ne`, `lt`, `le`, `gt` or `ge`.' }),
  value: text(4096).nullish(),
})
const tag = {
  name: text(256).nullish(),
  description: text(4096).nullish(),
  attributes: z.array(AttributeIn).max(100).nullish(),
}

const Resource = z.object({
  index: z.number().int(),
  directory: z.string().max(4096),
  file: z.string().max(4096),
  include_subfolders: z.boolean(),
  hdfs: z.boolean(),
})
const Tag = z.object({
  index: z.number().int(),
  name: z.string().max(256),
  description: z.string().max(4096),
  attributes: z
    .array(
      z.object({
        data_type: z.string().max(64),
        name: z.string().max(256),
        operator: z.string().max(8),
        value: z.string().max(4096),
      }),
    )
    .max(100),
})

export const ResourceSet = z.object({
  ...named,
  type: z.enum(['Directory', 'Classification']),
  resources: z.array(Resource).max(MOST),
  classification_tags: z.array(Tag).max(MOST),
})
export type ResourceSet = z.output<typeof ResourceSet>

const lists = {
  resources: maybeList(z.object(resource), MOST),
  classification_tags: maybeList(z.object(tag), MOST),
}
/** An element alone, of either type. */
const element = { ...resource, ...tag }

export const cteResourceSets = {
  ...setEndpoints({
    path: 'resourcesets',
    what: 'resource set',
    plural: 'resource sets',
    answer: ResourceSet,
    create: z.object({
      ...createFields,
      type: maybeText(32).meta({ description: '`Directory` (the default) or `Classification`.' }),
      ...lists,
    }),
    change: z.object({ ...changeFields, ...lists }),
    elements: { path: 'resources', element: z.union([Resource, Tag]), query: Page },
  }),
  addElements: endpoint({
    method: 'PATCH',
    path: '/v1/transparent-encryption/resourcesets/:id/addresources',
    summary: 'Add resources to a set',
    access: mayUpdate,
    audit: 'Add resources to a CTE resource set',
    ...bodyRules,
    params: idParams,
    body: z.object(lists),
    status: 200,
    reply: ResourceSet,
  }),
  updateElement: endpoint({
    method: 'PATCH',
    path: '/v1/transparent-encryption/resourcesets/:id/updateresource/:index',
    summary: 'Change one resource of a set',
    access: mayUpdate,
    audit: 'Change a resource of a CTE resource set',
    ...elementRules(element),
    params: indexParams,
    body: z.object(element),
    status: 200,
    reply: ResourceSet,
  }),
  deleteElements: endpoint({
    method: 'DELETE',
    path: '/v1/transparent-encryption/resourcesets/:id/delresources',
    summary: 'Remove resources from a set',
    access: mayUpdate,
    audit: 'Remove resources from a CTE resource set',
    params: idParams,
    repeats: ['resourceIndexList'],
    query: z.object({ resourceIndexList: IndexList }),
    status: 204,
    reply: Empty,
  }),
}
