import { catalogue } from '../../catalogue.ts'
import type { Client } from '../../client/client.ts'
import { type Step, userBody } from './plan.ts'

/**
 * Does one step of a plan. `made` keeps the ids of users that were made, for the steps that follow: by name alone the
 * API would take a user called "self" for the caller.
 */
export async function apply(
  client: Client,
  step: Step,
  password: string | undefined,
  made: Map<string, string>,
): Promise<void> {
  const { passwordPolicies, users, groups } = catalogue
  switch (step.do) {
    case 'create policy':
      await client.call(passwordPolicies.create, { body: step.wish })
      return
    case 'update policy':
      await client.call(passwordPolicies.update, {
        params: { policy_name: step.name },
        body: step.changes,
      })
      return
    case 'create user': {
      const user = await client.call(users.create, {
        body: {
          ...userBody(step.wish),
          username: step.wish.username,
          ...(password === undefined ? {} : { password }),
        },
      })
      made.set(step.wish.username.toLowerCase(), user.user_id)
      return
    }
    case 'update user':
      await client.call(users.update, { params: { user_id: step.id }, body: step.changes })
      return
    case 'create group': {
      const { members: _, ...body } = step.wish
      await client.call(groups.create, { body })
      return
    }
    case 'update group':
      await client.call(groups.update, { params: { name: step.name }, body: step.changes })
      return
    case 'add member': {
      const id = step.id ?? made.get(step.username.toLowerCase())
      await client.call(groups.addUser, { params: { name: step.name, user_id: id ?? '' } })
      return
    }
  }
}
