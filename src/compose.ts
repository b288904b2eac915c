import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, link, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { Server as HttpListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import * as ca from './ca/index.ts'
import { catalogue } from './catalogue.ts'
import type { Services } from './context.ts'
import { createPasswordHasher, type PasswordHasher } from './crypto/passwords.ts'
import type { RootKeySource } from './crypto/root-key.ts'
import type { Authority } from './http/gate.ts'
import { loggerOptions } from './http/log.ts'
import type { Route } from './http/mount.ts'
import { createPkiServer, listenOn } from './http/pki.ts'
import { createServer, replaceTls } from './http/server.ts'
import * as identity from './identity/index.ts'
import type { Clock } from './kit/time.ts'
import { answeringInTime, type Location, openStore, type StoreLog } from './store/index.ts'
import { serverEntry } from './store/server-entry.ts'
import type { Store } from './store/store.ts'
import * as system from './system/index.ts'

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
  /** Where revocation is published over plain HTTP; none: nowhere. */
  readonly pkiListen?: { readonly host: string; readonly port: number } | 'off'
  /** Whether the operator asked for that address: then a start without it is refused. */
  readonly pkiListenGiven?: boolean
  /** The base of the addresses that certificates name. */
  readonly pkiUrl?: string | undefined
}

export interface RunningServer {
  readonly url: string
  /** PEM of the CA that clients need to trust, and where it lies. */
  readonly ca: string
  readonly caFile: string
  /** The administrator's generated password: on the first start only, and only when none was given. */
  readonly firstPassword: string | undefined
  readonly server: FastifyInstance
  /** Where revocation is published; undefined: nowhere. */
  readonly pki: string | undefined
  /** Lets requests under way finish, makes what they wrote durable, and closes everything. */
  stop(): Promise<void>
}

/** What tests turn: the clock, the database, who checks passwords, whether answers are held against their contracts. */
export interface Turned {
  readonly now?: Clock
  readonly checkReplies?: boolean
  readonly store?: Store
  readonly passwords?: PasswordHasher
  readonly checkCertificateMs?: number
}

export const VERSION: string = (
  JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }
).version

/** A file of the package, from the sources and from the compiled tree alike. */
function packageFile(name: string): URL {
  const compiled = import.meta.url.endsWith('.js')
  return new URL(`${compiled ? '../..' : '..'}/${name}`, import.meta.url)
}

const CHECK_CERTIFICATE_MS = 24 * 3_600_000

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
      wrappedColumns: [...identity.wrappedColumns, ...ca.wrappedColumns],
    })
    await store.unseal(seal.storeKeys)
    return { nodeId, store, seal }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The opened installation with its first objects: what the server and `init` stand on. */
