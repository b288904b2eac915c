import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { UsageError } from '../failures.ts'
import { nearest } from '../nearest.ts'
import { SettingsError } from '../settings/index.ts'

/** What a bootstrap file may say. Names are the API's; what is left out is left alone. */
const Name = z.string().trim().min(1).max(256)
const Metadata = z.record(z.string().max(256), z.json())
const number = z.number().int().min(0)

const Policy = z.strictObject({
  policy_name: Name.max(128),
  inclusive_min_total_length: number.optional(),
  inclusive_max_total_length: number.optional(),
  inclusive_min_upper_case: number.optional(),
  inclusive_min_lower_case: number.optional(),
  inclusive_min_digits: number.optional(),
  inclusive_min_other: number.optional(),
  password_history_threshold: number.optional(),
  password_lifetime: number.optional(),
  password_change_min_days: number.optional(),
  password_expiry_notification_days: number.optional(),
  failed_logins_lockout_thresholds: z.array(number).max(50).optional(),
})
export type PolicyWish = z.output<typeof Policy>

const User = z.strictObject({
  username: Name,
  /** At most one of the two, for users that do not exist yet. Without either a password is made. */
  password_file: z.string().min(1).max(4096).optional(),
  password_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')
    .optional(),
  password_change_required: z.boolean().optional(),
  password_policy: z.string().max(128).optional(),
  name: z.string().min(1).max(256).optional(),
  nickname: z.string().min(1).max(256).optional(),
  email: z.string().min(1).max(320).optional(),
  certificate_subject_dn: z.string().max(1024).optional(),
  allowed_auth_methods: z
    .array(z.enum(['password', 'user_certificate', 'password_with_user_certificate']))
    .max(3)
    .optional(),
  allowed_client_types: z
    .array(z.enum(['unregistered', 'public', 'confidential']))
    .max(3)
    .optional(),
  prevent_ui_login: z.boolean().optional(),
  user_metadata: Metadata.optional(),
  app_metadata: Metadata.optional(),
})
export type UserWish = z.output<typeof User>

const Group = z.strictObject({
  name: Name.max(128),
  description: z.string().max(2048).optional(),
  user_metadata: Metadata.optional(),
  app_metadata: Metadata.optional(),
  client_metadata: Metadata.optional(),
  /** Usernames. Members that are not named here stay. */
  members: z.array(Name).max(10_000).optional(),
})
export type GroupWish = z.output<typeof Group>

const Wishes = z.strictObject({
  password_policies: z.array(Policy).max(1000).default([]),
  users: z.array(User).max(100_000).default([]),
  groups: z.array(Group).max(10_000).default([]),
})
export type Wishes = z.output<typeof Wishes>

/** Reads a bootstrap file whole, or complains about each mistake with its line; then nothing of it is done. */
export function readWishes(file: string): Wishes {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new UsageError(`The file ${file} cannot be read.`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const lineOf = (path: readonly PropertyKey[]): number | undefined => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      const range = (node as { range?: [number, number, number] } | undefined)?.range
      if (range) return lines.linePos(range[0]).line
    }
    return undefined
  }
  const at = (path: readonly PropertyKey[]): string => {
    const line = lineOf(path)
    const place = path.length === 0 ? '' : `${spelled(path)}: `
    return line === undefined ? `${file}: ${place}` : `${file}:${line}: ${place}`
  }

  if (document.errors.length > 0)
    throw new SettingsError(
      document.errors.map(
        (error) =>
          `${file}:${lines.linePos(error.pos[0]).line}: ${error.message.split('\n', 1)[0]}`,
      ),
    )
  const parsed = Wishes.safeParse(document.toJS() ?? {})
  if (!parsed.success)
    throw new SettingsError(
      parsed.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => at([...issue.path, key]) + unknownField(key, issue.path))
          : [at(issue.path) + issue.message],
      ),
    )
  const problems = inconsistencies(parsed.data).map(({ path, sentence }) => at(path) + sentence)
  if (problems.length > 0) throw new SettingsError(problems)
  return withPaths(parsed.data, dirname(file))
}

/** `users[2].email`. */
const spelled = (path: readonly PropertyKey[]): string =>
  path
    .map((step, i) =>
      typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${String(step)}`,
    )
    .join('')

const fieldsOf: Readonly<Record<string, z.ZodObject>> = {
  password_policies: Policy,
  users: User,
  groups: Group,
}

function unknownField(key: string, path: readonly PropertyKey[]): string {
  if (key === 'password')
    return 'passwords do not stand in this file; name a password_file or a password_env'
  const object = path.length === 0 ? Wishes : fieldsOf[String(path[0])]
  const near = nearest(key, Object.keys(object?.shape ?? {}))
  return `there is no such field${near ? `; did you mean ${near}?` : ''}`
}

/** What no schema sees: names used twice, and two sources of one password. */
function inconsistencies(wishes: Wishes): { path: PropertyKey[]; sentence: string }[] {
  const found: { path: PropertyKey[]; sentence: string }[] = []
  const unique = (list: keyof Wishes, field: string, names: readonly string[]) => {
    const seen = new Map<string, number>()
    names.forEach((name, i) => {
      const before = seen.get(name.toLowerCase())
      if (before === undefined) seen.set(name.toLowerCase(), i)
      else
        found.push({
          path: [list, i, field],
          sentence: `${JSON.stringify(name)} is ${list}[${before}] already`,
        })
    })
  }
  unique(
    'password_policies',
    'policy_name',
    wishes.password_policies.map((policy) => policy.policy_name),
  )
  unique(
    'users',
    'username',
    wishes.users.map((user) => user.username),
  )
  unique(
    'groups',
    'name',
    wishes.groups.map((group) => group.name),
  )
  wishes.users.forEach((user, i) => {
    if (user.password_file !== undefined && user.password_env !== undefined)
      found.push({
        path: ['users', i, 'password_env'],
        sentence: 'a password_file is named already',
      })
  })
  return found
}

/** Password files are looked for beside the file that names them. */
const withPaths = (wishes: Wishes, folder: string): Wishes => ({
  ...wishes,
  users: wishes.users.map((user) =>
    user.password_file === undefined
      ? user
      : { ...user, password_file: resolve(folder, user.password_file) },
  ),
})
