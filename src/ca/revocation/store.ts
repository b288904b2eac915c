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

/** How often what the CA says has changed. Asked at every request, so that an older list or answer is not given. */
export async function changesOf(read: Reader, { id }: Pick<Ca, 'id'>): Promise<number> {
  return (await read.row('revocation_changes', { ca_id: id }))?.changes ?? 0
}

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
