import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { CommaList, Empty, Page, pageOf, QueryBoolean, Time, text } from '../../kit/wire.ts'

/** A text that clients send empty when they mean to leave it out. */
const optionalText = (max: number) =>
  text(max)
    .optional()
    .transform((given) => (given === '' ? undefined : given))

/** Longer than any refresh token: an access token sent in its place is refused as a token, not as a text too long. */
const MAX_REFRESH_TOKEN = 8192

/** Numbers and booleans arrive as text in a form body. */
const minutes = z.coerce.number().int().min(0).max(52_560_000).optional()
const flag = z
  .union([z.boolean(), z.enum(['true', 'false', 'True', 'False', ''])])
  .transform((value) => value === true || value === 'true' || value === 'True')
  .optional()

const Labels = z.union([
  z.array(z.string().max(128)).max(32),
  CommaList.pipe(z.array(z.string().max(128)).max(32)),
])

export const TokenRequest = z.object({
  grant_type: optionalText(64).meta({
    description:
      '`password` (the default), `refresh_token` (the default when one is given), `user_certificate`, `password_with_user_certificate` or `client_credential`.',
  }),
  username: optionalText(256).meta({ description: 'Compared without case.' }),
  name: optionalText(256).meta({ description: 'Another name for `username`.' }),
  password: z.string().max(1024).optional().meta({ secret: true, format: 'password' }),
  connection: optionalText(256).meta({
    description: 'The identity connection; `local_account` by default.',
  }),
  domain: optionalText(256).meta({
    description: 'The domain to work in, by name or id; root by default.',
  }),
  auth_domain: optionalText(256).meta({
    description: 'The domain in which the user was made, by name or id.',
  }),
  auth_domain_path: optionalText(512).meta({
    description: 'The same as a path; wins over `auth_domain`.',
  }),
  client_id: optionalText(64),
  refresh_token: optionalText(MAX_REFRESH_TOKEN).meta({ secret: true, format: 'password' }),
  renew_refresh_token: flag.meta({
    description: 'Hand out a new refresh token and end the old one.',
  }),
  refresh_token_lifetime: minutes.meta({
    description: 'Minutes until the refresh token ends; 0: never.',
  }),
  refresh_token_revoke_unused_in: minutes.meta({
    description: 'Minutes without use after which the refresh token is revoked; 0: never.',
  }),
  cookies: flag.meta({ description: 'Also set the session as a cookie.' }),
  labels: Labels.optional().meta({ description: 'Kept on the refresh token.' }),
})
export type TokenRequest = z.output<typeof TokenRequest>

export const Token = z.object({
  jwt: z.string().max(8192).meta({ secret: true, description: 'The bearer token.' }),
  duration: z.number().int().meta({ description: 'Seconds until the bearer token ends.' }),
  token_type: z.literal('Bearer'),
  client_id: z.string().max(64),
  refresh_token_id: z.string().max(64),
  refresh_token: z.string().max(64).meta({ secret: true }),
  refresh_token_expires_in: z
    .number()
    .int()
    .optional()
    .meta({ description: 'Seconds until the refresh token ends, when a limit was asked for.' }),
})

/** A refresh token as it may be shown: never the token itself. */
export const RefreshToken = z.object({
  id: z.string().max(64),
  created_at: Time,
  updated_at: Time,
  user_id: z.string().max(128),
  client_id: z.string().max(64),
  labels: z.array(z.string().max(128)).max(32),
  expires_at: Time.nullable(),
  last_used_at: Time,
  revoked_at: Time.nullable(),
  issuer: z.string().max(64),
})

const TokenId = z.object({ id: z.uuid() })

const AuthKey = z.object({
  id: z.string().max(64),
  alg: z.string().max(16),
  created_at: Time,
  active: z.boolean().meta({ description: 'Whether new tokens are signed by this key.' }),
})

export const tokens = {
  create: endpoint({
    method: 'POST',
    path: '/v1/auth/tokens',
    summary: 'Sign in, or exchange a refresh token',
    description: 'Takes JSON or a form. Any Authorization header is ignored.',
    access: 'public',
    audit: 'Sign in',
    accepts: ['form'],
    body: TokenRequest,
    status: 200,
    reply: Token,
  }),
  list: endpoint({
    method: 'GET',
    path: '/v1/auth/tokens',
    summary: "List the caller's refresh tokens; administrators see everyone's",
    access: 'self',
    audit: false,
    query: Page.extend({
      expired: QueryBoolean.optional(),
      revoked: QueryBoolean.optional(),
      labels: CommaList.optional(),
      user_id: text(256).optional(),
    }),
    status: 200,
    reply: pageOf(RefreshToken),
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/auth/tokens/:id',
    summary: 'Read one refresh token',
    access: 'self',
    audit: false,
    params: TokenId,
    status: 200,
    reply: RefreshToken,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/auth/tokens/:id',
    summary: 'Revoke a refresh token and end its session',
    access: 'self',
    audit: 'Revoke refresh token',
    params: TokenId,
    status: 204,
    reply: Empty,
  }),
  revoke: endpoint({
    method: 'POST',
    path: '/v1/auth/revoke',
    summary: 'Revoke a refresh token by its text',
    access: 'self',
    audit: 'Revoke refresh token',
    body: z.object({
      client_id: optionalText(64),
      refresh_token: z
        .string()
        .min(1)
        .max(MAX_REFRESH_TOKEN)
        .meta({ secret: true, format: 'password' }),
    }),
    status: 204,
    reply: Empty,
  }),
  logout: endpoint({
    method: 'POST',
    path: '/v1/auth/logout',
    summary: 'End the session of this token',
    access: 'self',
    audit: 'Sign out',
    status: 204,
    reply: Empty,
  }),
  jwks: endpoint({
    method: 'GET',
    path: '/v1/auth/jwks.json',
    summary: 'The public keys that check bearer tokens, as a JWK set',
    access: 'public',
    audit: false,
    status: 200,
    reply: z.object({ keys: z.array(z.record(z.string().max(64), z.unknown())).max(64) }),
  }),
  authKeys: endpoint({
    method: 'GET',
    path: '/v1/auth/auth-key',
    summary: 'List the keys that sign bearer tokens',
    access: { action: 'ReadTokenSigning', resource: 'auth:keys' },
    audit: false,
    query: Page,
    status: 200,
    reply: pageOf(AuthKey),
  }),
  rotateAuthKey: endpoint({
    method: 'POST',
    path: '/v1/auth/rotate-auth-key',
    summary: 'Sign bearer tokens with a new key from now on',
    description: 'Tokens signed by the old key stay good until they end.',
    access: { action: 'RotateTokenSigning', resource: 'auth:keys' },
    audit: 'Rotate token signing key',
    status: 200,
    reply: AuthKey,
  }),
}
