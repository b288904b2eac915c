import type { Services } from '../../context.ts'
import { Fault, Tampered } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type {
  CrlNumberRow,
  CrlRow,
  RevocationChangesRow,
  RevocationRow,
} from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { deltaAddress, distributionOf, type PkiAddress } from '../addresses.ts'
import { Kept } from '../kept.ts'
import { x509 } from '../library.ts'
import { demandStays } from '../local-cas/store.ts'
import { openKey } from '../private-keys.ts'
import { pages } from '../revocation/store.ts'
import { comesTo, nothingRecorded, recount, type Tally, tallyOf } from '../revocation/tally.ts'
import type { CrlEntry, CrlReason } from '../x509/index.ts'
import { type PublishedCa, wholeSecond } from './published.ts'

export type CrlKind = 'full' | 'delta'

const HOUR = 3_600_000
/** How long verifiers may rely on a list, and after which time a request gets a new one though nothing has changed. */
const times = {
  full: { lasts: 24 * HOUR, fresh: 12 * HOUR },
  delta: { lasts: 2 * HOUR, fresh: HOUR },
} as const satisfies Record<CrlKind, unknown>

/** Lists in memory, in bytes: a dozen of the largest, or thousands of ordinary ones. */
const MOST_KEPT = 64 * 1024 * 1024
/** How many ended certificates leave the records with one list; the rest goes with the next. */
const MOST_DROPPED = 10_000

/** Another node has given out the number meanwhile. */
const overtaken = new Fault('conflict', 'another node has made a CRL at the same time')

export interface Crls {
  /** The list of this CA, no older than the last change that was acknowledged before the call. */
  current(ca: PublishedCa, kind: CrlKind): Promise<CrlRow>
}

/**
 * The revocation lists of all CAs. They are made when somebody asks and the one there is has become old, and kept in the
 * database: every node serves the same bytes, and a number is never given to two lists.
 */
export function createCrls({ store, envelope, now }: Services, address: PkiAddress): Crls {
  const { read } = store
  const kept = new Kept<CrlRow>(MOST_KEPT, ({ der }) => der.length)
  const making = new Map<string, Promise<CrlRow | undefined>>()

  const isCurrent = (
    row: Pick<CrlRow, 'kind' | 'changes' | 'this_update' | 'address'>,
    changes: number,
  ): boolean =>
    row.changes >= changes &&
    row.address === (address ?? '') &&
    now().getTime() < Date.parse(row.this_update) + times[row.kind as CrlKind].fresh

  async function current(ca: PublishedCa, kind: CrlKind): Promise<CrlRow> {
    const { changes } = await tallyOf(read, ca)
    const key = `${ca.id}/${kind}`
    for (let tries = 0; tries < 10; tries++) {
      const found = kept.get(key) ?? (await stored(ca, kind, changes))
      if (found && isCurrent(found, changes)) return found
      kept.delete(key)
      // One that was begun before may lack the change that this caller knows of: then it is looked at once more.
      let work = making.get(key)
      if (!work) {
        work = make(ca, kind).finally(() => making.delete(key))
        making.set(key, work)
      }
      const made = await work
      if (made) kept.set(key, made)
    }
    throw new Fault('unavailable', 'the revocation list changes too fast, try again shortly')
  }

  /** What another node, or this one before a restart, has made; an old list stays where it is, for it may be large. */
  async function stored(
    ca: PublishedCa,
    kind: CrlKind,
    changes: number,
  ): Promise<CrlRow | undefined> {
    const glance = await read
      .selectFrom('crls')
      .select(['kind', 'changes', 'this_update', 'address'])
      .where('ca_id', '=', ca.id)
      .where('kind', '=', kind)
      .executeTakeFirst()
    if (!glance || !isCurrent(glance, changes)) return undefined
    const row = await read.row('crls', { ca_id: ca.id, kind })
    if (row) kept.set(`${ca.id}/${kind}`, row)
    return row
  }

  /** A new list, stored; undefined when another node was faster. */
  async function make(ca: PublishedCa, kind: CrlKind): Promise<CrlRow | undefined> {
    let numbers = await read.row('crl_numbers', { ca_id: ca.id })
    if (kind === 'delta' && !hasBase(numbers)) {
      await current(ca, 'full')
      numbers = await read.row('crl_numbers', { ca_id: ca.id })
      // The full list may be another node's, from before the base became old.
      if (!numbers) return undefined
    }
    // Before the rows: what changes while they are read makes this list an old one, and never a wrong one.
    const before = await tallyOf(read, ca)
    const { changes } = before
    const isBase = kind === 'full' && !hasBase(numbers)
    const thisUpdate = wholeSecond(now())
    const nextUpdate = new Date(thisUpdate.getTime() + times[kind].lasts)
    const number = (numbers?.number ?? 0) + 1
    const dropped: RevocationRow[] = []
    const seen = { tally: nothingRecorded }
    const rows = countedPages(pages(read, ca), seen)
    const entries =
      kind === 'delta'
        ? deltaEntries(rows, numbers?.base_changes ?? 0)
        : fullEntries(rows, isBase ? numbers : undefined, dropped)
    const { crlReasons, issueCrl, prepareCrl } = await x509()
    const key = await openKey(envelope, ca)
    const draft = await prepareCrl(
      { certificate: ca.cert, key },
      {
        number: BigInt(number),
        ...(kind === 'delta' && { baseNumber: BigInt(numbers?.base_number ?? 0) }),
        thisUpdate,
        nextUpdate,
        distributionPoint:
          numbers?.address === address ? distributionOf(address, ca.id).crl : undefined,
        freshest: deltaAddress(address, ca.id),
      },
      entriesOf(entries, crlReasons),
    )
    // Nothing is signed that lacks a revocation which was taken out of the database.
    if (!comesTo(seen.tally, before, await tallyOf(read, ca)))
      throw new Tampered('revocations', ca.id)
    const der = await issueCrl(draft, key)
    const list = {
      ca_id: ca.id,
      kind,
      domain_id: ca.domain_id,
      number,
      changes,
      this_update: timeText(thisUpdate),
      next_update: timeText(nextUpdate),
      address: address ?? '',
      der,
    }
    try {
      return await store.transact(async (tx) => {
        demandStays(tx, ca)
        takeNumber(tx, ca, numbers, list, isBase)
        tx.run(tx.deleteFrom('crls').where('ca_id', '=', ca.id).where('kind', '=', kind))
        await drop(tx, ca, before, dropped)
        return tx.insert('crls', list)
      })
    } catch (failure) {
      if (failure !== overtaken) throw failure
      return undefined
    }
  }

  const hasBase = (numbers: CrlNumberRow | undefined): boolean =>
    numbers !== undefined &&
    numbers.base_number > 0 &&
    now().getTime() < Date.parse(numbers.base_at) + times.full.fresh

  /** The ended rows go, unless anything about them may have changed since they were read; then they go with the next list. */
  async function drop(
    tx: Writer,
    ca: PublishedCa,
    before: RevocationChangesRow,
    rows: readonly RevocationRow[],
  ): Promise<void> {
    if (rows.length === 0) return
    const tally = await tallyOf(read, ca)
    if (tally.version !== before.version) return
    tx.update('revocation_changes', tally, recount(tally, { less: rows }))
    for (let at = 0; at < rows.length; at += STATEMENT) {
      const some = rows.slice(at, at + STATEMENT).map(({ serial_number }) => serial_number)
      tx.run(
        tx.deleteFrom('revocations').where('ca_id', '=', ca.id).where('serial_number', 'in', some),
        { rows: some.length },
      )
    }
  }

  return { current }
}

