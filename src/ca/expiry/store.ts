import type { CertificateRow, LocalCaRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { type Ending, endOfCertificate, endOfExternalCa, endOfLocalCa } from './ends.ts'

/** As many as are told of at a time. */
const PAGE = 200

/** What ends after one moment and up to another, in all domains, in pages. Of issued certificates only those are touched. */
export async function* endingsBetween(
  read: Reader,
  from: string,
  to: string,
): AsyncGenerator<readonly Ending[]> {
  const isWithin = (end: string | null): end is string => end !== null && end > from && end <= to
  for await (const cas of localCas(read)) {
    yield cas.flatMap((ca) => (isWithin(ca.not_after) ? [endOfLocalCa(ca, ca.not_after)] : []))
    for (const ca of cas)
      for await (const issued of certificatesOf(read, ca, from, to))
        yield issued
          .filter(({ revoked_at }) => revoked_at === null)
          .map((row) => endOfCertificate(row, ca))
  }
  yield* externalCas(read, from, to)
}

async function* localCas(read: Reader): AsyncGenerator<readonly LocalCaRow[]> {
  for (let after = ''; ; ) {
    const rows = await read
      .selectFrom('local_cas')
      .selectAll()
      .where('state', '=', 'active')
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute()
    const last = rows.at(-1)
    if (!last) return
    yield rows
    after = last.id
  }
}

async function* certificatesOf(
  read: Reader,
  ca: LocalCaRow,
  from: string,
  to: string,
): AsyncGenerator<readonly CertificateRow[]> {
  for (let after = { not_after: from, id: '' }, isFirst = true; ; isFirst = false) {
    const { not_after, id } = after
    const rows = await read
      .selectFrom('certificates')
      .selectAll()
      .where('domain_id', '=', ca.domain_id)
      .where('ca_id', '=', ca.id)
      .where('not_after', '<=', to)
      .where((eb) =>
        isFirst
          ? eb('not_after', '>', not_after)
          : // Written so that both databases go on in the index where they stopped.
            eb(eb.refTuple('not_after', 'id'), '>', eb.tuple(not_after, id)),
      )
      .orderBy('not_after')
      .orderBy('id')
      .limit(PAGE)
      .execute()
    const last = rows.at(-1)
    if (!last) return
    yield rows
    after = last
  }
}

async function* externalCas(
  read: Reader,
  from: string,
  to: string,
): AsyncGenerator<readonly Ending[]> {
  for (let after = ''; ; ) {
    const rows = await read
      .selectFrom('external_cas')
      .selectAll()
      .where('not_after', '>', from)
      .where('not_after', '<=', to)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute()
    const last = rows.at(-1)
    if (!last) return
    yield rows.map(endOfExternalCa)
    after = last.id
  }
}
