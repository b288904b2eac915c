import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, text } from '../../kit/wire.ts'
import { bodyRules, changeFields, createFields, idParams, maybeList, named } from '../contract.ts'
import { elementRules, IndexList, indexParams, mayUpdate, setEndpoints } from '../sets/contract.ts'

const MOST = 5000

/** Ids of users and groups are 32 bits wide. 0 is root, so it is not what null is. */
const NumericId = z.number().int().min(0).max(0xffff_ffff).nullable()

/** In a change of one element null takes a field away; otherwise it is one that was not given. */
const user = {
  uname: text(256).nullish(),
  uid: NumericId.optional(),
  gname: text(256).nullish(),
  gid: NumericId.optional(),
  os_domain: text(256).nullish(),
}

const User = z.object({
  index: z.number().int(),
  uname: z.string().max(256),
  uid: NumericId,
  gname: z.string().max(256),
  gid: NumericId,
  os_domain: z.string().max(256),
})

export const UserSet = z.object({ ...named, users: z.array(User).max(MOST) })
export type UserSet = z.output<typeof UserSet>

const lists = { users: maybeList(z.object(user), MOST) }

export const cteUserSets = {
  ...setEndpoints({
    path: 'usersets',
    what: 'user set',
    plural: 'user sets',
    answer: UserSet,
    create: z.object({ ...createFields, ...lists }),
    change: z.object({ ...changeFields, ...lists }),
    elements: { path: 'users', element: User, query: Page },
  }),
  addElements: endpoint({
    method: 'PATCH',
    path: '/v1/transparent-encryption/usersets/:id/addusers',
    summary: 'Add users to a set',
    access: mayUpdate,
    audit: 'Add users to a CTE user set',
    ...bodyRules,
    params: idParams,
    body: z.object(lists),
    status: 200,
    reply: UserSet,
  }),
  updateElement: endpoint({
    method: 'PATCH',
    path: '/v1/transparent-encryption/usersets/:id/updateuser/:index',
    summary: 'Change one user of a set',
    access: mayUpdate,
    audit: 'Change a user of a CTE user set',
    ...elementRules(user),
    params: indexParams,
    body: z.object(user),
    status: 200,
    reply: UserSet,
  }),
  deleteElements: endpoint({
    method: 'DELETE',
    path: '/v1/transparent-encryption/usersets/:id/delusers',
    summary: 'Remove users from a set',
    access: mayUpdate,
    audit: 'Remove users from a CTE user set',
    params: idParams,
    repeats: ['userIndexList'],
    query: z.object({ userIndexList: IndexList }),
    status: 204,
    reply: Empty,
  }),
}