/** The unit's claim to the number: nobody else has taken one since it was looked up. */
function takeNumber(
  tx: Writer,
  { id, domain_id }: PublishedCa,
  known: CrlNumberRow | undefined,
  { number, changes, this_update }: Pick<CrlRow, 'number' | 'changes' | 'this_update'>,
  isBase: boolean,
): void {
  const base = { base_number: number, base_changes: changes, base_at: this_update }
  if (known)
    tx.update('crl_numbers', known, { number, ...(isBase && base) }, { otherwise: overtaken })
  else
    tx.insert(
      'crl_numbers',
      { ca_id: id, domain_id, number, ...base, address: '' },
      { duplicate: overtaken },
    )
}

/** Databases bound the number of parameters in one statement. */
const STATEMENT = 500

interface Listed {
  readonly serialNumber: string
  readonly at: string
  readonly reason: string | null
}
type Rows = AsyncIterable<readonly RevocationRow[]>

/** The same pages, with a tally of what went by. */
async function* countedPages(
  rows: Rows,
  seen: { tally: Tally },
): AsyncGenerator<readonly RevocationRow[]> {
  for await (const page of rows) {
    seen.tally = recount(seen.tally, { more: page })
    yield page
  }
}

const asListed = ({ serial_number, revoked_at, updated_at, reason }: RevocationRow): Listed => ({
  serialNumber: serial_number,
  at: revoked_at ?? updated_at,
  // The API takes it as a reason, but on a list it would mean the contrary.
  reason: reason === 'removeFromCRL' ? null : reason,
})

/**
 * Everything revoked. A new base leaves out, and names for removal, what had ended before the base that it replaces and
 * stood there: an entry stays until a scheduled list has shown it after the certificate's end (RFC 5280 §3.3).
 */
async function* fullEntries(
  rows: Rows,
  replaced: CrlNumberRow | undefined,
  dropped: RevocationRow[],
): AsyncGenerator<readonly Listed[]> {
  for await (const page of rows) {
    const listed: Listed[] = []
    for (const row of page)
      if (
        replaced &&
        row.not_after < replaced.base_at &&
        row.change_number <= replaced.base_changes
      ) {
        if (dropped.length < MOST_DROPPED) dropped.push(row)
      } else if (row.state === 'revoked') listed.push(asListed(row))
    yield listed
  }
}

/** What has changed since the base. `removeFromCRL` may stand there for what the base does not hold (RFC 5280 §5.2.4). */
async function* deltaEntries(rows: Rows, since: number): AsyncGenerator<readonly Listed[]> {
  for await (const page of rows)
    yield page
      .filter(({ change_number }) => change_number > since)
      .map((row) =>
        row.state === 'revoked' ? asListed(row) : { ...asListed(row), reason: 'removeFromCRL' },
      )
}

async function* entriesOf(
  listed: AsyncIterable<readonly Listed[]>,
  reasons: Readonly<Record<CrlReason, number>>,
): AsyncGenerator<readonly CrlEntry[]> {
  const known = (reason: string | null): reason is CrlReason =>
    reason !== null && Object.hasOwn(reasons, reason)
  for await (const page of listed)
    yield page.map(({ serialNumber, at, reason }) => ({
      serialNumber: BigInt(serialNumber),
      revokedAt: new Date(at),
      reason: known(reason) ? reason : undefined,
    }))
}
