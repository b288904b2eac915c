import { z } from 'zod'
import { type Endpoint, type Endpoints, rawTypes } from '../kit/endpoint.ts'
import { faultOnTheWire } from './faults.ts'

/** OpenAPI 3.1, made from the same declarations that the server runs on. */

type Json = Record<string, unknown>

const TITLES: Readonly<Record<string, string>> = {
  tokens: 'Tokens',
  self: 'Yourself',
  users: 'Users',
  groups: 'Groups',
  passwordPolicies: 'Password policies',
  banners: 'Banners',
  records: 'Audit records',
  alarms: 'Alarms',
  info: 'System',
  services: 'Services',
  rootOfTrust: 'Root of trust',
  keks: 'Key encryption keys',
  localCas: 'Local CAs',
  certificates: 'Certificates',
  externalCas: 'External CAs',
  certificateRequests: 'Certificate requests',
  interfaces: 'Interfaces',
  trustedCas: 'Trusted CAs',
  registrationTokens: 'Registration tokens',
  clientProfiles: 'Client profiles',
  registeredClients: 'Registered clients',
  keys: 'Keys',
  keyLinks: 'Key links',
  keyLabels: 'Key labels',
  keyPolicies: 'Key policies',
  keyTemplates: 'Key templates',
  cteResourceSets: 'CTE resource sets',
  cteUserSets: 'CTE user sets',
  cteProcessSets: 'CTE process sets',
  cteSignatureSets: 'CTE signature sets',
  ctePolicies: 'CTE policies',
  cteSecurityRules: 'CTE security rules',
  cteKeyRules: 'CTE key rules',
  cteDataTransformRules: 'CTE data transformation rules',
  cteLdtKeyRules: 'CTE LDT key rules',
  cteIdtKeyRules: 'CTE IDT key rules',
  cteSignatureRules: 'CTE signature rules',
  cteProfiles: 'CTE client profiles',
  cteClients: 'CTE clients',
  cteClientGuardPoints: 'CTE guard points of clients',
  cteClientGroups: 'CTE client groups',
  cteGroupGuardPoints: 'CTE guard points of client groups',
  ctePrimarySets: 'CTE primary sets',
  cteCsiGroups: 'CTE CSI storage groups',
  cteLdtGroups: 'CTE LDT communication groups',
  cteReports: 'CTE reports',
  secrets: 'Secrets',
  random: 'Random',
  keyReports: 'Key reports',
  crypto: 'Cryptography',
  cryptoSettings: 'Cryptography settings',
  vaultRequests: 'Certificate requests for keys',
}

export function openapi(catalogue: Readonly<Record<string, Endpoints>>, version: string): Json {
  const paths: Record<string, Json> = {}
  for (const [area, endpoints] of Object.entries(catalogue))
    for (const [name, endpoint] of Object.entries(endpoints)) {
      const path = `/api${endpoint.path.replace(/:(\w+)/g, '{$1}')}`
      const operations = paths[path] ?? {}
      paths[path] = operations
      operations[endpoint.method.toLowerCase()] = operation(area, name, endpoint)
    }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Keystead',
      version,
      description:
        'An open, self-hosted key manager that speaks the REST API of CipherTrust Manager.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.keys(catalogue).map((area) => ({ name: TITLES[area] ?? area })),
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Error: errorSchema },
      responses: Object.fromEntries(
        ERRORS.map(([name, kind]) => {
          const { body } = faultOnTheWire(kind, '', '00000000-0000-4000-8000-000000000000')
          return [
            name,
            {
              description: body.codeDesc.replace(/: $/, ''),
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
            },
          ]
        }),
      ),
    },
  }
}

const errorSchema: Json = {
  type: 'object',
  required: ['code', 'codeDesc', 'requestID'],
  properties: {
    code: { type: 'integer' },
    codeDesc: { type: 'string', description: 'Begins with NCERR.' },
    message: { type: 'string' },
    requestID: { type: 'string', format: 'uuid' },
  },
}

const ERRORS = [
  ['BadRequest', 'invalid', 400],
  ['Unauthorized', 'unauthenticated', 401],
  ['Forbidden', 'forbidden', 403],
  ['NotFound', 'not-found', 404],
  ['Conflict', 'conflict', 409],
  ['TooLarge', 'too-large', 413],
  ['UnsupportedMediaType', 'unsupported-media-type', 415],
  ['TooManyRequests', 'too-many-requests', 429],
  ['NotImplemented', 'not-built', 501],
  ['Unavailable', 'unavailable', 503],
  ['NoSpace', 'no-space', 507],
] as const

