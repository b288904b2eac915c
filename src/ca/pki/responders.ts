import type { Services } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp, timeText } from '../../kit/time.ts'
import { serverEntry } from '../../store/server-entry.ts'
import { Kept } from '../kept.ts'
import { x509 } from '../library.ts'
import { demandStays } from '../local-cas/store.ts'
import { openKey, openResponderKey, wrapResponderKey } from '../private-keys.ts'
import { storedFact } from '../validity.ts'
import type { OcspSigner } from '../x509/index.ts'
import type { PublishedCa } from './published.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Short, since nobody asks whether it is revoked. */
const LIFE = 7 * DAY
/** Renewed with so much left, unless the CA itself ends sooner. */
const RENEW_AT = 2 * DAY

interface Responder {
  readonly signer: OcspSigner
  /** Stored text. */
  readonly notAfter: string
}

export interface Responders {
  /** Who answers for this CA now. A fault when the CA can give no certificate for that, such as one that has ended. */
  of(ca: PublishedCa): Promise<Responder>
}

/** Another node has made one meanwhile; it serves both. */
const overtaken = new Fault('conflict', 'another node has made an OCSP responder at the same time')

/** The keys and certificates that sign OCSP answers, one for each CA, made when somebody first asks and renewed in time. */
export function createResponders({ store, envelope, now, nodeId }: Services): Responders {
  const { read } = store
  const kept = new Kept<Responder>(1000)
  const making = new Map<string, Promise<Responder>>()

  const isFresh = ({ notAfter }: Responder, ca: PublishedCa): boolean => {
    const left = Date.parse(notAfter) - now().getTime()
    return left > RENEW_AT || (left > 0 && notAfter >= ca.not_after)
  }

  async function open(ca: PublishedCa): Promise<Responder | undefined> {
    const row = await read.row('ocsp_responders', { id: ca.id })
    if (!row) return undefined
    const { ocspSignerOf } = await x509()
    const key = await openResponderKey(envelope, row)
    return { signer: ocspSignerOf(row.cert, key), notAfter: row.not_after }
  }

  async function openOrMake(ca: PublishedCa): Promise<Responder> {
    for (let tries = 0; tries < 5; tries++) {
      const found = await open(ca)
      if (found && isFresh(found, ca)) return found
      try {
        await make(ca)
      } catch (failure) {
        if (failure !== overtaken) throw failure
      }
    }
    throw new Fault('unavailable', 'the OCSP responder is being renewed, try again shortly')
  }

  async function make(ca: PublishedCa): Promise<void> {
    const library = await x509()
    const { buildRequest, factsOf, generateKey, issue, prepareCertificate, readRequest } = library
    const known = await read.row('ocsp_responders', { id: ca.id })
    const caKey = await openKey(envelope, ca)
    const { algorithm, size } = library.keyBeside(caKey)
    const key = await generateKey(algorithm, size)
    // Among the CA's own names, so that its name constraints let it be.
    const { names } = library.subjectFieldsOf(ca.csr)
    const none = { dnsNames: [], emailAddresses: [], ipAddresses: [] }
    const csr = await buildRequest(key, { cn: 'OCSP responder', names, ...none })
    const at = now()
    const draft = await prepareCertificate(
      await readRequest(csr),
      'ocsp',
      { certificate: ca.cert, key: caKey },
      { notBefore: new Date(at.getTime() - HOUR), notAfter: new Date(at.getTime() + LIFE) },
      {},
      // A CA with a weak key issues no more, but what it has issued can still be revoked.
      { allowRsa1024: true },
    )
    const cert = await issue(draft, caKey)
    const facts = factsOf(cert)
    const row = {
      id: ca.id,
      domain_id: ca.domain_id,
      cert,
      not_after: storedFact(facts.notAfter),
      private_key: await wrapResponderKey(envelope, ca, key),
      created_at: stamp(at),
    }
    await store.transact((tx) => {
      demandStays(tx, ca)
      if (known) tx.update('ocsp_responders', known, row, { otherwise: overtaken })
      else tx.insert('ocsp_responders', row, { duplicate: overtaken })
      const details = { local_ca: ca.id, subject: facts.subject, serial: facts.serialNumber }
      const entry = serverEntry({ nodeId, now: at }, 'Issue OCSP responder certificate', details)
      tx.audit({ ...entry, domain_id: ca.domain_id, service: 'localCas' })
    })
  }

  return {
    async of(ca) {
      const found = kept.get(ca.id)
      if (found && isFresh(found, ca)) return found
      if (ca.not_after <= timeText(now())) throw new Fault('invalid', 'the CA has ended')
      let work = making.get(ca.id)
      if (!work) {
        work = openOrMake(ca).finally(() => making.delete(ca.id))
        making.set(ca.id, work)
      }
      const made = await work
      kept.set(ca.id, made)
      return made
    },
  }
}
