import { randomUUID } from 'node:crypto'
import type { Services } from '../context.ts'
import { ROOT_DOMAIN } from '../kit/domain.ts'
import { Fault } from '../kit/fault.ts'
import { stamp } from '../kit/time.ts'
import { columnsOf } from './columns.ts'
import { x509 } from './library.ts'
import { preparePending } from './local-cas/pending.ts'
import { hasAny } from './local-cas/store.ts'
import { openKey } from './private-keys.ts'
import { nameFor } from './reference.ts'
import { openTally } from './revocation/tally.ts'
import { validityFor } from './validity.ts'

/** Says that there was a default CA once: one that somebody has deleted does not come back. */
const MADE = 'ca.default-made'

/** What Terraform, the PowerShell modules and Ansible look for to find the default CA (reference 11). */
const SUBJECT = {
  cn: 'CipherTrust Root CA',
  names: [{ C: 'US', ST: 'TX', L: 'Austin', O: 'Thales' }],
  dnsNames: [],
  emailAddresses: [],
  ipAddresses: [],
}

const DAYS = 3650

/** Makes the root domain's default CA at the first start; at any other it does nothing. */
export async function seedDefaultCa(services: Services): Promise<void> {
  const { envelope, now, nodeId, store } = services
  const made = await store.read.row('settings', { domain_id: ROOT_DOMAIN, key: MADE })
  if (made || (await hasAny(store.read, ROOT_DOMAIN))) return

  const { factsOf, issue, prepareSelfSigned } = await x509()
  const id = randomUUID()
  const owner = { id, domain_id: ROOT_DOMAIN, name: nameFor('localca', id, undefined) }
  // P-256 is made in a moment; RSA 4096 would hold up the start for seconds.
  const key = { algorithm: 'ECDSA', size: 256 } as const
  const pending = await preparePending(envelope, owner, key, SUBJECT, {})
  const signing = await openKey(envelope, pending)
  const validity = validityFor({ duration: DAYS }, now())
  const draft = await prepareSelfSigned(pending.csr, signing, validity, {})
  const cert = await issue(draft, signing)
  const facts = columnsOf(factsOf(cert))
  const at = stamp(now())
  const taken = new Fault('conflict', 'another node has made the default CA')
  try {
    await store.transact((tx) => {
      tx.insert(
        'settings',
        { domain_id: ROOT_DOMAIN, key: MADE, value: id, updated_at: at },
        { duplicate: taken },
      )
      tx.insert('local_cas', {
        ...pending,
        ...facts,
        state: 'active',
        cert,
        client_authentication: 1,
        user_authentication: 1,
        created_at: at,
        updated_at: at,
      })
      openTally(tx, owner)
      tx.count(ROOT_DOMAIN, 'local_cas', 1)
      tx.audit({
        id: randomUUID(),
        domain_id: ROOT_DOMAIN,
        created_at: at,
        severity: 'info',
        message: 'Set up default CA',
        username: '',
        service: 'localCas',
        source: nodeId,
        success: true,
        client_ip: '',
        details: JSON.stringify({ id, subject: facts.subject, serial: facts.serial_number }),
      })
    })
  } catch (failure) {
    if (failure !== taken) throw failure
  }
}
