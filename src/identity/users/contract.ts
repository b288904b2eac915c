import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import {
  CommaList,
  Empty,
  Metadata,
  Page,
  pageOf,
  QueryBoolean,
  TextFilter,
  Time,
  text,
} from '../../kit/wire.ts'
import { MAX_PASSWORD_LENGTH } from '../password-policies/contract.ts'

/** In the order in which they are stored and shown. */
export const AUTH_METHODS = [
  'password',
  'user_certificate',
  'password_with_user_certificate',
] as const
export const CLIENT_TYPES = ['unregistered', 'public', 'confidential'] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]
export type ClientType = (typeof CLIENT_TYPES)[number]

const LoginFlags = z.object({
  prevent_ui_login: z.boolean().meta({ description: 'True: no token for the web console.' }),
})

/** The wire form of a user (reference 3.3). */
export const User = z.object({
  user_id: z.string().max(64).meta({ description: '`local|` and a UUID.' }),
  username: z.string().max(256),
  name: z.string().max(256),
  nickname: z.string().max(256),
  email: z.string().max(320),
  certificate_subject_dn: z.string().max(2048),
  enable_cert_auth: z
    .boolean()
    .meta({ description: 'True exactly when `user_certificate` is allowed.' }),
  allowed_auth_methods: z.array(z.enum(AUTH_METHODS)).max(AUTH_METHODS.length),
  allowed_client_types: z.array(z.enum(CLIENT_TYPES)).max(CLIENT_TYPES.length),
  login_flags: LoginFlags,
  logins_count: z.number().int(),
  last_login: Time.nullable(),
  failed_logins_count: z.number().int(),
  account_lockout_at: Time.nullable(),
  failed_logins_initial_attempt_at: Time.nullable(),
  last_failed_login_at: Time.nullable(),
  password_changed_at: Time,
  password_change_required: z.boolean(),
  password_policy: z.string().max(128).optional(),
  expires_at: Time.optional(),
  user_metadata: Metadata.optional(),
  app_metadata: Metadata.optional(),
  auth_domain: z.string().max(64).meta({ description: 'Id of the domain the user was made in.' }),
  auth_domain_name: z.string().max(128).optional(),
  groups: z.array(z.string().max(128)).max(10_000).optional(),
  created_at: Time,
  updated_at: Time,
})
export type User = z.output<typeof User>

/** What users may also say about themselves (`/auth/self/user`). */
export const ProfileChanges = z.object({
  name: text(256).optional().meta({ description: 'Empty: the username.' }),
  nickname: text(256).optional().meta({ description: 'Empty: the username.' }),
  email: text(320).optional().meta({ description: 'Empty: `<username>@local`.' }),
  user_metadata: Metadata.optional().meta({
    description: 'Any JSON object; it takes the place of the one before.',
  }),
})

export const Password = text(MAX_PASSWORD_LENGTH).meta({ secret: true, format: 'password' })

const settings = ProfileChanges.extend({
  password: Password.optional().meta({
    secret: true,
    format: 'password',
    description: 'Must meet the password policy that binds the user.',
  }),
  certificate_subject_dn: text(1024).optional().meta({
    description: 'Subject of the certificate the user signs in with; empty clears it.',
  }),
  enable_cert_auth: z.boolean().optional().meta({
    deprecated: true,
    description: 'Allows or withdraws `user_certificate`; ignored beside `allowed_auth_methods`.',
  }),
  allowed_auth_methods: z.array(z.enum(AUTH_METHODS)).max(16).optional().meta({
    description:
      'Empty: nobody signs in. `password_with_user_certificate` stands alone. Does not bind members of admin.',
  }),
  allowed_client_types: z
    .array(z.enum(CLIENT_TYPES))
    .max(16)
    .optional()
    .meta({ description: 'Empty: nobody signs in. Does not bind members of admin.' }),
  expires_at: text(64).optional().meta({
    format: 'date-time',
    description: 'RFC 3339; the account is dead from then on. Empty: never.',
  }),
  login_flags: LoginFlags.partial().optional(),
  password_change_required: z
    .boolean()
    .optional()
    .meta({ description: 'True: the password must be changed before the next sign-in.' }),
  password_policy: text(128)
    .optional()
    .meta({ description: 'Name of a password policy; empty: the global one.' }),
  app_metadata: Metadata.optional().meta({
    description: 'Any JSON object; it takes the place of the one before.',
  }),
})

