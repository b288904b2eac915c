import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { CommaList, Empty, Page, pageOf, text } from '../../kit/wire.ts'
import { AGENTS_TOO, bodyRules, changeRules, idParams, ListQuery } from '../contract.ts'
import { Policy } from '../policies/contract.ts'

const ref = { resource: 'transparent-encryption:sets' }
export const mayUpdate = { ...ref, action: 'UpdatePolicyElementsCTE' }

export const indexParams = z.object({
  id: idParams.shape.id,
  index: text(16).meta({ description: 'Place of the element, from 0.' }),
})

/** Clients send null for what is not to be there any more; only fields that were left out stay. */
export const elementRules = (fields: object) => ({ ...bodyRules, nulls: Object.keys(fields) })

export const IndexList = CommaList.meta({ description: 'Places of the elements, from 0.' })

interface Given<
  Answer extends z.ZodType,
  Create extends z.ZodType,
  Change extends z.ZodType,
  Element extends z.ZodType,
> {
  /** The last part of the path. */
  readonly path: string
  readonly what: string
  readonly plural: string
  readonly answer: Answer
  readonly create: Create
  readonly change: Change
  /** The list of elements: the last part of its path, and what it holds. */
  readonly elements: { readonly path: string; readonly element: Element; readonly query: z.ZodType }
}

/** What every kind of set has. */
export function setEndpoints<
  Answer extends z.ZodType,
  Create extends z.ZodType,
  Change extends z.ZodType,
  Element extends z.ZodType,
  Query extends z.ZodType,
>({
  path,
  what,
  plural,
  answer,
  create,
  change,
  elements,
}: Given<Answer, Create, Change, Element> & { readonly elements: { readonly query: Query } }) {
  const all = `/v1/transparent-encryption/${path}` as const
  return {
    list: endpoint({
      method: 'GET',
      path: all,
      summary: `List ${plural}`,
      access: AGENTS_TOO,
      audit: false,
      query: ListQuery,
      status: 200,
      reply: pageOf(answer),
    }),
    create: endpoint({
      method: 'POST',
      path: all,
      summary: `Create a ${what}`,
      access: { ...ref, action: 'CreatePolicyElementsCTE' },
      audit: `Create CTE ${what}`,
      ...bodyRules,
      body: create,
      status: 201,
      reply: answer,
    }),
    get: endpoint({
      method: 'GET',
      path: `${all}/:id`,
      summary: `Read one ${what}`,
      access: AGENTS_TOO,
      audit: false,
      params: idParams,
      status: 200,
      reply: answer,
    }),
    update: endpoint({
      method: 'PATCH',
      path: `${all}/:id`,
      summary: `Change a ${what}`,
      access: mayUpdate,
      audit: `Update CTE ${what}`,
      ...changeRules,
      params: idParams,
      body: change,
      status: 200,
      reply: answer,
    }),
    delete: endpoint({
      method: 'DELETE',
      path: `${all}/:id`,
      summary: `Delete a ${what}`,
      description: 'Refused while something names it.',
      access: { ...ref, action: 'DeletePolicyElementsCTE' },
      audit: `Delete CTE ${what}`,
      params: idParams,
      status: 204,
      reply: Empty,
    }),
    listElements: endpoint({
      method: 'GET',
      path: `${all}/:id/${elements.path}`,
      summary: `List what a ${what} holds`,
      access: AGENTS_TOO,
      audit: false,
      params: idParams,
      query: elements.query,
      status: 200,
      reply: pageOf(elements.element),
    }),
    listPolicies: endpoint({
      method: 'GET',
      path: `${all}/:id/policies`,
      summary: `List the policies that name a ${what}`,
      access: AGENTS_TOO,
      audit: false,
      params: idParams,
      query: Page,
      status: 200,
      reply: pageOf(Policy),
    }),
  }
}