function operation(area: string, name: string, endpoint: Endpoint): Json {
  const { access } = endpoint
  const isPublic = access === 'public'
  const description = [
    endpoint.description,
    typeof access === 'object' ? `Needs the permission \`${access.action}\`.` : undefined,
  ]
    .filter((part) => part !== undefined)
    .join('\n\n')
  return {
    operationId: `${area}.${name}`,
    tags: [TITLES[area] ?? area],
    summary: endpoint.summary,
    ...(description === '' ? undefined : { description }),
    ...(isPublic ? { security: [] } : undefined),
    ...parameters(endpoint),
    ...requestBody(endpoint),
    responses: {
      [endpoint.status]: success(endpoint),
      ...Object.fromEntries(
        ERRORS.filter(([errorName]) => canAnswer(endpoint, errorName)).map(
          ([errorName, , status]) => [status, { $ref: `#/components/responses/${errorName}` }],
        ),
      ),
    },
  }
}

function canAnswer(endpoint: Endpoint, error: (typeof ERRORS)[number][0]): boolean {
  const writes = endpoint.method !== 'GET'
  switch (error) {
    case 'Unauthorized':
      return endpoint.access !== 'public' || writes
    case 'Forbidden':
      return endpoint.access !== 'public'
    case 'NotFound':
      return endpoint.path.includes(':') || writes
    case 'BadRequest':
    case 'Unavailable':
      return true
    case 'NotImplemented':
      return writes || endpoint.query !== undefined
    default:
      return writes
  }
}

function parameters({ params, query }: Endpoint): Json {
  const of = (schema: z.ZodType | undefined, where: 'path' | 'query'): Json[] => {
    if (schema === undefined) return []
    const { properties = {}, required = [] } = inputSchema(schema) as {
      properties?: Record<string, Json>
      required?: string[]
    }
    return Object.entries(properties).map(([name, { description, ...rest }]) => ({
      name,
      in: where,
      required: where === 'path' || required.includes(name),
      ...(description === undefined ? undefined : { description }),
      schema: plain(rest),
    }))
  }
  const all = [...of(params, 'path'), ...of(query, 'query')]
  return all.length === 0 ? {} : { parameters: all }
}

/** On the wire a query is text; a reader of the description wants to know that it is a number's or a yes. */
function plain(schema: Json): Json {
  if (schema['pattern'] === '^-?\\d+$') return { type: 'integer' }
  if (schema['pattern'] === '^(true|false)$') return { type: 'boolean' }
  return schema
}

function requestBody({ body, accepts, raw }: Endpoint): Json {
  if (body === undefined) return {}
  if (raw !== undefined) {
    const { description } = inputSchema(body)
    const schema = raw === 'text' ? { type: 'string' } : {}
    return {
      requestBody: {
        ...(description === undefined ? undefined : { description }),
        content: { [rawTypes[raw]]: { schema } },
      },
    }
  }
  const schema = inputSchema(body)
  return {
    requestBody: {
      required: ((schema['required'] as string[] | undefined) ?? []).length > 0,
      content: {
        'application/json': { schema },
        ...(accepts?.includes('form')
          ? { 'application/x-www-form-urlencoded': { schema } }
          : undefined),
      },
    },
  }
}

function success({ status, reply, answers }: Endpoint): Json {
  if (status === 204) return { description: 'Done; no body.' }
  return {
    description: 'Done.',
    content: {
      [answers === 'csv' ? 'text/csv' : 'application/json']: {
        schema: jsonSchema(reply, 'output'),
      },
    },
  }
}

const inputSchema = (schema: z.ZodType): Json => jsonSchema(schema, 'input')

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      const made = jsonSchema as Json
      // Ours is `secret`; the vocabulary that tools read has an x- in front.
      if (made['secret'] === true) {
        delete made['secret']
        made['x-secret'] = true
      }
      // Answers may grow; a client that validates must not break on a new field.
      if (made['additionalProperties'] === false) delete made['additionalProperties']
    },
  }) as Json
  return rest
}
