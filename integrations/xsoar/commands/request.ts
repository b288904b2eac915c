import { MOST_ROWS } from './arguments.ts'
import type { Call, Command, Request, Value, Values } from './types.ts'
import { EMPTY } from './values.ts'

const BASE = '/api/v1'

export interface Credentials {
  readonly username: string
  readonly password: string
  /** The domain to work in; root when not given. */
  readonly domain?: string | undefined
}

/** Refresh tokens that nobody uses end after this many minutes, so that no session is left behind for good. */
const UNUSED_MINUTES = 30

/** Every command signs in anew. */
export function tokenRequest({ username, password, domain }: Credentials): Request {
  return {
    method: 'POST',
    path: `${BASE}/auth/tokens/`,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'password',
      username,
      password,
      ...(domain === undefined || domain === '' ? {} : { domain }),
      refresh_token_revoke_unused_in: UNUSED_MINUTES,
    }),
  }
}

export function plainGet(path: string, token: string): Request {
  return {
    method: 'GET',
    path: `${BASE}${path}`,
    headers: headersWith(token, false),
    body: undefined,
  }
}

const headersWith = (token: string, hasBody: boolean): Record<string, string> => ({
  accept: 'application/json',
  authorization: `Bearer ${token}`,
  ...(hasBody ? { 'content-type': 'application/json' } : {}),
})

/** Which of its two calls a command makes with these values. */
export const callOf = ({ call, single }: Command, values: Values): Call =>
  single !== undefined && values[single.argument] !== undefined ? single.call : call

export function requestOf(command: Command, values: Values, token: string): Request {
  const call = callOf(command, values)
  const isSingle = call !== command.call
  const query: [string, string][] = []
  const body: Record<string, unknown> = {}
  let path = call.path
  if (!isSingle && command.arguments.some(({ place }) => place.in === 'paging'))
    for (const pair of paging(values)) query.push(pair)
  for (const { name, kind, place } of command.arguments) {
    const value = values[name]
    if (value === undefined) continue
    if (place.in === 'path') path = path.replace(`:${place.as}`, encodeURIComponent(String(value)))
    if (place.in === 'query' && !isSingle) query.push([place.as, queryText(value)])
    if (place.in === 'body') put(body, place.as, kind === 'choices' ? emptied(value) : value)
  }
  if (isSingle && values['chained'] !== undefined)
    query.push(['chained', queryText(values['chained'])])
  if (command.call.endpoint === 'certificateRequests.create' && body['password'] === undefined)
    body['password'] = values['private_key_file_password']
  return {
    method: call.method,
    path: BASE + path + queryString(query),
    headers: headersWith(token, command.body === true),
    body: command.body === true ? JSON.stringify(body) : undefined,
  }
}

/** A page goes before a limit, which is always there: it has a default. */
function paging(values: Values): [string, string][] {
  const page = values['page']
  const size = values['page_size']
  if (page === undefined && size === undefined)
    return [
      ['skip', '0'],
      ['limit', String(values['limit'])],
    ]
  const rows = typeof size === 'number' ? size : MOST_ROWS
  const skipped = ((typeof page === 'number' ? page : 1) - 1) * rows
  return [
    ['skip', String(skipped)],
    ['limit', String(rows)],
  ]
}

/** Booleans as Python writes them, which is what the published client sends; CM reads them without regard to case. */
const queryText = (value: Value): string =>
  typeof value === 'boolean'
    ? value
      ? 'True'
      : 'False'
    : Array.isArray(value)
      ? value.join(',')
      : String(value)

const queryString = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.length === 0
    ? ''
    : `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`

const emptied = (value: Value): Value => (Array.isArray(value) && value[0] === EMPTY ? [] : value)

/** `login_flags.prevent_ui_login` is a member of a member. */
function put(body: Record<string, unknown>, name: string, value: Value): void {
  const dot = name.indexOf('.')
  if (dot < 0) body[name] = value
  else body[name.slice(0, dot)] = { [name.slice(dot + 1)]: value }
}
