import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault, quote } from '../../kit/fault.ts'
import type { ExternalCaRow, InterfaceRow, LocalCaRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import * as externalCas from '../external-cas/store.ts'
import * as localCas from '../local-cas/store.ts'
import { readReference } from '../reference.ts'
import * as trustedCas from '../trusted-cas/store.ts'
import * as store from './store.ts'

export type TrustedAnchor =
  | { readonly cert: string; readonly kind: 'local'; readonly row: LocalCaRow }
  | { readonly cert: string; readonly kind: 'external'; readonly row: ExternalCaRow }

/** As the row keeps it: identifiers as they were given. */
export interface TrustedCas {
  readonly local: readonly string[]
  readonly external: readonly string[]
}

export const WEB = 'web'

export const trustedCasOf = ({ trusted_cas }: Pick<InterfaceRow, 'trusted_cas'>): TrustedCas =>
  JSON.parse(trusted_cas)

/** The CA of the root domain that a text means, with its certificate; undefined: there is none, or it has none yet. */
export async function findAnchor(
  read: Reader,
  kind: 'local' | 'external',
  text: string,
): Promise<TrustedAnchor | undefined> {
  if (kind === 'external') {
    const row = await externalCas.find(read, ROOT_DOMAIN, text)
    return row && { kind, cert: row.cert, row }
  }
  const row = await localCas.find(read, ROOT_DOMAIN, text)
  return row && row.cert !== null ? { kind, cert: row.cert, row } : undefined
}

/** The mode of the web interface (reference 9.3). */
export async function webMode(read: Reader): Promise<string> {
  const web = await store.find(read, WEB)
  if (!web) throw new Error('the web interface is gone')
  return web.mode
}

/** The CAs whose client certificates the web interface trusts: its own list, and `/trusted-cas` of the service `web`. */
export async function webTrust(read: Reader): Promise<readonly TrustedAnchor[]> {
  const web = await store.find(read, WEB)
  return web === undefined ? [] : trustOf(read, web)
}

export async function trustOf(
  read: Reader,
  row: Pick<InterfaceRow, 'name' | 'trusted_cas'>,
): Promise<readonly TrustedAnchor[]> {
  const { local, external } = trustedCasOf(row)
  const named: (readonly ['local' | 'external', string])[] = [
    ...local.map((text) => ['local', text] as const),
    ...external.map((text) => ['external', text] as const),
    ...(await trustedCas.ofService(read, row.name)).map(
      ({ ca_id, ca_type }) => [ca_type === 'local' ? 'local' : 'external', ca_id] as const,
    ),
  ]
  const found = new Map<string, TrustedAnchor>()
  for (const [kind, text] of named) {
    const anchor = await findAnchor(read, kind, text)
    if (anchor) found.set(anchor.row.id, anchor)
  }
  return [...found.values()]
}

/** Fails the unit when the CA was deleted meanwhile; whoever deletes it looks for what uses it in the same way. */
export function demandAnchorStays(tx: Writer, { kind, row }: TrustedAnchor): void {
  const table = kind === 'local' ? 'local_cas' : 'external_cas'
  tx.set(
    table,
    { id: row.id },
    { id: row.id },
    {
      rows: 1,
      otherwise: new Fault('invalid-parameter', `the CA ${quote(row.name)} was deleted`),
    },
  )
}

/**
 * Fails the unit that deletes a CA on which an interface stands: without it the certificate could not be renewed, or
 * sign-ins would end without a word.
 */
export async function demandUnused(
  tx: Writer,
  read: Reader,
  kind: 'local' | 'external',
  ca: Pick<LocalCaRow, 'id' | 'domain_id' | 'name'>,
): Promise<void> {
  if (ca.domain_id !== ROOT_DOMAIN) return
  const inUse = (what: string) =>
    new Fault('conflict', `the CA ${quote(ca.name)} is in use: ${what}`)
  const isThisOne = (text: string): boolean => {
    const meant = readReference(kind === 'local' ? 'localca' : 'external_ca', ROOT_DOMAIN, text)
    return 'id' in meant ? meant.id === ca.id : meant.name === ca.name
  }
  for (const row of await store.all(read)) {
    if (kind === 'local' && row.auto_gen_ca_id !== '' && isThisOne(row.auto_gen_ca_id))
      throw inUse(`the certificate of the interface ${quote(row.name)} comes from it`)
    if (trustedCasOf(row)[kind].some(isThisOne))
      throw inUse(`the interface ${quote(row.name)} trusts it`)
    // Whoever makes the interface use this CA at the same moment changes its row.
    tx.set('interfaces', { name: row.name }, { id: row.id, version: row.version }, { rows: 1 })
  }
  tx.run(tx.deleteFrom('trusted_cas').where('ca_id', '=', ca.id), {
    rows: 0,
    otherwise: inUse('a service trusts it; see the trusted CAs'),
  })
}
