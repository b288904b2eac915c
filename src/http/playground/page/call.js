/**
 * From the filled form to a request, and to what may be shown of it.
 *
 * @typedef {import('./schema.js').Schema} Schema
 * @typedef {{ name: string, in: string, required: boolean, description: string, schema: Schema, secret: boolean, explode: boolean }} Parameter
 * @typedef {{ id: string, method: string, path: string, tag: string, summary: string, description: string, deprecated: boolean, open: boolean,
 *   parameters: Parameter[], body: Schema | undefined, bodyRequired: boolean, bodyDescription: string, responses: [string, Schema][] }} Operation
 * @typedef {{ values: Map<string, string>, body: string, secrets: { path: string[], value: string }[] }} Draft
 */
import { isSecret } from './schema.js'

/** What the reader can put right in the form; `field` is the parameter it is about. */
export class Unsendable extends Error {
  /** @param {string} message @param {string} [field] */
  constructor(message, field) {
    super(message)
    this.field = field
  }
}

const methods = ['get', 'post', 'put', 'patch', 'delete']

/** Every operation of the description, in its order. @param {Schema} document @param {import('./schema.js').Schemas} schemas @returns {Operation[]} */
export function operationsOf(document, schemas) {
  const server = document.servers?.[0]?.url ?? ''
  // A server elsewhere is not ours to call; a base path of this one is.
  const base = server.startsWith('/') ? server.replace(/\/$/, '') : ''
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    methods
      .filter((method) => item[method])
      .map((method) => {
        const declared = item[method]
        const body = schemas.flat(declared.requestBody)
        return {
          id: declared.operationId ?? `${method}${path}`,
          method: method.toUpperCase(),
          path: base + path,
          tag: declared.tags?.[0] ?? 'Other',
          summary: declared.summary ?? '',
          description: declared.description ?? '',
          deprecated: declared.deprecated === true,
          open: (declared.security ?? document.security)?.length === 0,
          parameters: [...(item.parameters ?? []), ...(declared.parameters ?? [])]
            .map((one) => parameterOf(schemas.flat(one), schemas))
            .filter((one) => one.in === 'path' || one.in === 'query'),
          body: body.content?.['application/json']?.schema,
          bodyRequired: body.required === true,
          bodyDescription: body.description ?? '',
          responses: Object.entries(declared.responses ?? {}).map(([status, response]) => [
            status,
            schemas.flat(response),
          ]),
        }
      }),
  )
}

/** @param {Schema} declared @param {import('./schema.js').Schemas} schemas @returns {Parameter} */
function parameterOf(declared, schemas) {
  const schema = schemas.flat(declared.schema)
  return {
    name: declared.name,
    in: declared.in,
    required: declared.required === true || declared.in === 'path',
    description: declared.description ?? schema.description ?? '',
    schema,
    secret: isSecret(schema) || declared['x-secret'] === true,
    explode: declared.explode !== false,
  }
}

/** @param {Parameter} parameter @param {string} text */
const valuesOf = ({ schema, explode }, text) =>
  schema.type === 'array' && explode
    ? text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
    : [text]

/** The address under this server. Throws Unsendable when a part of the path is missing or cannot travel. @param {Operation} operation @param {Map<string, string>} values */
export function pathOf({ path, parameters }, values) {
  let filled = path
  const query = new URLSearchParams()
  for (const parameter of parameters) {
    const { name, required } = parameter
    const value = values.get(`${parameter.in}:${name}`) ?? ''
    if (value === '' && required)
      throw new Unsendable(`${name} is required`, `${parameter.in}:${name}`)
    if (parameter.in === 'path') {
      // Browsers resolve dot segments, encoded ones too: the call would go to another path than shown.
      if (/^\.{1,2}$/.test(value))
        throw new Unsendable(`${name} cannot be "${value}"`, `path:${name}`)
      filled = filled.replaceAll(`{${name}}`, () => encodeURIComponent(value))
    } else if (value !== '') {
      for (const one of valuesOf(parameter, value)) query.append(name, one)
    }
  }
  return query.size > 0 ? `${filled}?${query}` : filled
}