/** Each name is a condition of its own on the database. */
const GroupNames = CommaList.pipe(z.array(z.string().max(128)).max(50))
const Choices = CommaList.pipe(z.array(z.string().max(64)).max(16))

const params = z.object({
  user_id: text(512).meta({ description: '`local|<uuid>`, a username, or `self`.' }),
})

export const users = {
  list: endpoint({
    method: 'GET',
    path: '/v1/usermgmt/users',
    summary: 'List users',
    description: 'Without permission to read users, callers see only themselves.',
    access: 'self',
    audit: false,
    query: Page.extend({
      name: TextFilter.optional(),
      username: TextFilter.optional(),
      email: TextFilter.optional(),
      group: text(128).optional().meta({ description: 'Members of this group.' }),
      groups: GroupNames.optional().meta({
        description: 'Members of every one of these groups; `nil`: of none at all.',
      }),
      exclude_groups: GroupNames.optional().meta({
        description: 'Leaves out members of any of these groups.',
      }),
      auth_domain_name: TextFilter.optional().meta({
        description: 'Name of the domain the user was made in.',
      }),
      account_expired: QueryBoolean.optional(),
      allowed_auth_methods: Choices.optional().meta({
        description: 'Users allowed every one of these; `empty`: users allowed none.',
      }),
      allowed_client_types: Choices.optional().meta({
        description: 'Users allowed every one of these; `empty`: users allowed none.',
      }),
      password_policy: text(128)
        .optional()
        .meta({ description: 'Users that name this policy; `global`: also those that name none.' }),
      return_groups: QueryBoolean.optional().meta({
        description: "Adds the names of each user's groups.",
      }),
    }),
    status: 200,
    reply: pageOf(User),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/usermgmt/users',
    summary: 'Create a user',
    access: { action: 'CreateUser', resource: 'usermgmt:users' },
    audit: 'Create user',
    body: settings.extend({
      username: text(256).optional().meta({
        description: 'Unique without case; not containing / | \\ < >; cannot be changed later.',
      }),
      user_id: text(512)
        .optional()
        .meta({ description: 'An existing user to add to the domain: not offered yet.' }),
      connection: text(256)
        .optional()
        .meta({ description: '`local_account`, the only one offered yet.' }),
      is_domain_user: z
        .boolean()
        .optional()
        .meta({ description: 'False, the only one offered yet.' }),
    }),
    status: 201,
    reply: User,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/usermgmt/users/:user_id',
    summary: 'Read one user',
    description: 'Everyone may read himself.',
    access: 'self',
    audit: false,
    params,
    status: 200,
    reply: User,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/usermgmt/users/:user_id',
    summary: 'Change a user',
    description:
      'Users in an administrative group are changed only by those who hold what that group holds.',
    access: { action: 'UpdateUser', resource: 'usermgmt:users' },
    audit: 'Update user',
    params,
    body: settings.extend({
      username: text(256).optional().meta({ description: 'May be repeated; cannot be changed.' }),
      failed_logins_count: z
        .literal(0)
        .optional()
        .meta({ description: '0 unlocks the account; nothing else can be set.' }),
    }),
    status: 200,
    reply: User,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/usermgmt/users/:user_id',
    summary: 'Delete a user',
    description: 'Ends the sessions and memberships of the user at once.',
    access: { action: 'DeleteUser', resource: 'usermgmt:users' },
    audit: 'Delete user',
    params,
    status: 204,
    reply: Empty,
  }),
}
