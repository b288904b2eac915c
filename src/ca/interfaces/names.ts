import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { InterfaceRow } from '../../store/schema.ts'
import { isDnsName } from '../x509/names.ts'
import type { NameFields, SubjectFields } from '../x509/types.ts'

/** Whom a certificate that is made here names, as a caller set it. */
export interface Attributes {
  readonly cn?: string | undefined
  readonly uid?: string | undefined
  readonly dns_names: readonly string[]
  readonly email_addresses: readonly string[]
  readonly ip_addresses: readonly string[]
  readonly names: readonly NameFields[]
}

const NAMES: readonly NameFields[] = [{ C: 'US', ST: 'TX', L: 'Austin', O: 'Keystead' }]

/**
 * The names under which this node is reached. A host may be called anything; only what a certificate can carry counts.
 */
export const ownNames = (more: readonly string[]): readonly string[] =>
  [...new Set(['localhost', '127.0.0.1', '::1', hostname(), ...more])].filter(
    (name) => isIP(name) !== 0 || isDnsName(name),
  )

export const attributesOf = ({
  auto_gen_attributes,
}: Pick<InterfaceRow, 'auto_gen_attributes'>): Attributes | undefined =>
  auto_gen_attributes === null ? undefined : JSON.parse(auto_gen_attributes)

/** What the interface shows of it: with names in any case, and never the user id (reference 9.2). */
export function presentAttributes(row: Pick<InterfaceRow, 'name' | 'auto_gen_attributes'>) {
  const set = attributesOf(row)
  const { names, dnsNames, emailAddresses, ipAddresses, cn } = subjectFor(row, [])
  const some = <Key extends string>(key: Key, list: readonly string[]) =>
    list.length > 0 ? ({ [key]: [...list] } as Record<Key, string[]>) : undefined
  return {
    cn,
    ...some('dns_names', dnsNames),
    ...some('email_addresses', emailAddresses),
    ...some('ip_addresses', ipAddresses),
    names: names.map(({ C = '', ST = '', L = '', O = '', OU = '' }) => ({ C, ST, L, O, OU })),
    generated: set === undefined,
  }
}

/** The subject of a certificate that is made here: as set, beside the names under which the server is reached. */
export function subjectFor(
  row: Pick<InterfaceRow, 'name' | 'auto_gen_attributes'>,
  reached: readonly string[],
): SubjectFields {
  const set = attributesOf(row)
  const both = (given: readonly string[] | undefined, own: readonly string[]) => [
    ...new Set([...own, ...(given ?? [])]),
  ]
  return {
    cn: set?.cn ?? `${row.name}.keystead.local`,
    uid: set?.uid,
    names: set && set.names.length > 0 ? set.names : NAMES,
    dnsNames: both(
      set?.dns_names,
      reached.filter((name) => isIP(name) === 0),
    ),
    ipAddresses: both(
      set?.ip_addresses,
      reached.filter((name) => isIP(name) !== 0),
    ),
    emailAddresses: [...(set?.email_addresses ?? [])],
  }
}

export const isFor = (certificate: X509Certificate, names: readonly string[]): boolean =>
  names.every((name) =>
    isIP(name) === 0
      ? certificate.checkHost(name, { wildcards: false }) !== undefined
      : certificate.checkIP(name) !== undefined,
  )

/**
 * The names under which the nodes of a database are reached: they serve under one certificate, so the one that makes it
 * anew keeps what the others put into it. What a caller had it name is another matter.
 */
export function reachedUnder(
  own: readonly string[],
  row: Pick<InterfaceRow, 'auto_gen_attributes'>,
  shown: X509Certificate,
): readonly string[] {
  const set = attributesOf(row)
  const chosen = new Set([...(set?.dns_names ?? []), ...(set?.ip_addresses ?? [])])
  return [...new Set([...own, ...namesIn(shown).filter((name) => !chosen.has(name))])]
}

/** DNS names and addresses of a certificate that was made here. */
const namesIn = ({ subjectAltName = '' }: X509Certificate): string[] =>
  subjectAltName
    .split(', ')
    .flatMap((name) => /^(?:DNS|IP Address):([^"]+)$/.exec(name)?.[1] ?? [])
    .filter((name) => isIP(name) !== 0 || isDnsName(name))