/** The body as it will be sent: the text, and the secrets put in their places. Undefined when there is none. @param {Draft} draft */
export function bodyOf({ body, secrets }) {
  const given = secrets.filter(({ value }) => value !== '')
  if (body.trim() === '' && given.length === 0) return undefined
  const value = parsed(body.trim() === '' ? '{}' : body)
  // Without secrets the text goes out as it was typed, so that long numbers keep their digits.
  if (given.length === 0) return body
  for (const secret of given) place(value, secret.path, secret.value)
  return JSON.stringify(value)
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Unsendable(`The body is not JSON: ${/** @type {Error} */ (error).message}`, 'body')
  }
}

/** @param {any} value @param {string[]} path @param {string} secret */
function place(value, path, secret) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new Unsendable('The body must be an object to hold the secret fields', 'body')
  }
  const [name, ...rest] = path
  if (name === undefined) return
  if (rest.length === 0) value[name] = secret
  else {
    value[name] ??= {}
    place(value[name], rest, secret)
  }
}

/** The draft's body with secrets taken out, for the history and the curl line; text that is not JSON is left out whole. @param {string} body @param {(name: string) => boolean} secretName @param {(name: string) => unknown} [instead] */
export function withoutSecrets(body, secretName, instead = () => undefined) {
  if (body.trim() === '') return ''
  try {
    /** @param {string} name @param {unknown} value */
    const replace = (name, value) => (name !== '' && secretName(name) ? instead(name) : value)
    return JSON.stringify(JSON.parse(body), replace, 2) ?? ''
  } catch {
    return ''
  }
}

/** Quotes for a POSIX shell. @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`

/** The same call for a shell. The token is $TOKEN and a secret is its name in angle brackets. @param {Operation} operation @param {Draft} draft @param {(name: string) => boolean} secretName @param {boolean} withToken */
export function curlOf(operation, draft, secretName, withToken) {
  const values = new Map(draft.values)
  for (const { in: where, name, secret } of operation.parameters) {
    const key = `${where}:${name}`
    if (secret && values.get(key)) values.set(key, `<${name}>`)
    else if (where === 'path' && !values.get(key)) values.set(key, `{${name}}`)
    else if (where === 'query' && !values.get(key)) values.set(key, '')
  }
  /** @type {Operation} */
  const lenient = {
    ...operation,
    parameters: operation.parameters.map((one) => ({ ...one, required: false })),
  }
  let path = operation.path
  try {
    // Placeholders stay readable; what was typed stays encoded.
    path = pathOf(lenient, values)
      .replaceAll('%7B', '{')
      .replaceAll('%7D', '}')
      .replaceAll('%3C', '<')
      .replaceAll('%3E', '>')
  } catch {
    // An unsendable value: the line shows the path as declared.
  }
  const lines = [
    `curl${operation.method === 'GET' ? '' : ` -X ${operation.method}`} ${quoted(location.origin + path)}`,
  ]
  if (withToken) lines.push('-H "Authorization: Bearer $TOKEN"')
  const hidden = draft.secrets
    .filter(({ value }) => value !== '')
    .map(({ path: at }) => ({ path: at, value: `<${at.at(-1)}>` }))
  let body = ''
  try {
    const whole = bodyOf({ ...draft, secrets: hidden })
    body = whole === undefined ? '' : withoutSecrets(whole, secretName, (name) => `<${name}>`)
  } catch {
    // Not JSON yet: the line shows the call without it.
  }
  if (body !== '') lines.push("-H 'Content-Type: application/json'", `--data ${quoted(body)}`)
  return lines.join(' \\\n  ')
}

/** @typedef {{ status: number, statusText: string, ms: number, headers: [string, string][], text: string, type: string }} Answer */

/** Makes the call, to this server only. @param {Operation} operation @param {Draft} draft @param {string | undefined} token @returns {Promise<Answer>} */
export async function send(operation, draft, token) {
  const url = new URL(pathOf(operation, draft.values), location.origin)
  if (url.origin !== location.origin) throw new Unsendable('The playground calls this server only')
  const body = bodyOf(draft)
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json, */*;q=0.5' }
  if (token) headers.Authorization = `Bearer ${token}`
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  const began = performance.now()
  const response = await fetch(url, {
    method: operation.method,
    headers,
    ...(body !== undefined && { body }),
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
    signal: AbortSignal.timeout(60_000),
  })
  const text = await response.text()
  return {
    status: response.status,
    statusText: response.statusText,
    ms: performance.now() - began,
    headers: [...response.headers],
    text,
    type: response.headers.get('content-type') ?? '',
  }
}
