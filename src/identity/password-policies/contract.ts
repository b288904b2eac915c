import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, pageOf, TextFilter, Time, text } from '../../kit/wire.ts'

/** No policy asks for more characters than a password may have at all (users/contract.ts). */
export const MAX_PASSWORD_LENGTH = 256
const MAX_DAYS = 36_500
const MAX_LOCKOUT_MINUTES = 525_600

const count = z.number().int().min(0).max(MAX_PASSWORD_LENGTH)
const days = z.number().int().min(0).max(MAX_DAYS)

const rules = {
  inclusive_min_total_length: count.meta({ description: 'Fewest characters.' }),
  inclusive_max_total_length: count.meta({
    description: 'Most characters; 0 sets no limit of its own.',
  }),
  inclusive_min_upper_case: count.meta({ description: 'Fewest upper-case letters.' }),
  inclusive_min_lower_case: count.meta({ description: 'Fewest lower-case letters.' }),
  inclusive_min_digits: count.meta({ description: 'Fewest digits.' }),
  inclusive_min_other: count.meta({
    description: 'Fewest special characters: neither letters in a case nor digits.',
  }),
  password_history_threshold: z.number().int().min(0).max(20).meta({
    description:
      'How many passwords, the current one included, cannot be used again. With 0 the current one still cannot.',
  }),
  password_lifetime: days.meta({ description: 'Days until a password ends; 0: never.' }),
  password_change_min_days: days.meta({
    description: 'Days that a user waits between two changes; 0: none.',
  }),
  failed_logins_lockout_thresholds: z
    .array(z.number().int().min(0).max(MAX_LOCKOUT_MINUTES))
    .max(50)
    .meta({
      description:
        'Minutes that the first, second, … failed sign-in in a row locks the account; the last one repeats. Empty: no lockout.',
    }),
  password_expiry_notification_days: z.number().int().min(0).max(30).meta({
    description: 'Days before the end of a password from which a client may warn.',
  }),
}

export const PasswordPolicy = z.object({
  policy_name: z.string().max(128),
  ...rules,
  created_at: Time,
  updated_at: Time,
})
export type PasswordPolicy = z.output<typeof PasswordPolicy>

const PolicyName = text(128).meta({ description: 'Unique within the domain.' })
const changes = z.object(rules).partial()
const params = z.object({ policy_name: text(512) })

export const passwordPolicies = {
  list: endpoint({
    method: 'GET',
    path: '/v1/usermgmt/pwdpolicies',
    summary: 'List password policies',
    access: { action: 'ReadPasswordPolicy', resource: 'usermgmt:pwdpolicies' },
    audit: false,
    query: Page.extend({ policy_name: TextFilter.optional() }),
    status: 200,
    reply: pageOf(PasswordPolicy),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/usermgmt/pwdpolicies',
    summary: 'Create a password policy',
    description: 'It takes effect for the users that name it.',
    access: { action: 'CreatePasswordPolicy', resource: 'usermgmt:pwdpolicies' },
    audit: 'Create password policy',
    body: changes.extend({ policy_name: PolicyName.min(1) }),
    status: 201,
    reply: PasswordPolicy,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/usermgmt/pwdpolicies/:policy_name',
    summary: 'Read one password policy',
    description: 'The policy `global` binds every local user that names no other.',
    access: { action: 'ReadPasswordPolicy', resource: 'usermgmt:pwdpolicies' },
    audit: false,
    params,
    status: 200,
    reply: PasswordPolicy,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/usermgmt/pwdpolicies/:policy_name',
    summary: 'Change a password policy',
    description: 'A zero is set to zero; what is left out stays. A policy keeps its name.',
    access: { action: 'UpdatePasswordPolicy', resource: 'usermgmt:pwdpolicies' },
    audit: 'Update password policy',
    params,
    body: changes.extend({
      policy_name: PolicyName.optional().meta({
        description: 'Empty, or the name the policy has.',
      }),
    }),
    status: 200,
    reply: PasswordPolicy,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/usermgmt/pwdpolicies/:policy_name',
    summary: 'Delete a password policy that no user names',
    access: { action: 'DeletePasswordPolicy', resource: 'usermgmt:pwdpolicies' },
    audit: 'Delete password policy',
    params,
    status: 204,
    reply: Empty,
  }),
}