async function openInstallation(setup: ServerSetup, log: StoreLog, turned: Turned) {
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

export async function startServer(setup: ServerSetup, turned: Turned = {}): Promise<RunningServer> {
  const early: StoreLog = collectLog()
  const { store, seal, services, firstPassword } = await openInstallation(setup, early, turned)
  let stopping = false
  let pki: Publishing | undefined
  let web: ca.WebInterface | undefined
  try {
    web = await openWeb(services, setup, early)
    const caFile = await writeCa(setup.dataDir, web.root())
    await seal.finishRotations()
    await store.transact((tx) => identity.clearStaleGuesses(tx, services.now()))

    const addressOf = () => server.server.address() as AddressInfo
    const { routes, authority } = await wire(services, seal, setup, {
      interface: web,
      port: () => addressOf().port,
    })
    const server = await createServer({
      routes,
      services,
      authority,
      checkReplies: turned.checkReplies ?? false,
      tls: web.listening(),
      operations: {
        ready: async () => !stopping && (await services.store.healthy()),
        openapiFile: packageFile('openapi.json'),
      },
      logger: loggerOptions(setup.logLevel),
    })
    handOver(early, server)
    follow(web, server, setup.dataDir)

    pki = await publish(services, setup, server.log)
    await server.listen({ host: setup.listen.host, port: setup.listen.port })
    const renewal = setInterval(() => {
      web
        ?.renew()
        .catch((err: unknown) =>
          server.log.error({ err }, 'the web certificate could not be renewed'),
        )
    }, turned.checkCertificateMs ?? CHECK_CERTIFICATE_MS).unref()

    const { port } = addressOf()
    const host = setup.listen.host.includes(':') ? `[${setup.listen.host}]` : setup.listen.host

    return {
      url: `https://${host}:${port}`,
      ca: web.root(),
      caFile,
      firstPassword,
      server,
      pki: pki?.url,
      async stop() {
        stopping = true
        clearInterval(renewal)
        await Promise.all([
          closeWithin(server, setup.shutdownSeconds),
          pki?.close(setup.shutdownSeconds),
        ])
        await web?.close()
        seal.close()
        await services.passwords.close()
        if (turned.store === undefined) await store.close()
      },
    }
  } catch (error) {
    await pki?.close(0)
    await web?.close()
    seal.close()
    await services.passwords.close()
    if (turned.store === undefined) await store.close()
    throw error
  }
}

const openWeb = (
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

/** Each change of the web interface holds for the connections to come, and for who looks into the data folder. */
function follow(web: ca.WebInterface, server: FastifyInstance, dataDir: string): void {
  let written = Promise.resolve()
  web.onChange(() => {
    replaceTls(server, web.listening())
    written = written
      .then(async () => {
        await writeCa(dataDir, web.root())
      })
      .catch((err: unknown) => server.log.error({ err }, 'ca.pem could not be written'))
  })
}

interface Publishing {
  readonly url: string
  close(seconds: number): Promise<void>
}

/**
 * Serves what the CAs publish. An address that nobody asked for may be somebody else's: then the server says so and does
 * without, since the API is what it is there for.
 */
async function publish(
  services: Services,
  { pkiListen = 'off', pkiListenGiven = false, pkiUrl }: ServerSetup,
  log: FastifyInstance['log'],
): Promise<Publishing | undefined> {
  if (pkiListen === 'off') return undefined
  const report = (err: unknown) => log.error({ err }, 'revocation could not be published')
  const listener = createPkiServer(ca.createPki(services, pkiUrl, report), report)
  try {
    const url = await listenOn(listener, pkiListen)
    log.info(`revocation lists and OCSP are served at ${url}`)
    return { url, close: (seconds) => closeListener(listener, seconds) }
  } catch (error) {
    if (pkiListenGiven) throw error
    const { host, port } = pkiListen
    log.warn(
      `revocation lists and OCSP are not served: ${host}:${port} cannot be had (${(error as NodeJS.ErrnoException).code}); KEYSTEAD_PKI_LISTEN names another address, or off`,
    )
    return undefined
  }
}

async function closeListener(listener: HttpListener, seconds: number): Promise<void> {
  const timer = setTimeout(() => listener.closeAllConnections(), seconds * 1000)
  listener.closeIdleConnections()
  await new Promise<void>((resolve) => listener.close(() => resolve()))
  clearTimeout(timer)
}

/** Every endpoint with its function; a contract without its handlers does not compile. */
async function wire(
  services: Services,
  seal: system.Seal,
  { rootKey, allowRsa1024 = false, pkiUrl }: ServerSetup,
  web: { readonly interface: ca.WebInterface; readonly port: () => number },
): Promise<{ routes: readonly Route[]; authority: Authority }> {
  const keys = await identity.openTokenKeys(services, seal.dataKeys)
  const principalOf = identity.rememberPrincipals(services)
  const handlers: { readonly [Area in keyof typeof catalogue]: Readonly<Record<string, unknown>> } =
    {
      tokens: identity.tokenHandlers({ keys, principalOf, trust: signInTrust(allowRsa1024) }),
      self: identity.selfHandlers(principalOf),
      users: identity.userHandlers,
      groups: identity.groupHandlers,
      passwordPolicies: identity.passwordPolicyHandlers,
      banners: identity.bannerHandlers,
      records: system.recordHandlers,
      info: system.infoHandlers,
      rootOfTrust: system.rootOfTrustHandlers(rootOfTrust(seal, rootKey)),
      keks: system.kekHandlers(seal),
      localCas: ca.localCaHandlers({ allowRsa1024 }, pkiUrl),
      certificates: ca.certificateHandlers({ allowRsa1024 }, pkiUrl),
      externalCas: ca.externalCaHandlers,
      certificateRequests: ca.certificateRequestHandlers({ allowRsa1024 }),
      interfaces: ca.interfaceHandlers(web.interface, web.port),
      trustedCas: ca.trustedCaHandlers(() => web.interface.refresh()),
    }
  const routes: Route[] = []
  for (const [area, endpoints] of Object.entries(catalogue))
    for (const [name, endpoint] of Object.entries(endpoints)) {
      const handler = handlers[area as keyof typeof catalogue][name]
      routes.push({ name: `${area}.${name}`, endpoint, handler: handler as Route['handler'] })
    }
  const authenticate = identity.createAuthenticator(
    services,
    (kid) => keys.publicKey(kid),
    () => keys.refresh(),
    principalOf,
  )
  return {
    routes,
    authority: { authenticate, grants: ({ groups }, action) => identity.grants(groups, action) },
  }
}

/** Whose certificates sign users in, and how the web interface asks for them. */
function signInTrust(allowRsa1024: boolean): identity.SignInTrust {
  return {
    allowRsa1024,
    revocationOf: ca.revocationOf,
    mode: ca.webMode,
    trusted: ca.webTrust,
  }
}

function rootOfTrust(seal: system.Seal, source: RootKeySource): system.RootOfTrust {
  const current = () => {
    const { id, since } = seal.rootKeyInUse()
    return { id, createdAt: since, source: source.scheme }
  }
  return {
    current,
    async rotate() {
      await seal.rotateRootKey()
      return current()
    },
  }
}

/** Requests under way get their answers; connections that are still open afterwards are cut. */
async function closeWithin(server: FastifyInstance, seconds: number): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), seconds * 1000)
  server.server.closeIdleConnections()
  await server.close()
  clearTimeout(timer)
}

