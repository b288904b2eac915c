import { notFound, Tampered } from '../../kit/fault.ts'
import type { RevocationChangesRow, RevocationRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import type { Ca } from './store.ts'

/*
 * A seal shows that a row is as it was written, and nothing of a row that is gone: whoever may write to the database
 * could take a revocation away. So each CA keeps a sealed tally of its revocations, written in the unit that changes them.
 */

/** What the revocations of a CA come to. The digest is the sum of their seals: no other set of rows was ever stored with it. */
export type Tally = Pick<RevocationChangesRow, 'records' | 'digest'>

const MODULUS = 1n << 256n
const hex = (number: bigint): string => number.toString(16).padStart(64, '0')
const asNumber = (seal: Uint8Array): bigint => BigInt(`0x${Buffer.from(seal).toString('hex')}`)

export const nothingRecorded: Tally = { records: 0, digest: hex(0n) }

/** The tally with these rows more and those rows less. */
export function recount(
  tally: Tally,
  {
    more = [],
    less = [],
  }: {
    readonly more?: readonly Pick<RevocationRow, 'seal'>[]
    readonly less?: readonly Pick<RevocationRow, 'seal'>[]
  },
): Tally {
  let sum = BigInt(`0x${tally.digest}`)
  for (const { seal } of more) sum += asNumber(seal)
  for (const { seal } of less) sum -= asNumber(seal)
  return {
    records: tally.records + more.length - less.length,
    digest: hex(((sum % MODULUS) + MODULUS) % MODULUS),
  }
}

/** Opens the tally of a CA that becomes active. */
export const openTally = (tx: Writer, { id, domain_id }: Ca, guard: object = {}): void =>
  void tx.insert(
    'revocation_changes',
    { ca_id: id, domain_id, changes: 0, ...nothingRecorded },
    guard,
  )

/** Changes and tally of an active CA. Throws `Tampered` when somebody has removed them. */
export async function tallyOf(read: Reader, ca: Pick<Ca, 'id'>): Promise<RevocationChangesRow> {
  const row = await read.row('revocation_changes', { ca_id: ca.id })
  if (row) return row
  await demandCa(read, ca)
  throw new Tampered('revocation_changes', ca.id)
}

/** A CA that was deleted meanwhile has taken its tally along. */
async function demandCa(read: Reader, { id }: Pick<Ca, 'id'>): Promise<void> {
  if (!(await read.row('local_cas', { id }))) throw notFound('local CA', id)
}

/**
 * Throws `Tampered` unless there are as many revocations as the tally says. It is one statement, so nothing changes in
 * between. That each is the right one is seen when they are all read, for a list.
 */
export async function demandAllThere(read: Reader, ca: Pick<Ca, 'id'>): Promise<void> {
  const found = await read
    .selectFrom('revocation_changes')
    .selectAll('revocation_changes')
    .select((eb) =>
      eb
        .selectFrom('revocations')
        .select((count) => count.fn.countAll<number | string>().as('rows'))
        .where('revocations.ca_id', '=', ca.id)
        .as('held'),
    )
    .where('revocation_changes.ca_id', '=', ca.id)
    .executeTakeFirst()
  if (found && Number(found.held) === found.records) return
  await demandCa(read, ca)
  throw new Tampered(found ? 'revocations' : 'revocation_changes', ca.id)
}

/**
 * Whether the rows that were read come to what the tally says. They are read in pages: where the tally has changed
 * meanwhile, their number must at least lie between what it was before and after.
 */
export function comesTo(
  seen: Tally,
  before: RevocationChangesRow,
  after: RevocationChangesRow,
): boolean {
  if (before.version === after.version)
    return seen.records === before.records && seen.digest === before.digest
  const bounds = [before.records, after.records]
  return seen.records >= Math.min(...bounds) && seen.records <= Math.max(...bounds)
}
