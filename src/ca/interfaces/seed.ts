import { randomUUID } from 'node:crypto'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import { serverEntry } from '../../store/server-entry.ts'
import { caUri, insertPrepared, type Making, makingCa, prepareGenerated } from './certificates.ts'
import { NEWEST, OLDEST } from './tls.ts'
import { WEB } from './trust.ts'

export const DAYS_BEFORE_EXPIRY = 30

/** Makes the web interface and its first certificate, at the first start. */
export async function seedWeb(
  making: Making,
  names: readonly string[],
  nodeId: string,
): Promise<void> {
  const { now, store } = making.services
  const ca = await makingCa(making, '')
  const id = randomUUID()
  const uri = caUri(ca)
  const target = { id, name: WEB, auto_gen_ca_id: uri, auto_gen_attributes: null }
  const prepared = await prepareGenerated(making, target, names)
  const at = stamp(now())
  const taken = new Fault('conflict', 'another node has made the web interface')
  try {
    await store.transact((tx) => {
      tx.insert(
        'interfaces',
        {
          ...target,
          domain_id: ROOT_DOMAIN,
          interface_type: WEB,
          mode: 'tls-cert-opt-pw-opt',
          minimum_tls_version: OLDEST,
          maximum_tls_version: NEWEST,
          auto_gen_days_before_expiry: DAYS_BEFORE_EXPIRY,
          trusted_cas: JSON.stringify({ local: [uri], external: [] }),
          tls_ciphers: null,
          tls_groups: null,
          certificate_id: prepared.row.id,
          upcoming_id: null,
          request_id: null,
          created_at: at,
          updated_at: at,
        },
        { duplicate: taken },
      )
      tx.count(ROOT_DOMAIN, 'interfaces', 1)
      insertPrepared(tx, prepared)
      const details = { id, ca: uri, serial: prepared.issued?.columns.serial_number }
      tx.audit(serverEntry({ nodeId, now: now() }, 'Set up web interface', details))
    })
  } catch (failure) {
    if (failure !== taken) throw failure
  }
}
