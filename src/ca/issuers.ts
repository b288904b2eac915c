import type { Caller } from '../context.ts'
import type { ExternalCaRow, LocalCaRow } from '../store/schema.ts'
import type { Reader } from '../store/store.ts'
import * as externalCas from './external-cas/store.ts'
import * as localCas from './local-cas/store.ts'
import { uriOf } from './reference.ts'

/** A CA as the parent of another: its URI, and its certificate unless it is still pending. */
export interface Parent {
  readonly uri: string
  readonly cert: string | null
  /** URI of its own parent. */
  readonly parent: string | null
}

/** Where to look: the domain, and a database. */
export interface Within {
  readonly caller: Pick<Caller, 'domain'>
  readonly read: Reader
}

/** Longer chains are refused by most verifiers; it also ends a circle of external CAs that name each other. */
const LONGEST_CHAIN = 16

/** The local or external CA that a text means. */
export async function findParent(
  { caller, read }: Within,
  text: string,
): Promise<Parent | undefined> {
  const local = await localCas.find(read, caller.domain, text)
  if (local) return parentOf('localca', local)
  const external = await externalCas.find(read, caller.domain, text)
  return external && parentOf('external_ca', external)
}

const parentOf = (kind: 'localca' | 'external_ca', row: LocalCaRow | ExternalCaRow): Parent => ({
  uri: uriOf(kind, row),
  cert: row.cert,
  parent: row.parent,
})

/** The certificates of a CA and its issuers, as far up as they are here. */
export async function chainOf(
  context: Within,
  { cert, parent }: { readonly cert: string; readonly parent: string | null },
): Promise<string> {
  const certificates = [cert]
  let above = parent
  while (above !== null && certificates.length < LONGEST_CHAIN) {
    const issuer = await findParent(context, above)
    if (!issuer || issuer.cert === null) break
    certificates.push(issuer.cert)
    above = issuer.parent
  }
  return certificates.join('')
}
