import { type KeyObject, randomUUID, sign } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createEnvelope, createWrapping, type Envelope } from '../../crypto/envelope.ts'
import {
  createRootKeyFile,
  isMissing,
  nameOf,
  RootKeyRefused,
  type RootKeySource,
  readRootKey,
} from '../../crypto/root-key.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault, Tampered } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { Store, StoreKeys } from '../../store/store.ts'
import { createDataKeys, type DataKeys, makeDataKey, type Purpose } from './data-keys.ts'
import { loadRootKeks, newDomainKek, newRootKek, Ring, type RootKek } from './hierarchy.ts'
import type { WrappedColumn } from './rewrap.ts'
import { createRotation, type RootKeyInUse, type Rotation } from './rotation.ts'
import {
  findInstallation,
  fittingSource,
  rememberInstallation,
  rootCheck,
  rootKeyFor,
  settleFile,
} from './unlock.ts'

/** The opened key hierarchy of a database. */
export interface Seal extends Rotation {
  /** Whether this very call set the installation up. */
  readonly isNew: boolean
  readonly envelope: Envelope
  readonly storeKeys: StoreKeys
  /** Checks the signed heads of every node's audit chain. */
  readonly auditPublicKey: KeyObject
  readonly dataKeys: DataKeys
  /** Stops looking for other nodes' new keys, and waiting to remove old ones. */
  close(): void
}

export interface SealOptions {
  readonly nodeId: string
  /** Whether an empty database may be set up; a missing root key file is then created. */
  readonly allowInit: boolean
  /** For looking on beside a running server: the root key file is left as it is, also half-way through a rotation. */
  readonly readOnly?: boolean
  /** Every column that holds bytes of the envelope, apart from the hierarchy's own. */
  readonly wrappedColumns?: readonly WrappedColumn[]
  readonly env?: NodeJS.ProcessEnv
  /** How long nodes are given to learn of a new KEK before it is used. */
  readonly settleSeconds?: number
  /** How long an old KEK stays after it was replaced, for work that was wrapped but not yet written. */
  readonly keepSeconds?: number
}

/**
 * Opens the key hierarchy, and sets it up in an empty database where that is allowed. RootKeyRefused says why the root
 * key must not or cannot be used; then nothing in the database was changed. `Tampered`: a stored key was altered.
 */
export async function openSeal(
  store: Store,
  source: RootKeySource,
  options: SealOptions,
): Promise<Seal> {
  const env = options.env ?? process.env
  let isNew = false
  let installation = await findInstallation(store.read)
  if (!installation) {
    isNew = await initialise(store, source, options.allowInit, env)
    installation = await findInstallation(store.read)
  }
  if (!installation) throw new Error('the installation is gone right after it was made')
  if (options.readOnly) {
    const rootKey = await rootKeyFor(installation, await fittingSource(installation, source), env)
    const rootKeks = await loadRootKeks(store.read, installation.id, rootKey)
    return assemble(store, source, installation.id, rootKey, rootKeks, isNew, options)
  }
  await settleFile(installation, source, store.dialect === 'sqlite')
  const rootKey = await rootKeyFor(installation, source, env)
  const rootKeks = await loadRootKeks(store.read, installation.id, rootKey)
  rememberInstallation(source, rootKey, installation.id)
  return assemble(store, source, installation.id, rootKey, rootKeks, isNew, options)
}

/** What the server itself needs from the first moment on; others are made by those who use them. */
const FIRST_KEYS: readonly Purpose[] = ['row-seal', 'audit-chain', 'audit-sign', 'fingerprint']

