import type { Context } from '../../context.ts'
import { ROOT_DOMAIN, ROOT_DOMAIN_NAME } from '../../kit/domain.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import { pageFrom } from '../../kit/wire.ts'
import type { UserRow } from '../../store/schema.ts'
import { present as presentPolicy } from '../password-policies/service.ts'
import { effectivePolicy } from '../password-policies/store.ts'
import {
  checkNewPassword,
  passwordChanges,
  passwordHistory,
  samePassword,
} from '../password-rules.ts'
import { isAdmin, isRoot, withPassword } from '../tokens/password-check.ts'
import type { Principal } from '../tokens/principals.ts'
import { readUser, updateProfile } from '../users/service.ts'
import type { self } from './contract.ts'

export function selfHandlers(
  principalOf: (userId: string) => Promise<Principal | undefined>,
): Handlers<Context, typeof self> {
  return {
    getUser: (context) => readUser(context, context.caller.userId),

    updateUser: (context, { body }) => updateProfile(context, context.caller.userId, body),

    domains: async (_context, { query }) =>
      pageFrom([{ id: ROOT_DOMAIN, name: ROOT_DOMAIN_NAME }], query),

    passwordPolicy: async (context) =>
      presentPolicy(await effectivePolicy(context.read, await own(context))),

    async permissions(context, { body }) {
      const permissions = body.actions.map((action) => ({
        action,
        allowed: context.may(action, '*'),
      }))
      return { permissions }
    },

    async changePassword(context, { body }) {
      const attempt = {
        username: body.username,
        password: body.password,
        elsewhere: !isRoot(body.auth_domain === '' ? undefined : body.auth_domain),
      }
      await withPassword(context, attempt, principalOf, maySignIn, async ({ user, settle }) => {
        context.note({ username: user.username, user_id: `local|${user.id}` })
        const policy = await effectivePolicy(context.read, user)
        await checkNewPassword(context, user, policy, body.new_password, { enforceMinDays: true })
        const phc = await context.services.passwords.hash(body.new_password)
        await context.transact(async (tx) => {
          const current = await findUser(context, user.id)
          // Changed by someone else since the old password was checked: that password no longer proves anything.
          if (!current || !samePassword(current, user))
            throw new Fault('conflict', 'the password was changed at the same time')
          await settle(tx)
          const history = await passwordHistory(context.read, user.id)
          const now = context.now()
          const change = passwordChanges(context.services, current, history, policy, phc, now)
          tx.update('users', current, {
            ...change.changes,
            password_change_required: 0,
            updated_at: stamp(now),
          })
          change.write(tx)
        })
      })
      return { message: 'password changed' }
    },
  }
}

/**
 * Whether a password is part of any way in. To an account without one the password says nothing here either, so that
 * a disabled account cannot be told from a missing one (L3).
 */
const maySignIn = (principal: Principal): boolean =>
  isAdmin(principal) ||
  (/(^|,)password/.test(principal.user.allowed_auth_methods) &&
    principal.user.allowed_client_types !== '')

const findUser = ({ read }: Context, id: string): Promise<UserRow | undefined> =>
  read.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()

async function own(context: Context): Promise<UserRow> {
  const user = await findUser(context, context.caller.userId)
  if (!user) throw new Fault('unauthenticated', 'Invalid token')
  return user
}
