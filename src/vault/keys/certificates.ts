import { quote } from '../../kit/fault.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { isDestroyed } from './states.ts'

const MOST = 100

/**
 * A certificate of the vault that goes with a key: linked with it, or, for a private key, of its public key and its
 * owner. Without the private key nobody proves to be whom the certificate names.
 */
export async function certificateUsing(read: Reader, row: KeyRow): Promise<string | undefined> {
  if (row.object_type === 'Certificate') return undefined
  const ids = [...(await linkedWith(read, row)), ...(await certifying(read, row))]
  // Whole rows, which are checked against their seals.
  const found = await read.byId('keys', row.domain_id, ids)
  const certificate = [...found.values()].find(
    (one) => one.object_type === 'Certificate' && !isDestroyed(one),
  )
  return certificate && `by the certificate ${quote(certificate.name)}`
}

/** What the key's links of type `certificate` lead to. */
async function linkedWith(read: Reader, row: KeyRow): Promise<string[]> {
  const links = await read
    .selectFrom('key_links')
    .select('target')
    .where('domain_id', '=', row.domain_id)
    .where('source', '=', row.id)
    .where('type', '=', 'certificate')
    .limit(MOST)
    .execute()
  return links.map(({ target }) => target)
}

/** Anybody can make a certificate of a public key: those of others do not hold a key that is not theirs. */
async function certifying(read: Reader, row: KeyRow): Promise<string[]> {
  if (row.object_type !== 'Private Key' || row.public_key === null) return []
  const rows = await read
    .selectFrom('keys')
    .select('id')
    .where('domain_id', '=', row.domain_id)
    .where('object_type', '=', 'Certificate')
    .where('public_key', '=', row.public_key)
    .where('owner_id', row.owner_id === null ? 'is' : '=', row.owner_id)
    .limit(MOST)
    .execute()
  return rows.map(({ id }) => id)
}