/** False when another node has set the database up at the same moment. */
async function initialise(
  store: Store,
  source: RootKeySource,
  allowed: boolean,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  if (!allowed) {
    throw new RootKeyRefused('The database was not set up yet.')
  }
  if (isMissing(source) && source.scheme === 'file') createRootKeyFile(source.path)
  const rootKey = await readRootKey(source, undefined, env)
  if (rootKey.installation !== undefined) {
    // Another node, with the same file, may have set the database up between our look at it and at the file.
    if (await findInstallation(store.read)) return false
    throw new RootKeyRefused(
      `The root key in ${nameOf(source)} belongs to installation ${rootKey.installation}, but the database is empty. Restore the database, or name another root key for a new installation; nothing was changed.`,
    )
  }
  const id = randomUUID()
  const rootKek = newRootKek(rootKey, id, 1)
  const domainKek = newDomainKek(rootKek.kek, id, ROOT_DOMAIN, 1)
  const ring = new Ring(0)
  ring.load([domainKek.row], id, () => rootKek.kek)
  const wrapping = createWrapping(id, ring)
  const dataKeys = FIRST_KEYS.map((purpose) => makeDataKey(wrapping, purpose, 1, ROOT_DOMAIN).row)
  const taken = new Fault('conflict', 'another node has set this database up')
  try {
    await store.transact((tx) => {
      // First, since its id is the same on every node: only one of them gets further.
      tx.run(tx.insertInto('root_keks').values(rootKek.row), { duplicate: taken })
      tx.run(
        tx.insertInto('installation').values({
          id,
          created_at: stamp(),
          root_key_id: rootKey.id,
          root_check: rootCheck(rootKey, id, stamp()),
        }),
      )
      tx.run(tx.insertInto('domain_keks').values(domainKek.row))
      for (const row of dataKeys) tx.run(tx.insertInto('data_keys').values(row))
    })
    return true
  } catch (failure) {
    if (failure === taken) return false
    throw failure
  }
}

async function assemble(
  store: Store,
  source: RootKeySource,
  installation: string,
  { id, since }: RootKeyInUse,
  rootKeks: readonly RootKek[],
  isNew: boolean,
  options: SealOptions,
): Promise<Seal> {
  // A process alone on its database has nobody to wait for.
  const shared = store.dialect === 'postgres'
  const settleSeconds = options.settleSeconds ?? (shared ? 3 : 0)
  const keepSeconds = options.keepSeconds ?? (shared ? 600 : 60)
  const ring = new Ring(settleSeconds)
  const rows = await store.read.selectFrom('domain_keks').selectAll().execute()
  ring.load(rows, installation, (id) => rootKeks.find((kek) => kek.id === id))
  const dataKeys = createDataKeys(store.read, createWrapping(installation, ring))
  const newest = async (purpose: Purpose) => {
    const [key] = await dataKeys.all(purpose)
    if (!key) throw new Tampered('data_keys', purpose)
    return key
  }
  const rowKey = (await newest('row-seal')).key
  const auditKey = (await newest('audit-chain')).key
  const auditSign = await newest('audit-sign')
  if (!auditSign.publicKey) throw new Tampered('data_keys', 'audit-sign')
  const envelope = createEnvelope({
    installation,
    keks: ring,
    rowKey,
    auditKey,
    fingerprintKey: (await newest('fingerprint')).key,
  })
  const rotation = createRotation(
    store,
    envelope,
    ring,
    { source, rootKey: { id, since }, rootKeks },
    {
      wrappedColumns: options.wrappedColumns ?? [],
      env: options.env ?? process.env,
      settle: () => wait(settleSeconds * 1000),
      keepSeconds,
    },
  )
  const poll = shared
    ? setInterval(() => {
        // A database that does not answer is noticed, and said, elsewhere; the next look comes in a second.
        rotation.refresh().catch(() => {})
      }, 1000).unref()
    : undefined
  return {
    ...rotation,
    isNew,
    envelope,
    dataKeys,
    auditPublicKey: auditSign.publicKey,
    storeKeys: {
      installation,
      nodeId: options.nodeId,
      rowKey,
      auditKey,
      signHead: (bytes) => sign(null, bytes, auditSign.key),
    },
    close() {
      clearInterval(poll)
      rotation.stop()
    },
  }
}
