import type { Argument, Kind, Place } from './types.ts'

/** Arguments that several commands have. */

type More = Partial<Omit<Argument, 'name' | 'kind' | 'help' | 'place'>>

export const argument = (
  name: string,
  kind: Kind,
  place: Place,
  help: string,
  more: More = {},
): Argument => ({ name, kind, place, help, ...more })

export const required = { required: true } as const
export const inPath = (as: string): Place => ({ in: 'path', as })
export const inQuery = (as: string): Place => ({ in: 'query', as })
export const inBody = (as: string): Place => ({ in: 'body', as })
export const ofCommand: Place = { in: 'command' }

export const TRUE_OR_FALSE = { choices: ['true', 'false'] } as const
export const AUTH_METHODS = [
  'password',
  'user_certificate',
  'password_with_user_certificate',
] as const
export const CLIENT_TYPES = ['unregistered', 'public', 'confidential'] as const

/** CM answers with at most so many (reference 1.4). */
export const MOST_ROWS = 2000

const paging: Place = { in: 'paging' }
const rows = { least: 1, most: MOST_ROWS } as const

export const pages: readonly Argument[] = [
  argument('page', 'number', paging, 'The page to return, from 1 on.', {
    least: 1,
    most: 1_000_000,
  }),
  argument(
    'page_size',
    'number',
    paging,
    `How many there are on a page, at most ${MOST_ROWS}; ${MOST_ROWS} when only a page is given.`,
    rows,
  ),
  argument(
    'limit',
    'number',
    paging,
    `How many to return when no page is given, at most ${MOST_ROWS}.`,
    {
      ...rows,
      default: '50',
    },
  ),
]

export const allowances = (in_: 'query' | 'body'): readonly Argument[] => [
  argument(
    'allow_client_authentication',
    'boolean',
    { in: in_, as: 'allow_client_authentication' },
    'Whether certificates of this CA may authenticate clients.',
    TRUE_OR_FALSE,
  ),
  argument(
    'allow_user_authentication',
    'boolean',
    { in: in_, as: 'allow_user_authentication' },
    'Whether certificates of this CA may sign users in.',
    TRUE_OR_FALSE,
  ),
]

export const validity = (of: string): readonly Argument[] => [
  argument(
    'duration',
    'number',
    inBody('duration'),
    `For how many days the ${of} is valid. This or not_after must be given.`,
    {
      least: 1,
      most: 100_000,
    },
  ),
  argument('not_after', 'date', inBody('notAfter'), `When the ${of} ends; goes before duration.`),
  argument('not_before', 'date', inBody('notBefore'), `When the ${of} begins.`),
]

export const subjectNames: readonly Argument[] = [
  argument(
    'dns_names',
    'dns-names',
    inBody('dnsNames'),
    'DNS names for the request, with commas between them.',
  ),
  argument(
    'email',
    'emails',
    inBody('emailAddresses'),
    'E-mail addresses for the request, with commas between them.',
  ),
  argument(
    'ip',
    'addresses',
    inBody('ipAddresses'),
    'IP addresses for the request, with commas between them.',
  ),
]

export const subjectFields: readonly Argument[] = [
  argument(
    'name_fields_raw_json',
    'subject',
    inBody('names'),
    'More of the subject, as JSON: a list of objects with O, OU, L, ST and C. A field may repeat in another object.',
  ),
  argument(
    'name_fields_json_entry_id',
    'subject-file',
    inBody('names'),
    'A file with what name_fields_raw_json would hold.',
  ),
]

const KEY_ALGORITHMS = ['RSA', 'ECDSA'] as const

export const algorithm = argument(
  'algorithm',
  'choice',
  inBody('algorithm'),
  'RSA or ECDSA; ECDSA when not given.',
  { choices: KEY_ALGORITHMS },
)

export const keySize = (name: string): Argument =>
  argument(
    name,
    'number',
    inBody('size'),
    'Bits of the key. RSA: 1024 to 4096, 2048 when not given. ECDSA: 256, 384 or 521, 256 when not given.',
    { least: 256, most: 4096 },
  )

export const REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const
