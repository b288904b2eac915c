import type { z } from 'zod'
import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import type { CteSetRow } from '../../store/schema.ts'
import { presentNamed } from '../records.ts'
import { demandSomething, elementsOf, replaced, without } from '../sets/elements.ts'
import { userSets } from '../sets/kinds.ts'
import { changeSet, listElements, setHandlers } from '../sets/service.ts'
import { indexed, merged } from '../sets/write.ts'
import type { cteUserSets, UserSet } from './contract.ts'

type User = Omit<UserSet['users'][number], 'index'>
type Body = z.output<typeof cteUserSets.addElements.body & z.ZodType>

const NOBODY: User = { uname: '', uid: null, gname: '', gid: null, os_domain: '' }

export const userSetHandlers: Handlers<Context, typeof cteUserSets> = {
  ...setHandlers({
    collection: userSets,
    present,
    made: (_context, body: Body) => ({ elements: usersIn(body) ?? [] }),
    changed(_context, _row, body: Body) {
      const elements = usersIn(body)
      return elements ? { elements } : {}
    },
  }),

  listElements: (context, input) => listElements(context, userSets, input),

  async addElements(context, { params, body }) {
    return change(context, params.id, (users) => [...users, ...(usersIn(body) ?? [])])
  },

  async updateElement(context, { params, body }) {
    return change(context, params.id, (users) =>
      replaced(users, params.index, (before) => user(body, before)),
    )
  },

  async deleteElements(context, { params, query }) {
    await change(context, params.id, (users) => without(users, query.userIndexList))
    return undefined
  },
}

const change = (
  context: Context,
  reference: string,
  decide: (users: readonly User[]) => readonly User[],
) =>
  changeSet(context, { collection: userSets, present }, reference, (row) => ({
    elements: decide(elementsOf<User>(row)),
  }))

const usersIn = ({ users }: Body): readonly User[] | undefined => users?.map((sent) => user(sent))

function user(sent: NonNullable<Body['users']>[number], before = NOBODY): User {
  const made = merged(NOBODY, before, sent)
  demandSomething(made, 'users', 'uname', 'uid', 'gname', 'gid', 'os_domain')
  return made
}

/** The one place where a user set becomes JSON. */
function present(row: CteSetRow): UserSet {
  return { ...presentNamed(userSets, row), users: indexed<User>(row) }
}
