import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as ca from './ca/index.ts'
import type { Services } from './context.ts'
import { createPasswordHasher, type PasswordHasher } from './crypto/passwords.ts'
import type { RootKeySource } from './crypto/root-key.ts'
import * as cte from './cte/index.ts'
import { nodeIdOf, privateFolder, writeCa } from './data-folder.ts'
import * as identity from './identity/index.ts'
import type { Clock } from './kit/time.ts'
import { answeringInTime, type Location, openStore, type StoreLog } from './store/index.ts'
import { serverEntry } from './store/server-entry.ts'
import type { Store } from './store/store.ts'
import * as system from './system/index.ts'
import * as vault from './vault/index.ts'

/** What a server is started with, whichever way the operator said it. */
export interface ServerSetup {
  readonly dataDir: string
  readonly listen: { readonly host: string; readonly port: number }
  /** A PostgreSQL URL; undefined: SQLite in the data folder. */
  readonly databaseUrl: string | undefined
  readonly rootKey: RootKeySource
  /** For the first start only. */
  readonly adminPassword: string | undefined
  readonly tlsNames: readonly string[]
  readonly logLevel: string
  readonly shutdownSeconds: number
  /** RSA keys of 1024 bits in CAs and certificates (C4). */
  readonly allowRsa1024?: boolean
  /** Deactivated keys process nothing either, as CM's own pages read that state. */
  readonly strictDeactivated?: boolean
  /** Where revocation is published over plain HTTP; none: nowhere. */
  readonly pkiListen?: { readonly host: string; readonly port: number } | 'off'
  /** Whether the operator asked for that address: then a start without it is refused. */
  readonly pkiListenGiven?: boolean
  /** The base of the addresses that certificates name. */
  readonly pkiUrl?: string | undefined
}

/** What tests turn: the clock, the database, who checks passwords, whether answers are held against their contracts. */
export interface Turned {
  readonly now?: Clock
  readonly checkReplies?: boolean
  readonly store?: Store
  readonly passwords?: PasswordHasher
  readonly checkCertificateMs?: number
  readonly keysEveryMs?: number
}

export const VERSION: string = (
  JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }
).version

/** A file of the package, from the sources and from the compiled tree alike. */
export function packageFile(name: string): URL {
  const compiled = import.meta.url.endsWith('.js')
  return new URL(`${compiled ? '../..' : '..'}/${name}`, import.meta.url)
}

/** Every column that holds bytes of the envelope. */
export const wrappedColumns = [
  ...identity.wrappedColumns,
  ...ca.wrappedColumns,
  ...vault.wrappedColumns,
  ...cte.wrappedColumns,
]

/** The store, unsealed. `allowInit`: where there is no installation yet, one is made. */
async function openUnsealed(
  setup: ServerSetup,
  log: StoreLog,
  { allowInit, given }: { readonly allowInit: boolean; readonly given?: Store | undefined },
) {
  await privateFolder(setup.dataDir)
  const nodeId = await nodeIdOf(setup.dataDir)
  const store = given ?? (await openStore(locationOf(setup), { log }))
  try {
    const seal = await system.openSeal(store, setup.rootKey, {
      nodeId,
      allowInit,
      wrappedColumns,
    })
    await store.unseal(seal.storeKeys)
    return { nodeId, store, seal }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The opened installation with its first objects: what the server and `init` stand on. */
export async function openInstallation(setup: ServerSetup, log: StoreLog, turned: Turned) {
  const given = turned.store
  const { nodeId, store, seal } = await openUnsealed(setup, log, { allowInit: true, given })
  try {
    const services: Services = {
      store: answeringInTime(store),
      envelope: seal.envelope,
      passwords: turned.passwords ?? createPasswordHasher({}),
      now: turned.now ?? (() => new Date()),
      nodeId,
      version: VERSION,
    }
    const firstPassword = await firstStart(services, setup.adminPassword, log)
    await ca.seedDefaultCa(services)
    await ca.adoptRevocations(services)
    await cte.seedDefaultProfile(services)
    return { store, seal, services, firstPassword }
  } catch (error) {
    seal.close()
    await store.close()
    throw error
  }
}

export const locationOf = ({
  databaseUrl,
  dataDir,
}: Pick<ServerSetup, 'databaseUrl' | 'dataDir'>): Location =>
  databaseUrl === undefined
    ? { kind: 'sqlite', file: join(dataDir, 'keystead.db') }
    : { kind: 'postgres', url: databaseUrl }

async function firstStart(
  services: Services,
  given: string | undefined,
  log: StoreLog,
): Promise<string | undefined> {
  if (!(await identity.isFirstStart(services))) {
    if (given !== undefined)
      log.warn('the first password of admin is ignored: this installation was set up before')
    return undefined
  }
  const made = await identity.seedIdentity(services, given)
  return given === undefined ? made : undefined
}

/** Makes folder, root key, database and first objects, and stops. Returns the generated password, if one was made. */
export async function initialise(
  setup: ServerSetup,
  log: StoreLog,
): Promise<{ firstPassword: string | undefined; caFile: string }> {
  const { store, seal, services, firstPassword } = await openInstallation(setup, log, {})
  try {
    const web = await openWeb(services, setup, log)
    const caFile = await writeCa(setup.dataDir, web.root())
    await web.close()
    return { firstPassword, caFile }
  } finally {
    seal.close()
    await services.passwords.close()
    await store.close()
  }
}

/** Puts a new root key in place while no server runs here. Recorded before it is done (U1). */
export async function rotateRootKeyOffline(setup: ServerSetup, log: StoreLog): Promise<void> {
  const { nodeId, store, seal } = await openUnsealed(setup, log, { allowInit: false })
  try {
    const { id } = seal.rootKeyInUse()
    const details = { replaced_root_key_id: id }
    await store.transact((tx) =>
      tx.audit(serverEntry({ nodeId, now: new Date() }, 'Rotate root key', details)),
    )
    await seal.rotateRootKey()
  } finally {
    seal.close()
    await store.close()
  }
}

export const openWeb = (
  services: Services,
  { tlsNames, allowRsa1024 = false, pkiUrl }: ServerSetup,
  log: StoreLog,
): Promise<ca.WebInterface> =>
  ca.openWebInterface(services, {
    tlsNames,
    rules: { allowRsa1024 },
    pkiUrl,
    warn: (message) => log.warn(message),
  })
