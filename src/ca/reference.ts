import { accountOf } from '../kit/domain.ts'
import { Fault, quote } from '../kit/fault.ts'

export { accountUri } from '../kit/domain.ts'

/**
 * How CAs and certificates are called: their URIs, and what a caller's text may mean (reference 1). It is read here
 * alone, so that no two spellings meet two decisions.
 */
export type Kind =
  | 'localca'
  | 'certs'
  | 'external_ca'
  | 'trusted_ca'
  | 'regtokens'
  | 'client_profiles'
  | 'clients'

/** What stands in front of the id in the name of an object that was given none. */
const NAME_STEMS: Readonly<Record<Kind, string>> = {
  localca: 'localca',
  certs: 'cert',
  external_ca: 'externalca',
  trusted_ca: 'trustedca',
  regtokens: 'regtoken',
  client_profiles: 'clientprofile',
  clients: 'client',
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const SCHEME = 'kylo:'

export const uriOf = (
  kind: Kind,
  { id, domain_id }: { readonly id: string; readonly domain_id: string },
): string => `${SCHEME}${accountOf(domain_id)}:${serviceOf(kind)}:${kind}:${id}`

/** The service that an object belongs to, as URIs name it. */
const serviceOf = (kind: Kind): string =>
  kind === 'regtokens' || kind === 'client_profiles' || kind === 'clients' ? 'kylo' : 'naboo'

/** The id in a URI of this kind and domain; undefined for any other text. */
export function idInUri(kind: Kind, domain: string, text: string): string | undefined {
  const prefix = uriOf(kind, { id: '', domain_id: domain })
  if (!text.startsWith(prefix)) return undefined
  const id = text.slice(prefix.length)
  return UUID.test(id) ? id.toLowerCase() : undefined
}

/** Whom a text means: an object by its id (also the slug), or by its name. The text is already percent-decoded. */
export function readReference(
  kind: Kind,
  domain: string,
  text: string,
): { readonly id: string } | { readonly name: string } {
  if (UUID.test(text)) return { id: text.toLowerCase() }
  const id = idInUri(kind, domain, text)
  return id === undefined ? { name: text.normalize('NFC') } : { id }
}

/** Controls, bidirectional marks and other characters that cannot be seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** The name as it is stored, or the default one. A name that reads as an id or URI would never be found. */
export function nameFor(kind: Kind, id: string, given: string | undefined): string {
  if (given === undefined) return `${NAME_STEMS[kind]}-${id}`
  const name = given.normalize('NFC')
  if (UNSEEN.test(name) || name.trim() !== name)
    throw new Fault(
      'invalid-parameter',
      'a name may not begin or end with a blank or contain characters that cannot be seen',
    )
  if (UUID.test(name) || name.startsWith(SCHEME))
    throw new Fault(
      'invalid-parameter',
      `the name ${quote(name)} has the form of an id or URI, which stand for the object itself`,
    )
  return name
}
