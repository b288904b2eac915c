import type { Services } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { CertificateRow } from '../../store/schema.ts'
import { serverEntry } from '../../store/server-entry.ts'
import type { Reader, Store } from '../../store/store.ts'
import { recordStatement, statingOf } from './record.ts'
import * as store from './store.ts'
import { openTally } from './tally.ts'

/** Says that what was revoked before there were revocation records is recorded now. */
const DONE = 'ca.revocations-recorded'
const PAGE = 200

/** At the first start of a version with revocation records: certificates revoked before then go on the lists too. */
export async function adoptRevocations({
  store: { read, transact },
  now,
  nodeId,
}: Services): Promise<void> {
  if (await read.row('settings', { domain_id: ROOT_DOMAIN, key: DONE })) return
  await openTallies({ read, transact })
  let adopted = 0
  for await (const certificate of revoked(read))
    await statingOf({ id: certificate.ca_id }, () =>
      transact(async (tx) => {
        const { revoked_reason: reason, revoked_at: at } = certificate
        const known = await store.find(read, { id: certificate.ca_id }, certificate.serial_number)
        if (known || reason === null || at === null) return
        await recordStatement(tx, read, certificate, { state: 'revoked', reason, at })
        adopted++
      }),
    )
  const at = stamp(now())
  const done = { domain_id: ROOT_DOMAIN, key: DONE, value: at, updated_at: at }
  const taken = new Fault('conflict', 'another node has done the same')
  try {
    await transact((tx) => {
      tx.insert('settings', done, { duplicate: taken })
      // It happens once in the life of an installation; a second time means that somebody has removed rows.
      tx.audit(serverEntry({ nodeId, now: now() }, 'Begin revocation records', { adopted }))
    })
  } catch (failure) {
    if (failure !== taken) throw failure
  }
}

/** Of the CAs that were activated before there were tallies. */
async function openTallies({ read, transact }: Pick<Store, 'read' | 'transact'>): Promise<void> {
  const cas = await read
    .selectFrom('local_cas')
    .select(['local_cas.id', 'local_cas.domain_id'])
    .where('state', '=', 'active')
    .execute()
  const taken = new Fault('conflict', 'another node has done the same')
  for (const ca of cas)
    if (!(await read.row('revocation_changes', { ca_id: ca.id })))
      await transact((tx) => openTally(tx, ca, { duplicate: taken })).catch((failure: unknown) => {
        if (failure !== taken) throw failure
      })
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
