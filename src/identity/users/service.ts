import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Context } from '../../context.ts'
import type { Handlers, Input } from '../../kit/endpoint.ts'
import { Fault, notBuilt, notFound, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import { isStorable } from '../../kit/wire.ts'
import type { PasswordPolicyRow, Sealed, UserRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { ADMIN_GROUP, mayManage } from '../duties.ts'
import { keepOneMember } from '../groups/members.ts'
import { checkedUsername, LOCAL, meansCaller, nameKey, userIdFromPath } from '../names.ts'
import * as policies from '../password-policies/store.ts'
import {
  afterUnlock,
  checkNewPassword,
  checkPolicy,
  passwordChanges,
  passwordHistory,
  samePassword,
  wrapPassword,
} from '../password-rules.ts'
import { clearGuesses } from '../tokens/guesses.ts'
import type { ProfileChanges, User, users } from './contract.ts'
import { changedFields, defaultFields } from './fields.ts'
import { listUsers } from './list.ts'
import { present, type Shown } from './present.ts'
import * as store from './store.ts'

const RESOURCE = 'usermgmt:users'

export const userHandlers: Handlers<Context, typeof users> = {
  list: listUsers,

  async create(context, { body }) {
    const { caller, now, services, transact } = context
    demandBuilt(body)
    if (!body.username) throw new Fault('invalid', 'Validation errors:\n username: is required')
    const username = checkedUsername(body.username)
    const id = randomUUID()
    context.note({ user: username, user_id: id })
    const fields = { ...defaultFields(username), ...changedFields(body, newcomer(username)) }
    if (fields.expires_at !== null) context.authorize('SetUserExpiry', RESOURCE)
    const policyName = body.password_policy || null
    const phc = await hashFirstPassword(context, body.password, fields, policyName)
    const at = stamp(now())
    const created = await transact(async (tx) => {
      await holdPolicy(context, tx, policyName)
      await demandOwnDn(context, id, fields)
      const row = tx.insert(
        'users',
        {
          ...fields,
          id,
          domain_id: caller.domain,
          username,
          username_key: nameKey(username),
          password:
            phc === null ? null : wrapPassword(services, { id, domain_id: caller.domain }, phc),
          password_changed_at: at,
          password_policy: policyName,
          session_epoch: 0,
          created_at: at,
          updated_at: at,
        },
        { duplicate: new Fault('conflict', `the user ${quote(username)} already exists`) },
      )
      const login = insertLogin(tx, row)
      tx.count(caller.domain, 'users', 1)
      return present(row, login)
    })
    return created
  },

  async get(context, { params }) {
    const row = await readableUser(context, params.user_id)
    return presentUser(context, row, { domainName: true })
  },

  async update(context, { params, body }) {
    const { now, read, services, transact } = context
    const found = await existing(context, params.user_id)
    context.note({ user: found.username, user_id: found.id, changed: Object.keys(body) })
    await demandMayManage(context, found)
    if (body.username && nameKey(body.username) !== found.username_key)
      throw new Fault('invalid', 'Validation errors:\n username: cannot be changed')
    if (body.expires_at !== undefined) context.authorize('SetUserExpiry', RESOURCE)
    const policyName =
      body.password_policy === undefined ? found.password_policy : body.password_policy || null
    const password = body.password
      ? await hashNextPassword(context, { ...found, password_policy: policyName }, body.password)
      : undefined

    return transact(async (tx) => {
      const user = await existing(context, params.user_id)
      await demandMayManage(context, user)
      const changes: Changes = changedFields(body, user)
      await demandOwnDn(context, user.id, changes)
      if (body.password_policy !== undefined) {
        await holdPolicy(context, tx, policyName)
        changes.password_policy = policyName
      }
      if (password) {
        if (!samePassword(found, user))
          throw new Fault('conflict', 'the password was changed by another call meanwhile')
        const history = await passwordHistory(read, user.id)
        const next = passwordChanges(services, user, history, password.policy, password.phc, now())
        next.write(tx)
        Object.assign(changes, next.changes)
      }
      let login = await store.loginOf(read, user.id)
      if (body.failed_logins_count === 0 || password) clearGuesses(tx, services, user)
      if (body.failed_logins_count === 0 && login) login = tx.update('logins', login, afterUnlock)
      if (Object.keys(changes).length === 0) return present(user, login)
      if (endsRights(changes)) tx.changesAuthority()
      const next = { ...changes, updated_at: stamp(now()) }
      return present(tx.update('users', user, next, { duplicate: dnTaken(changes) }), login)
    })
  },

  async delete(context, { params }) {
    const { read, transact } = context
    await transact(async (tx) => {
      const user = await existing(context, params.user_id)
      context.note({ user: user.username, user_id: user.id })
      const groups = await demandMayManage(context, user)
      const admins = groups.find((group) => group.system === 1 && group.name === ADMIN_GROUP)
      if (admins) await keepOneMember(context, tx, admins)
      const login = await store.loginOf(read, user.id)
      if (login) tx.remove('logins', login)
      await removeSessions(context, tx, user)
      tx.run(tx.deleteFrom('password_history').where('user_id', '=', user.id))
      tx.run(tx.deleteFrom('memberships').where('user_id', '=', user.id))
      tx.remove('users', user)
      tx.count(user.domain_id, 'users', -1)
      tx.changesAuthority()
    })
    return undefined
  },
}

/** Each session is counted in the domain that it works in. */
async function removeSessions({ read }: Context, tx: Writer, user: UserRow): Promise<void> {
  for (const { domain_id, sessions } of await store.sessionCounts(read, user.id))
    tx.count(domain_id, 'refresh_tokens', -Number(sessions))
  tx.run(tx.deleteFrom('refresh_tokens').where('user_id', '=', user.id))
}

type Changes = Partial<Omit<UserRow, keyof Sealed>>
/** A distinguished name stands for one user. Of two that take it at once, the database lets one through. */
async function demandOwnDn({ caller, read }: Context, id: string, changes: Changes): Promise<void> {
  const { certificate_subject_dn } = changes
  if (!certificate_subject_dn) return
  const users = await read.rows('users', { domain_id: caller.domain, certificate_subject_dn })
  if (users.some((user) => user.id !== id)) throw dnTaken(changes)
}

const dnTaken = ({ certificate_subject_dn = '' }: Changes): Fault =>
  new Fault(
    'conflict',
    `the certificate_subject_dn ${quote(certificate_subject_dn)} belongs to another user`,
  )

type CreateBody = Input<typeof users.create>['body']

/** What the API has and needs domains or identity connections. */
function demandBuilt({ user_id, is_domain_user, connection }: CreateBody): void {
  if (user_id) throw notBuilt('adding an existing user to a domain')
  if (is_domain_user) throw notBuilt('a user of a domain other than root')
  if (connection && connection !== 'local_account')
    throw notBuilt(`the connection ${quote(connection)}`)
}

const newcomer = (username: string) => ({
  username,
  allowed_auth_methods: defaultFields(username).allowed_auth_methods,
})

/** A password may be left out only where a certificate is there to sign in with. */
async function hashFirstPassword(
  context: Context,
  password: string | undefined,
  fields: Pick<UserRow, 'certificate_subject_dn' | 'allowed_auth_methods'>,
  password_policy: string | null,
): Promise<string | null> {
  if (!password) {
    const byCertificate = fields.allowed_auth_methods.split(',').includes('user_certificate')
    if (byCertificate && fields.certificate_subject_dn !== '') return null
    throw new Fault('invalid', 'Validation errors:\n password: is required')
  }
  checkPolicy(await policyToBind(context, password_policy), password)
  return context.services.passwords.hash(password)
}

async function hashNextPassword(context: Context, user: UserRow, password: string) {
  const policy = await policyToBind(context, user.password_policy)
  await checkNewPassword(context, user, policy, password, { enforceMinDays: false })
  return { policy, phc: await context.services.passwords.hash(password) }
}

async function policyToBind(context: Context, name: string | null): Promise<PasswordPolicyRow> {
  const { caller, read } = context
  if (name !== null && !(await policies.find(read, caller.domain, name))) throw unknownPolicy(name)
  return policies.effectivePolicy(read, { domain_id: caller.domain, password_policy: name })
}

/** Raises the policy's version, so that it cannot be deleted between this reading and the write. */
async function holdPolicy(
  { caller, read }: Context,
  tx: Writer,
  name: string | null,
): Promise<void> {
  if (name === null) return
  const policy = await policies.find(read, caller.domain, name)
  if (!policy) throw unknownPolicy(name)
  // The global policy is never deleted.
  if (name !== policies.GLOBAL_POLICY) tx.update('password_policies', policy, {})
}

const unknownPolicy = (name: string): Fault =>
  new Fault('invalid', `Validation errors:\n password_policy: there is no policy ${quote(name)}`)

/** The sign-in counters, made together with their user. */
export const insertLogin = (tx: Writer, { id, domain_id }: Pick<UserRow, 'id' | 'domain_id'>) =>
  tx.insert('logins', {
    user_id: id,
    domain_id,
    logins_count: 0,
    last_login: null,
    failed_logins_count: 0,
    failed_logins_initial_attempt_at: null,
    last_failed_login_at: null,
    account_lockout_at: null,
    locked_until: null,
  })

/** A user by any form of user id, `self` included. Throws 'not-found'. */
export async function existing({ caller, read }: Context, text: string): Promise<UserRow> {
  const found = await store.find(read, caller, userIdFromPath(text))
  if (!found) throw notFound('user', text)
  return found
}

/** A user this caller may read: everyone himself, others with permission. Asked before looking, so it shows nobody. */
async function readableUser(context: Context, text: string): Promise<UserRow> {
  const { caller } = context
  const isSelf = meansCaller(userIdFromPath(text), caller)
  if (!isSelf) context.authorize('ReadUser', RESOURCE)
  return existing(context, isSelf ? 'self' : text)
}

/**
 * The id of the user that `local|<username>` means, for those who may read users, and for oneself; undefined for all
 * others, and where there is no such user.
 */
export async function userIdNamed(context: Context, text: string): Promise<string | undefined> {
  const { caller, may, read } = context
  const reference = userIdFromPath(text)
  if (reference.kind === 'id' || !isStorable(text)) return undefined
  if (meansCaller(reference, caller)) return caller.userId
  if (!may('ReadUser', RESOURCE)) return undefined
  return (await store.find(read, caller, reference))?.id
}

/** A user as read, by id: for those who read themselves. */
export async function readUser(context: Context, id: string): Promise<User> {
  return presentUser(context, await existing(context, `${LOCAL}${id}`), { domainName: true })
}

/** What users may change about themselves; no group stands in the way. */
export async function updateProfile(
  context: Context,
  id: string,
  { name, nickname, email, user_metadata }: z.output<typeof ProfileChanges>,
): Promise<User> {
  const row = await context.transact(async (tx) => {
    const user = await existing(context, `${LOCAL}${id}`)
    const changes = changedFields({ name, nickname, email, user_metadata }, user)
    if (Object.keys(changes).length === 0) return user
    return tx.update('users', user, { ...changes, updated_at: stamp(context.now()) })
  })
  return presentUser(context, row, { domainName: true })
}

/** A user as JSON, with the fields that other rows keep. */
export const presentUser = async (
  { read }: Pick<Context, 'read'>,
  row: UserRow,
  shown?: Shown,
): Promise<User> => present(row, await store.loginOf(read, row.id), shown)

/** Throws 'forbidden' unless the caller may change this user (A5). Returns the groups that the user is in. */
async function demandMayManage({ caller, read }: Context, user: UserRow) {
  const groups = await store.groupsOf(read, user.id)
  const predefined = groups.filter((group) => group.system === 1).map((group) => group.name)
  if (!mayManage(caller.groups, predefined))
    throw new Fault(
      'forbidden',
      `the user ${quote(user.username)} is in an administrative group whose powers you do not hold`,
    )
  return groups
}

/** Changes after which a running session may no longer be allowed. */
const endsRights = (changes: Changes): boolean =>
  ['allowed_auth_methods', 'allowed_client_types', 'expires_at', 'prevent_ui_login'].some(
    (field) => field in changes,
  )