/** 0700, ours, no symbolic link: everything the server keeps lies in it. */
async function privateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const found = await lstat(path)
  if (!found.isDirectory()) throw new Error(`the data folder ${path} is not a folder`)
  if (process.getuid !== undefined && found.uid !== process.getuid())
    throw new Error(`the data folder ${path} belongs to another user`)
  if ((found.mode & 0o077) !== 0) await chmod(path, 0o700)
}

/** A name for this node that lasts as long as its data folder: its audit chain carries it. */
export async function nodeIdOf(dataDir: string): Promise<string> {
  const file = join(dataDir, 'node.id')
  const kept = await readFile(file, 'utf8').catch(ignore('ENOENT'))
  const id = (kept ?? (await makeNodeId(file))).trim()
  if (!/^[0-9a-f-]{36}$/.test(id)) throw new Error(`${file} does not hold the id of a node`)
  return id
}

/** Put in place whole, so that a crash leaves no empty file; of two that start at once, one is first. */
async function makeNodeId(file: string): Promise<string> {
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, `${randomUUID()}\n`, { mode: 0o600, flush: true })
  await link(fresh, file).catch(ignore('EEXIST'))
  await rm(fresh)
  return readFile(file, 'utf8')
}

const ignore =
  (code: string) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== code) throw error
  }

async function writeCa(dataDir: string, pem: string): Promise<string> {
  const file = join(dataDir, 'ca.pem')
  const text = `${pem.trim()}\n`
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    // Clients that wait for the file must not read half of it.
    await writeFile(`${file}.new`, text, { mode: 0o600, flush: true })
    await rename(`${file}.new`, file)
  }
  return file
}

/** What is said before there is a logger, to be handed over to it. */
function collectLog(): StoreLog & {
  said: ['info' | 'warn' | 'error', string][]
  to?: FastifyInstance['log']
} {
  const log = {
    said: [] as ['info' | 'warn' | 'error', string][],
    to: undefined as FastifyInstance['log'] | undefined,
    info: (message: string) => say('info', message),
    warn: (message: string) => say('warn', message),
    error: (message: string) => say('error', message),
  }
  const say = (level: 'info' | 'warn' | 'error', message: string) => {
    if (log.to) log.to[level](message)
    else log.said.push([level, message])
  }
  return log as never
}

function handOver(early: StoreLog, server: FastifyInstance): void {
  const log = early as ReturnType<typeof collectLog>
  log.to = server.log
  for (const [level, message] of log.said.splice(0)) server.log[level](message)
}
