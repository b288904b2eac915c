import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import * as ca from './ca/index.ts'
import { catalogue } from './catalogue.ts'
import type { Services } from './context.ts'
import type { RootKeySource } from './crypto/root-key.ts'
import * as cte from './cte/index.ts'
import { writeCa } from './data-folder.ts'
import { collectLog, handOver } from './early-log.ts'
import type { Authority } from './http/gate.ts'
import { loggerOptions } from './http/log.ts'
import type { Route } from './http/mount.ts'
import { createServer, replaceTls } from './http/server.ts'
import * as identity from './identity/index.ts'
import {
  openInstallation,
  openWeb,
  packageFile,
  type ServerSetup,
  type Turned,
} from './installation.ts'
import { type Publishing, publish } from './publishing.ts'
import type { StoreLog } from './store/index.ts'
import * as system from './system/index.ts'
import * as vault from './vault/index.ts'

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

const CHECK_CERTIFICATE_MS = 24 * 3_600_000

export async function startServer(setup: ServerSetup, turned: Turned = {}): Promise<RunningServer> {
  const early: StoreLog = collectLog()
  const { store, seal, services, firstPassword } = await openInstallation(setup, early, turned)
  let stopping = false
  let pki: Publishing | undefined
  let web: ca.WebInterface | undefined
  let expiry: ca.ExpiryWatch | undefined
  let keys: vault.RunningVault | undefined
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

    keys = vault.startVault(services, {
      keyUsers: [ca.certificateOfKey(services.now), ...cte.keyHooks.keyUsers],
      keyFollowers: cte.keyHooks.keyFollowers,
      allowRsa1024: setup.allowRsa1024 ?? false,
      strictDeactivated: setup.strictDeactivated ?? false,
      report: (err) => server.log.error({ err }, 'work on keys that was due could not be done'),
      ...(turned.keysEveryMs !== undefined && { everyMs: turned.keysEveryMs }),
    })
    pki = await publish(services, setup, server.log)
    await server.listen({ host: setup.listen.host, port: setup.listen.port })
    const renewal = setInterval(() => {
      web
        ?.renew()
        .catch((err: unknown) =>
          server.log.error({ err }, 'the web certificate could not be renewed'),
        )
    }, turned.checkCertificateMs ?? CHECK_CERTIFICATE_MS).unref()

    expiry = ca.watchExpiry(
      services,
      (message) => server.log.warn(message),
      turned.checkCertificateMs,
    )

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
        await keys?.close()
        await expiry?.close()
        await web?.close()
        seal.close()
        await services.passwords.close()
        if (turned.store === undefined) await store.close()
      },
    }
  } catch (error) {
    await pki?.close(0)
    await keys?.close()
    await expiry?.close()
    await web?.close()
    seal.close()
    await services.passwords.close()
    if (turned.store === undefined) await store.close()
    throw error
  }
}

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
      alarms: system.alarmHandlers,
      info: system.infoHandlers,
      services: system.serviceHandlers(() => web.interface.refresh()),
      rootOfTrust: system.rootOfTrustHandlers(rootOfTrust(seal, rootKey)),
      keks: system.kekHandlers(seal),
      localCas: ca.localCaHandlers({ allowRsa1024 }, pkiUrl),
      certificates: ca.certificateHandlers({ allowRsa1024 }, pkiUrl),
      externalCas: ca.externalCaHandlers,
      certificateRequests: ca.certificateRequestHandlers({ allowRsa1024 }),
      interfaces: ca.interfaceHandlers(web.interface, web.port),
      trustedCas: ca.trustedCaHandlers(() => web.interface.refresh()),
      registrationTokens: ca.registrationTokenHandlers,
      clientProfiles: ca.clientProfileHandlers(identity.givableGroups),
      registeredClients: ca.registeredClientHandlers(identity.guess, {
        rules: { allowRsa1024 },
        pkiUrl,
      }),
      keys: vault.keyHandlers,
      keyLinks: vault.keyLinkHandlers,
      keyLabels: vault.keyLabelHandlers,
      keyPolicies: vault.keyPolicyHandlers,
      keyTemplates: vault.keyTemplateHandlers,
      secrets: vault.secretHandlers,
      random: vault.randomHandlers,
      keyReports: vault.keyReportHandlers,
      crypto: vault.cryptoHandlers,
      cteResourceSets: cte.resourceSetHandlers,
      cteUserSets: cte.userSetHandlers,
      cteProcessSets: cte.processSetHandlers,
      cteSignatureSets: cte.signatureSetHandlers,
      ctePolicies: cte.policyHandlers,
      cteSecurityRules: cte.securityRuleHandlers,
      cteKeyRules: cte.keyRuleHandlers,
      cteDataTransformRules: cte.dataTransformRuleHandlers,
      cteLdtKeyRules: cte.ldtKeyRuleHandlers,
      cteIdtKeyRules: cte.idtKeyRuleHandlers,
      cteSignatureRules: cte.signatureRuleHandlers,
      cteProfiles: cte.profileHandlers,
      cteClients: cte.clientHandlers,
      cteClientGuardPoints: cte.clientGuardPointHandlers,
      cteClientGroups: cte.clientGroupHandlers,
      cteGroupGuardPoints: cte.groupGuardPointHandlers,
      ctePrimarySets: cte.primarySetHandlers,
      cteCsiGroups: cte.csiGroupHandlers,
      cteLdtGroups: cte.ldtGroupHandlers,
      cteReports: cte.reportHandlers,
      cryptoSettings: vault.cryptoSettingsHandlers,
      vaultRequests: vault.vaultRequestHandlers,
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
    statusOf: ca.certificateStatus,
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
