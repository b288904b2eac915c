import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Page, pageOf, text } from '../../kit/wire.ts'
import { PasswordPolicy } from '../password-policies/contract.ts'
import { Password, ProfileChanges, User } from '../users/contract.ts'

export const self = {
  getUser: endpoint({
    method: 'GET',
    path: '/v1/auth/self/user',
    summary: 'Read yourself',
    access: 'self',
    audit: false,
    status: 200,
    reply: User,
  }),
  updateUser: endpoint({
    method: 'PATCH',
    path: '/v1/auth/self/user',
    summary: 'Change your name, nickname, email or user_metadata',
    access: 'self',
    audit: 'Update own profile',
    body: ProfileChanges,
    status: 200,
    reply: User,
  }),
  domains: endpoint({
    method: 'GET',
    path: '/v1/auth/self/domains',
    summary: 'List the domains that you can enter',
    access: 'self',
    audit: false,
    query: Page,
    status: 200,
    reply: pageOf(z.object({ id: z.string().max(64), name: z.string().max(128) })),
  }),
  passwordPolicy: endpoint({
    method: 'GET',
    path: '/v1/auth/self/pwdpolicy',
    summary: 'Read the password policy that binds you',
    access: 'self',
    audit: false,
    status: 200,
    reply: PasswordPolicy,
  }),
  permissions: endpoint({
    method: 'POST',
    path: '/v1/auth/self/permissions',
    summary: 'Ask which actions you may do',
    access: 'self',
    audit: false,
    body: z.object({
      actions: z
        .array(text(128))
        .max(1000)
        .meta({ description: 'Names of actions, such as `CreateUser`.' }),
    }),
    status: 200,
    reply: z.object({
      permissions: z
        .array(z.object({ action: z.string().max(128), allowed: z.boolean() }))
        .max(1000),
    }),
  }),
  changePassword: endpoint({
    method: 'PATCH',
    path: '/v1/auth/changepw',
    summary: 'Change your password',
    description:
      'Needs no token: the old password proves who you are. It is the way out when a password must be changed. Ends every session of the user.',
    access: 'public',
    audit: 'Change password',
    body: z.object({
      username: text(256),
      password: text(1024).meta({
        secret: true,
        format: 'password',
        description: 'The current one.',
      }),
      new_password: Password,
      auth_domain: text(256).optional(),
    }),
    status: 200,
    reply: z.object({ message: z.string().max(128) }),
  }),
}
