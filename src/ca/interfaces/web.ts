import { X509Certificate } from 'node:crypto'
import type { Services } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { InterfaceCertificateRow, InterfaceRow } from '../../store/schema.ts'
import { serverEntry } from '../../store/server-entry.ts'
import type { PkiAddress } from '../addresses.ts'
import * as localCas from '../local-cas/store.ts'
import type { KeyRules } from '../x509/index.ts'
import { insertPrepared, type Making, prepareGenerated, rootOf } from './certificates.ts'
import { keyForTls, openKey } from './keys.ts'
import { isFor, ownNames, reachedUnder } from './names.ts'
import { seedWeb } from './seed.ts'
import * as store from './store.ts'
import { type Listening, listeningFor } from './tls.ts'
import { trustOf, WEB } from './trust.ts'

/** The interface that this server listens on, as it is now. */
export interface WebInterface {
  readonly making: Making
  /** The names for a new certificate of this interface, beside those that are set. */
  reached(row: InterfaceRow): Promise<readonly string[]>
  listening(): Listening
  /** PEM of what clients need to trust: the root of the chain that is served. */
  root(): string
  /** The certificate that is served, in PEM. */
  certificate(): string
  onChange(listener: () => void): void
  /** Takes up what is stored; for the node that has changed it. Others notice within a second. */
  refresh(): Promise<void>
  /** Makes, prepares or applies a certificate when it is time. */
  renew(): Promise<void>
  close(): Promise<void>
}

export interface WebOptions {
  readonly tlsNames: readonly string[]
  readonly rules: KeyRules
  readonly pkiUrl: PkiAddress
  warn(message: string): void
}

const DAY_MS = 86_400_000
/** The upcoming certificate is put in place by then, if nobody has done it before. */
const APPLY_DAYS = 7
const POLL_MS = 1000

interface Serving {
  readonly state: string
  readonly listening: Listening
  readonly chain: string
  readonly root: string
}

