import type { LocalCaRow, RevocationRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

export type Ca = Pick<LocalCaRow, 'id' | 'domain_id'>

/** What the CA says of this serial number, if anything was ever said. */
export const find = (
  read: Reader,
  { id }: Pick<Ca, 'id'>,
  serialNumber: string,
): Promise<RevocationRow | undefined> =>
  read.row('revocations', { ca_id: id, serial_number: serialNumber })

/** As many as go with one deletion; there are more to come. */
const MOST_ENDED = 20

/** Certificates that were deleted while they were good and have ended since: nobody asks after them any more. */
export const endedAndGood = (
  read: Reader,
  { id }: Pick<Ca, 'id'>,
  at: string,
): Promise<RevocationRow[]> =>
  read
    .selectFrom('revocations')
    .selectAll()
    .where('ca_id', '=', id)
    .where('not_after', '<', at)
    .where('state', '=', 'issued')
    .orderBy('not_after')
    .limit(MOST_ENDED)
    .execute()

/** As many rows as are read and checked in a few milliseconds. */
const PAGE = 250

/**
 * Everything that the CA says, in pages. All rows are read and none is left out by what stands in it: a row whose
 * content was altered must come before its seal is checked, or it would pass unseen.
 */
export async function* pages(
  read: Reader,
  { id }: Pick<Ca, 'id'>,
): AsyncGenerator<readonly RevocationRow[]> {
  for (let after = ''; ; ) {
    const rows = await read
      .selectFrom('revocations')
      .selectAll()
      .where('ca_id', '=', id)
      .where('serial_number', '>', after)
      .orderBy('serial_number')
      .limit(PAGE)
      .execute()
    const last = rows.at(-1)
    if (!last) return
    yield rows
    after = last.serial_number
  }
}
