import { randomUUID } from 'node:crypto'
import { accountOf, accountUri } from '../../kit/domain.ts'
import { wireTime } from '../../kit/time.ts'
import type { KeyLinkRow, KeyRow } from '../../store/schema.ts'
import type { Guard, Reader, Writer } from '../../store/store.ts'
import type { KeyLink } from '../contract.ts'

/** Reference 2.1. */
export const LINK_TYPES = [
  'privateKey',
  'publicKey',
  'certificate',
  'derivationBaseObject',
  'derivedKey',
  'replacementObject',
  'replacedObject',
  'parent',
  'child',
  'previous',
  'next',
  'pkcs12Certificate',
  'pkcs12Password',
] as const
export type LinkType = (typeof LINK_TYPES)[number]

/** In whatever case; undefined for what is none. */
export const linkTypeNamed = (text: string): LinkType | undefined =>
  LINK_TYPES.find((one) => one.toLowerCase() === text.toLowerCase())

type End = Pick<KeyRow, 'id' | 'domain_id'>

/** Part of a unit: a link from one key to another. */
export function insertLink(
  tx: Writer,
  type: LinkType,
  source: End,
  target: End,
  at: string,
  { index = 0, ...guard }: Guard & { readonly index?: number } = {},
): KeyLinkRow {
  return tx.insert(
    'key_links',
    {
      id: randomUUID(),
      domain_id: source.domain_id,
      type,
      source: source.id,
      target: target.id,
      link_index: index,
      created_at: at,
      updated_at: at,
    },
    guard,
  )
}

/** Both ways at once. */
export function linkBoth(
  tx: Writer,
  [forth, back]: readonly [LinkType, LinkType],
  source: End,
  target: End,
  at: string,
): void {
  insertLink(tx, forth, source, target, at)
  insertLink(tx, back, target, source, at)
}

export type Ends = ReadonlyMap<string, KeyRow>

/** The keys at the ends of these links, by the ids of their rows. */
export async function endsOf(
  read: Reader,
  domain: string,
  links: readonly KeyLinkRow[],
): Promise<Ends> {
  const ids = links.flatMap(({ source, target }) => [source, target])
  return read.byId('keys', domain, ids)
}

/** Databases bound the number of parameters in one statement. */
const CHUNK = 1000

/** The links that go from these keys to such as may be seen, by the ids of their rows. */
export async function linksFrom(
  read: Reader,
  rows: readonly End[],
  maySee: (row: KeyRow) => boolean,
): Promise<ReadonlyMap<string, KeyLink[]>> {
  const found = new Map<string, KeyLink[]>()
  for (let at = 0; at < rows.length; at += CHUNK) {
    const some = rows.slice(at, at + CHUNK)
    const [first] = some
    if (!first) break
    const links = await read
      .selectFrom('key_links')
      .selectAll()
      .where('domain_id', '=', first.domain_id)
      .where(
        'source',
        'in',
        some.map(({ id }) => id),
      )
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    const ends = await endsOf(read, first.domain_id, links)
    for (const link of links) {
      const target = ends.get(link.target)
      if (!target || !maySee(target)) continue
      const list = found.get(link.source) ?? []
      list.push(presentLink(link, ends))
      found.set(link.source, list)
    }
  }
  return found
}

/** The one place where a link becomes JSON. */
export const presentLink = (link: KeyLinkRow, ends: Ends): KeyLink => ({
  id: link.id,
  uri: `kylo:${accountOf(link.domain_id)}:vault:links:${link.id}`,
  account: accountUri(link.domain_id),
  createdAt: wireTime(link.created_at),
  updatedAt: wireTime(link.updated_at),
  type: link.type,
  source: ends.get(link.source)?.uri ?? '',
  sourceID: ends.get(link.source)?.key_id ?? '',
  target: ends.get(link.target)?.uri ?? '',
  targetID: ends.get(link.target)?.key_id ?? '',
  index: link.link_index,
})