/** Opens the web interface, made where there is none, with a certificate that holds and names this node. */
export async function openWebInterface(
  services: Services,
  { tlsNames, rules, pkiUrl, warn }: WebOptions,
): Promise<WebInterface> {
  const { store: db } = services
  const making: Making = { services, rules, pkiUrl }
  const names = ownNames(tlsNames)
  const listeners: (() => void)[] = []
  let serving: Serving | undefined
  let looking: Promise<void> | undefined

  async function load(): Promise<void> {
    // Before the rows are read: what changes in between is noticed with the next look.
    const state = await store.stateOf(db.read, WEB)
    const row = await existing()
    const current = await certificateOf(row, row.certificate_id)
    const key = keyForTls(openKey(services.envelope, current))
    const trusted = (await trustOf(db.read, row)).map(({ cert }) => cert)
    const { chain } = current
    const listening = listeningFor(row, { chain, key }, trusted)
    serving = { state, listening, chain, root: await rootOf(db.read, chain) }
    for (const listener of listeners) listener()
  }

  async function existing(): Promise<InterfaceRow> {
    const row = await store.find(db.read, WEB)
    if (!row) throw new Error('the web interface is gone')
    return row
  }

  async function certificateOf(row: InterfaceRow, id: string): Promise<InterfaceCertificateRow> {
    const found = await store.certificate(db.read, row, id)
    if (!found) throw new Error('a certificate of the web interface is gone')
    return found
  }

  /** One node alone is reached under its own names; several share a certificate. */
  const namesFor = (row: InterfaceRow, { origin, chain }: InterfaceCertificateRow) =>
    db.dialect === 'postgres' && origin === 'generated'
      ? reachedUnder(names, row, new X509Certificate(chain))
      : names

  /** One step of what is due; false when nothing is. */
  async function step(): Promise<boolean> {
    const row = await existing()
    const current = await certificateOf(row, row.certificate_id)
    const shown = new X509Certificate(current.chain)
    const daysLeft = (shown.validToDate.getTime() - services.now().getTime()) / DAY_MS
    if (row.upcoming_id !== null && daysLeft <= APPLY_DAYS) {
      await apply(row, current)
      return true
    }
    if (current.origin !== 'generated' || row.auto_gen_ca_id === '') return false
    const ca = await localCas.find(db.read, row.domain_id, row.auto_gen_ca_id)
    const isRight = current.ca_id === ca?.id && isFor(shown, names)
    if (!isRight) {
      await put(row, current, 'certificate_id')
      return true
    }
    if (daysLeft > row.auto_gen_days_before_expiry || row.upcoming_id !== null) return false
    await put(row, current, 'upcoming_id')
    return true
  }

  async function apply(row: InterfaceRow, current: InterfaceCertificateRow): Promise<void> {
    await unlessChanged(row, current, (tx, fresh, replaced) => {
      tx.update('interfaces', fresh, {
        certificate_id: fresh.upcoming_id ?? fresh.certificate_id,
        upcoming_id: null,
        updated_at: stamp(services.now()),
      })
      tx.remove('interface_certificates', replaced)
      tx.audit(serverEntry(entry(), 'Apply upcoming interface certificate', { interface: WEB }))
    })
  }

  async function put(
    row: InterfaceRow,
    current: InterfaceCertificateRow,
    slot: 'certificate_id' | 'upcoming_id',
  ): Promise<void> {
    const prepared = await prepareGenerated(making, row, namesFor(row, current))
    await unlessChanged(row, current, (tx, fresh, replaced) => {
      insertPrepared(tx, prepared)
      tx.update('interfaces', fresh, {
        [slot]: prepared.row.id,
        updated_at: stamp(services.now()),
      })
      if (slot === 'certificate_id') tx.remove('interface_certificates', replaced)
      const details = { interface: WEB, serial: prepared.issued?.columns.serial_number }
      tx.audit(serverEntry(entry(), 'Generate interface certificate', details))
    })
  }

  const entry = () => ({ nodeId: services.nodeId, now: services.now() })

  /** Another node may do the same at the same moment; whoever comes second leaves it as it is then. */
  async function unlessChanged(
    row: InterfaceRow,
    { id }: InterfaceCertificateRow,
    work: (
      tx: Parameters<Parameters<typeof db.transact>[0]>[0],
      fresh: InterfaceRow,
      replaced: InterfaceCertificateRow,
    ) => void,
  ): Promise<void> {
    await db.transact(async (tx) => {
      const fresh = await existing()
      const replaced = await store.certificate(db.read, fresh, id)
      if (!replaced || fresh.version !== row.version) return
      work(tx, fresh, replaced)
    })
  }

  async function renew(): Promise<void> {
    // Each step leads nearer to the end; the bound is for what nobody thought of.
    for (let steps = 0; steps < 10; steps++) if (!(await step())) return
  }

  async function refresh(): Promise<void> {
    const running = (looking ?? Promise.resolve()).catch(() => undefined).then(load)
    looking = running
    await running
  }

  async function look(): Promise<void> {
    if ((await store.stateOf(db.read, WEB)) !== serving?.state) await refresh()
  }

  if ((await store.find(db.read, WEB)) === undefined) await seedWeb(making, names, services.nodeId)
  try {
    await renew()
  } catch (error) {
    // An old certificate is better than no server; what is wrong with its CA can then be set right.
    if (!(error instanceof Fault)) throw error
    warn(`the web certificate could not be renewed: ${error.message}`)
  }
  await load()

  let polling: Promise<void> | undefined
  const poll =
    db.dialect === 'postgres'
      ? setInterval(() => {
          polling ??= look()
            .catch((error: unknown) =>
              warn(`the web interface could not be looked at: ${String(error)}`),
            )
            .finally(() => {
              polling = undefined
            })
        }, POLL_MS).unref()
      : undefined

  const now = (): Serving => {
    if (!serving) throw new Error('the web interface is not open')
    return serving
  }
  return {
    making,
    reached: async (row) => namesFor(row, await certificateOf(row, row.certificate_id)),
    listening: () => now().listening,
    root: () => now().root,
    certificate: () => now().chain,
    onChange: (listener) => void listeners.push(listener),
    refresh,
    async renew() {
      await renew()
      await look()
    },
    async close() {
      clearInterval(poll)
      await polling
      await looking?.catch(() => undefined)
    },
  }
}
