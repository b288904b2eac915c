import { readFileSync } from 'node:fs'
import type { RawBody } from '../../kit/endpoint.ts'

/** How the text of a field becomes its value in the request. */
export type FieldKind = 'text' | 'number' | 'switch' | 'list' | 'numbers' | 'json'

/** One field of a query or a body, and the flag that sets it. */
export interface Field {
  readonly flag: string
  readonly name: string
  /** `raw`: it is the body. */
  readonly in: 'query' | 'body' | 'raw'
  readonly kind: FieldKind
  readonly choices?: readonly string[]
  readonly required?: true
  readonly secret?: true
  readonly help?: string
}

/** One endpoint as a command. */
export interface ApiCommand {
  readonly endpoint: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly path: `/v1/${string}`
  readonly public?: true
  readonly summary: string
  readonly description?: string
  /** The parameters of the path, in its order. */
  readonly positionals: readonly string[]
  readonly fields: readonly Field[]
  /** Whether it takes a body that is not made of fields only. */
  readonly body?: true
  /** Its body is no JSON but what the field in `raw` holds. */
  readonly raw?: RawBody
  /** It answers with a page of a list. */
  readonly page?: true
  /** Fields of the answer that are secret. */
  readonly hidden?: readonly string[]
}

export type ApiTable = Readonly<Record<string, Readonly<Record<string, ApiCommand>>>>

let read: ApiTable | undefined

/**
 * Every command that stands for an endpoint, by group and name. The table is generated from the catalogue, so that a
 * command starts without the schemas of all endpoints.
 */
export function apiTable(): ApiTable {
  read ??= JSON.parse(readFileSync(new URL('./table.json', import.meta.url), 'utf8')) as ApiTable
  return read
}

/** `password-policies` as it would head a list. */
export const titleOf = (group: string): string => {
  const known: Readonly<Record<string, string>> = {
    ca: 'Local CAs',
    csr: 'Certificate requests',
    info: 'This server',
    keks: 'Key encryption keys',
    records: 'Audit records',
    self: 'Yourself',
    'crypto-settings': 'Cryptography settings',
    'vault-requests': 'Certificate requests for keys',
  }
  const words = group.replaceAll('-', ' ').replace(/\bcas\b/, 'CAs')
  return known[group] ?? words.charAt(0).toUpperCase() + words.slice(1)
}

/** `groups get NAME`. */
export const synopsisOf = (group: string, name: string, command: ApiCommand): string =>
  [group, name, ...command.positionals.map((param) => param.toUpperCase())].join(' ')
