import type { Services } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { CertificateRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { recordStatement, statingOf } from './record.ts'
import * as store from './store.ts'

/** Says that what was revoked before there were revocation records is recorded now. */
const DONE = 'ca.revocations-recorded'
const PAGE = 200

/** At the first start of a version with revocation records: certificates revoked before then go on the lists too. */
export async function adoptRevocations({
  store: { read, transact },
  now,
}: Services): Promise<void> {
  if (await read.row('settings', { domain_id: ROOT_DOMAIN, key: DONE })) return
  for await (const certificate of revoked(read))
    await statingOf({ id: certificate.ca_id }, () =>
      transact(async (tx) => {
        const { revoked_reason: reason, revoked_at: at } = certificate
        const known = await store.find(read, { id: certificate.ca_id }, certificate.serial_number)
        if (known || reason === null || at === null) return
        await recordStatement(tx, read, certificate, { state: 'revoked', reason, at })
      }),
    )
  const at = stamp(now())
  const done = { domain_id: ROOT_DOMAIN, key: DONE, value: at, updated_at: at }
  const taken = new Fault('conflict', 'another node has done the same')
  try {
    await transact((tx) => void tx.insert('settings', done, { duplicate: taken }))
  } catch (failure) {
    if (failure !== taken) throw failure
  }
}

async function* revoked(read: Reader): AsyncGenerator<CertificateRow> {
  for (let after = ''; ; ) {
    const rows = await read
      .selectFrom('certificates')
      .selectAll()
      .where('revoked_at', 'is not', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute()
    const last = rows.at(-1)
    if (!last) return
    yield* rows
    after = last.id
  }
}
