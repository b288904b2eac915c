import Fastify from 'fastify'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Caller, Services } from '../../src/context.ts'
import type { Authority } from '../../src/http/gate.ts'
import { missing } from '../../src/http/missing.ts'
import { mount, type Route } from '../../src/http/mount.ts'
import { publicPaths } from '../../src/http/operations.ts'
import type { Endpoint } from '../../src/kit/endpoint.ts'
import { Fault } from '../../src/kit/fault.ts'
import { addUser, endpoints, type Lab, openLab } from './lab.ts'
import { report } from './promise.ts'

/** Who asks. There is one domain yet; every place of it is tried as every kind of caller. */
const SIGNED_IN = [
  'in no group',
  'User Admins',
  'Key Admins',
  'Audit Admins',
  'CA Admins',
  'System Admins',
  'Key Users',
  'CTE Admins',
  'CTE Clients',
  'Client Admins',
  'admin',
] as const
const PRINCIPALS = ['anonymous', 'bad token', ...SIGNED_IN] as const
type Principal = (typeof PRINCIPALS)[number]
type Verdict = '401' | '403' | 'past the gate'

const anyone: readonly Principal[] = PRINCIPALS
const everyone: readonly Principal[] = SIGNED_IN
const admin: readonly Principal[] = ['admin']
const userAdmins: readonly Principal[] = ['User Admins', 'admin']
const caAdmins: readonly Principal[] = ['CA Admins', 'admin']
const keyAdmins: readonly Principal[] = ['Key Admins', 'admin']
const keyMakers: readonly Principal[] = ['Key Admins', 'Key Users', 'admin']
const cteAdmins: readonly Principal[] = ['CTE Admins', 'admin']
const cteReaders: readonly Principal[] = ['CTE Admins', 'CTE Clients', 'admin']
const clientAdmins: readonly Principal[] = ['Client Admins', 'admin']
const auditAdmins: readonly Principal[] = ['Audit Admins', 'admin']
const systemAdmins: readonly Principal[] = ['System Admins', 'admin']

/** Whom each endpoint lets past its gate. A new endpoint has no line here, and fails. */
const expectations: Readonly<Record<string, readonly Principal[]>> = {
  'tokens.create': anyone,
  'tokens.list': everyone,
  'tokens.get': everyone,
  'tokens.delete': everyone,
  'tokens.revoke': everyone,
  'tokens.logout': everyone,
  'tokens.jwks': anyone,
  'tokens.authKeys': admin,
  'tokens.rotateAuthKey': admin,
  'self.getUser': everyone,
  'self.updateUser': everyone,
  'self.domains': everyone,
  'self.passwordPolicy': everyone,
  'self.permissions': everyone,
  'self.changePassword': anyone,
  'users.list': everyone,
  'users.create': userAdmins,
  // Asked for somebody else here.
  'users.get': userAdmins,
  'users.update': userAdmins,
  'users.delete': userAdmins,
  'groups.list': everyone,
  'groups.create': userAdmins,
  'groups.get': everyone,
  'groups.update': userAdmins,
  'groups.delete': userAdmins,
  'groups.addUser': userAdmins,
  'groups.removeUser': userAdmins,
  'passwordPolicies.list': userAdmins,
  'passwordPolicies.create': userAdmins,
  'passwordPolicies.get': userAdmins,
  'passwordPolicies.update': userAdmins,
  'passwordPolicies.delete': userAdmins,
  'banners.getPreAuth': anyone,
  'banners.setPreAuth': admin,
  'banners.getPostAuth': everyone,
  'banners.setPostAuth': admin,
  'records.list': auditAdmins,
  'records.get': auditAdmins,
  'info.get': everyone,
  'info.update': ['System Admins', 'admin'],
  'services.status': everyone,
  'services.restart': ['System Admins', 'admin'],
  'rootOfTrust.list': admin,
  'rootOfTrust.rotate': admin,
  'keks.list': admin,
  'keks.get': admin,
  'keks.rotate': admin,
  'keks.retryRotation': admin,
  'cryptoSettings.get': keyAdmins,
  'cryptoSettings.update': admin,
  'vaultRequests.create': everyone,
  'localCas.list': caAdmins,
  'localCas.create': caAdmins,
  'localCas.get': caAdmins,
  'localCas.update': caAdmins,
  'localCas.delete': caAdmins,
  'localCas.selfSign': caAdmins,
  'localCas.install': caAdmins,
  'certificates.list': caAdmins,
  'certificates.issue': caAdmins,
  'certificates.get': caAdmins,
  'certificates.delete': caAdmins,
  'certificates.revoke': caAdmins,
  'certificates.resume': caAdmins,
  'externalCas.list': caAdmins,
  'externalCas.create': caAdmins,
  'externalCas.get': caAdmins,
  'externalCas.update': caAdmins,
  'externalCas.delete': caAdmins,
  'certificateRequests.create': caAdmins,
  'alarms.list': ['Audit Admins', 'System Admins', 'admin'],
  'alarms.acknowledge': systemAdmins,
  'alarms.clear': systemAdmins,
  'interfaces.list': systemAdmins,
  'interfaces.create': systemAdmins,
  'interfaces.get': systemAdmins,
  'interfaces.update': systemAdmins,
  'interfaces.delete': systemAdmins,
  'interfaces.enable': systemAdmins,
  'interfaces.disable': systemAdmins,
  'interfaces.getCertificate': systemAdmins,
  'interfaces.putCertificate': systemAdmins,
  'interfaces.generateCertificate': systemAdmins,
  'interfaces.getRequest': systemAdmins,
  'interfaces.createRequest': systemAdmins,
  'interfaces.useCertificate': systemAdmins,
  'interfaces.getUpcoming': systemAdmins,
  'interfaces.putUpcoming': systemAdmins,
  'interfaces.deleteUpcoming': systemAdmins,
  'interfaces.applyUpcoming': systemAdmins,
  'interfaces.restoreTls': systemAdmins,
  'interfaces.webFingerprint': everyone,
  'trustedCas.list': systemAdmins,
  'trustedCas.create': admin,
  'trustedCas.createMany': admin,
  'trustedCas.delete': admin,
  'registrationTokens.list': clientAdmins,
  'registrationTokens.create': clientAdmins,
  'registrationTokens.get': clientAdmins,
  'registrationTokens.update': clientAdmins,
  'registrationTokens.delete': clientAdmins,
  'clientProfiles.list': clientAdmins,
  'clientProfiles.create': clientAdmins,
  'clientProfiles.get': clientAdmins,
  'clientProfiles.update': clientAdmins,
  'clientProfiles.delete': clientAdmins,
  'registeredClients.list': clientAdmins,
  'registeredClients.register': anyone,
  'registeredClients.get': clientAdmins,
  'registeredClients.delete': clientAdmins,
  'registeredClients.revoke': clientAdmins,
  'registeredClients.renew': clientAdmins,
  // The keys themselves say who may; of one that is not there everybody hears the same.
  'keys.list': everyone,
  'keys.get': everyone,
  'keys.update': everyone,
  'keys.delete': everyone,
  'keys.createVersion': everyone,
  'keys.listVersions': everyone,
  'keys.destroy': everyone,
  'keys.archive': everyone,
  'keys.recover': everyone,
  'keys.revoke': everyone,
  'keys.reactivate': everyone,
  'keys.export': everyone,
  'keys.clone': everyone,
  'keys.checkValue': everyone,
  'keys.query': everyone,
  'keyLinks.list': everyone,
  'keyLinks.create': everyone,
  'keyLinks.get': everyone,
  'keyLinks.update': everyone,
  'keyLinks.delete': everyone,
  'keyLabels.list': everyone,
  'secrets.list': everyone,
  'secrets.get': everyone,
  'secrets.update': everyone,
  'secrets.delete': everyone,
  'secrets.export': everyone,
  'secrets.destroy': everyone,
  'secrets.createVersion': everyone,
  'secrets.listVersions': everyone,
  'random.get': everyone,
  'crypto.encrypt': everyone,
  'crypto.decrypt': everyone,
  'crypto.reencrypt': everyone,
  'crypto.sign': everyone,
  'crypto.signv': everyone,
  'crypto.mac': everyone,
  'crypto.macv': everyone,
  'crypto.hash': everyone,
  'crypto.hide': everyone,
  'crypto.hide2': everyone,
  'crypto.unhide': everyone,
  'crypto.unhide2': everyone,
  'crypto.wrap': everyone,
  'crypto.unwrap': everyone,
  'crypto.derive': everyone,
  'crypto.encapsulate': everyone,
  'crypto.decapsulate': everyone,
  'keys.create': keyMakers,
  'secrets.create': keyMakers,
  'keyTemplates.list': keyMakers,
  'keyTemplates.get': keyMakers,
  'keyPolicies.list': keyAdmins,
  'keyPolicies.create': keyAdmins,
  'keyPolicies.get': keyAdmins,
  'keyPolicies.update': keyAdmins,
  'keyPolicies.delete': keyAdmins,
  'keyTemplates.create': keyAdmins,
  'keyTemplates.update': keyAdmins,
  'keyTemplates.delete': keyAdmins,
  'keyReports.orphanedResources': keyAdmins,
  'cteResourceSets.list': cteReaders,
  'cteResourceSets.get': cteReaders,
  'cteResourceSets.listElements': cteReaders,
  'cteResourceSets.listPolicies': cteReaders,
  'cteResourceSets.create': cteAdmins,
  'cteResourceSets.update': cteAdmins,
  'cteResourceSets.delete': cteAdmins,
  'cteResourceSets.addElements': cteAdmins,
  'cteResourceSets.updateElement': cteAdmins,
  'cteResourceSets.deleteElements': cteAdmins,
  'cteUserSets.list': cteReaders,
  'cteUserSets.get': cteReaders,
  'cteUserSets.listElements': cteReaders,
  'cteUserSets.listPolicies': cteReaders,
  'cteUserSets.create': cteAdmins,
  'cteUserSets.update': cteAdmins,
  'cteUserSets.delete': cteAdmins,
  'cteUserSets.addElements': cteAdmins,
  'cteUserSets.updateElement': cteAdmins,
  'cteUserSets.deleteElements': cteAdmins,
  'cteProcessSets.list': cteReaders,
  'cteProcessSets.get': cteReaders,
  'cteProcessSets.listElements': cteReaders,
  'cteProcessSets.listPolicies': cteReaders,
  'cteProcessSets.create': cteAdmins,
  'cteProcessSets.update': cteAdmins,
  'cteProcessSets.delete': cteAdmins,
  'cteProcessSets.addElements': cteAdmins,
  'cteProcessSets.updateElement': cteAdmins,
  'cteProcessSets.deleteElements': cteAdmins,
  'cteSignatureSets.list': cteReaders,
  'cteSignatureSets.get': cteReaders,
  'cteSignatureSets.listElements': cteReaders,
  'cteSignatureSets.listPolicies': cteReaders,
  'cteSignatureSets.create': cteAdmins,
  'cteSignatureSets.update': cteAdmins,
  'cteSignatureSets.delete': cteAdmins,
  'cteSignatureSets.deleteSources': cteAdmins,
  'cteSignatureSets.addSignatures': cteAdmins,
  'cteSignatureSets.deleteSignature': cteAdmins,
  'cteSignatureSets.sign': cteAdmins,
  'cteSignatureSets.querySigning': cteAdmins,
  'cteSignatureSets.cancelSigning': cteAdmins,
  'ctePolicies.list': cteReaders,
  'ctePolicies.get': cteReaders,
  'ctePolicies.create': cteAdmins,
  'ctePolicies.update': cteAdmins,
  'ctePolicies.delete': cteAdmins,
  'cteSecurityRules.list': cteReaders,
  'cteSecurityRules.get': cteReaders,
  'cteSecurityRules.create': cteAdmins,
  'cteSecurityRules.update': cteAdmins,
  'cteSecurityRules.delete': cteAdmins,
  'cteKeyRules.list': cteReaders,
  'cteKeyRules.get': cteReaders,
  'cteKeyRules.create': cteAdmins,
  'cteKeyRules.update': cteAdmins,
  'cteKeyRules.delete': cteAdmins,
  'cteDataTransformRules.list': cteReaders,
  'cteDataTransformRules.get': cteReaders,
  'cteDataTransformRules.create': cteAdmins,
  'cteDataTransformRules.update': cteAdmins,
  'cteDataTransformRules.delete': cteAdmins,
  'cteLdtKeyRules.list': cteReaders,
  'cteLdtKeyRules.get': cteReaders,
  'cteLdtKeyRules.create': cteAdmins,
  'cteLdtKeyRules.update': cteAdmins,
  'cteLdtKeyRules.delete': cteAdmins,
  'cteIdtKeyRules.list': cteReaders,
  'cteIdtKeyRules.get': cteReaders,
  'cteIdtKeyRules.update': cteAdmins,
  'cteSignatureRules.list': cteReaders,
  'cteSignatureRules.get': cteReaders,
  'cteSignatureRules.create': cteAdmins,
  'cteSignatureRules.update': cteAdmins,
  'cteSignatureRules.delete': cteAdmins,
  'cteProfiles.list': cteReaders,
  'cteProfiles.create': cteAdmins,
  'cteProfiles.get': cteReaders,
  'cteProfiles.update': cteAdmins,
  'cteProfiles.delete': cteAdmins,
  'cteProfiles.deleteSyslogServer': cteAdmins,
  'cteClients.list': cteReaders,
  'cteClients.create': cteAdmins,
  'cteClients.get': cteReaders,
  'cteClients.update': cteAdmins,
  'cteClients.delete': cteAdmins,
  'cteClients.deleteMany': cteAdmins,
  'cteClients.authBinaries': cteAdmins,
  'cteClients.ldtPause': cteAdmins,
  'cteClients.password': cteAdmins,
  'cteClients.resetPassword': cteAdmins,
  'cteClients.unenroll': cteAdmins,
  'cteClientGuardPoints.list': cteReaders,
  'cteClientGuardPoints.create': cteAdmins,
  'cteClientGuardPoints.get': cteReaders,
  'cteClientGuardPoints.update': cteAdmins,
  'cteClientGuardPoints.enable': cteAdmins,
  'cteClientGuardPoints.unguard': cteAdmins,
  'cteClientGuardPoints.unguardOne': cteAdmins,
  'cteClientGuardPoints.earlyAccess': cteAdmins,
  'cteClientGuardPoints.preserveSparseRegionsOff': cteAdmins,
  'cteClientGuardPoints.status': cteReaders,
  'cteClientGroups.list': cteAdmins,
  'cteClientGroups.create': cteAdmins,
  'cteClientGroups.get': cteAdmins,
  'cteClientGroups.update': cteAdmins,
  'cteClientGroups.delete': cteAdmins,
  'cteClientGroups.listClients': cteAdmins,
  'cteClientGroups.addClients': cteAdmins,
  'cteClientGroups.patchClients': cteAdmins,
  'cteClientGroups.getClient': cteAdmins,
  'cteClientGroups.removeClient': cteAdmins,
  'cteClientGroups.groupsOfClient': cteAdmins,
  'cteClientGroups.authBinaries': cteAdmins,
  'cteClientGroups.password': cteAdmins,
  'cteClientGroups.resetPassword': cteAdmins,
  'cteClientGroups.ldtPause': cteAdmins,
  'cteClientGroups.patchLdtPause': cteAdmins,
  'cteGroupGuardPoints.list': cteReaders,
  'cteGroupGuardPoints.create': cteAdmins,
  'cteGroupGuardPoints.get': cteReaders,
  'cteGroupGuardPoints.update': cteAdmins,
  'cteGroupGuardPoints.enable': cteAdmins,
  'cteGroupGuardPoints.unguard': cteAdmins,
  'cteGroupGuardPoints.unguardOne': cteAdmins,
  'cteGroupGuardPoints.earlyAccess': cteAdmins,
  'cteGroupGuardPoints.preserveSparseRegionsOff': cteAdmins,
  'ctePrimarySets.list': cteAdmins,
  'ctePrimarySets.create': cteAdmins,
  'ctePrimarySets.get': cteAdmins,
  'ctePrimarySets.update': cteAdmins,
  'ctePrimarySets.delete': cteAdmins,
  'cteCsiGroups.list': cteAdmins,
  'cteCsiGroups.create': cteAdmins,
  'cteCsiGroups.get': cteAdmins,
  'cteCsiGroups.update': cteAdmins,
  'cteCsiGroups.delete': cteAdmins,
  'cteCsiGroups.listClients': cteAdmins,
  'cteCsiGroups.addClients': cteAdmins,
  'cteCsiGroups.patchClients': cteAdmins,
  'cteCsiGroups.getClient': cteAdmins,
  'cteCsiGroups.removeClient': cteAdmins,
  'cteCsiGroups.listGuardPoints': cteAdmins,
  'cteCsiGroups.createGuardPoints': cteAdmins,
  'cteCsiGroups.getGuardPoint': cteAdmins,
  'cteCsiGroups.updateGuardPoint': cteAdmins,
  'cteCsiGroups.deleteGuardPoint': cteAdmins,
  'cteLdtGroups.list': cteAdmins,
  'cteLdtGroups.create': cteAdmins,
  'cteLdtGroups.get': cteAdmins,
  'cteLdtGroups.update': cteAdmins,
  'cteLdtGroups.delete': cteAdmins,
  'cteLdtGroups.listClients': cteAdmins,
  'cteLdtGroups.addClients': cteAdmins,
  'cteLdtGroups.removeClients': cteAdmins,
  'cteLdtGroups.removeClient': cteAdmins,
  'cteLdtGroups.statusDetails': cteAdmins,
  'cteReports.clientsGuardStatus': cteAdmins,
  'cteReports.clientsGuardStatusDownload': cteAdmins,
  'cteReports.clientsKeys': cteAdmins,
  'cteReports.clientsKeysDownload': cteAdmins,
  'cteReports.clientsPolicies': cteAdmins,
  'cteReports.clientsPoliciesDownload': cteAdmins,
  'cteReports.clientsProfiles': cteAdmins,
  'cteReports.clientsProfilesDownload': cteAdmins,
  'cteReports.clients': cteAdmins,
  'cteReports.clientsDownload': cteAdmins,
  'cteReports.guardPoints': cteAdmins,
  'cteReports.guardPointsDownload': cteAdmins,
  'cteReports.policiesKeys': cteAdmins,
  'cteReports.policiesKeysDownload': cteAdmins,
}

interface Cell {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly principal: Principal
  readonly due: Verdict
}

const due = (allowed: readonly Principal[], principal: Principal): Verdict => {
  if (allowed.includes(principal)) return 'past the gate'
  return principal === 'anonymous' || principal === 'bad token' ? '401' : '403'
}

/** Ids that name nothing: a call that is let past changes nothing, and is told apart by another status. */
const pathOf = ({ path }: Endpoint) =>
  path.replace(/:(\w+)/g, (_, name) =>
    name === 'id' ? '0b6f1f0e-0000-4000-8000-000000000000' : 'nobody-and-nothing',
  )

const cells = (): Cell[] =>
  PRINCIPALS.flatMap((principal) => [
    ...endpoints.map(({ name, endpoint }) => ({
      name,
      method: endpoint.method,
      path: pathOf(endpoint),
      principal,
      due: due(expectations[name] ?? [], principal),
    })),
    ...publicPaths.map((path) => ({
      name: path,
      method: 'GET',
      path,
      principal,
      due: due(anyone, principal),
    })),
    ...missing.map(({ under, anonymous }) => ({
      name: under,
      method: 'POST',
      path: `${under}/anything`,
      principal,
      due: due(anonymous ? anyone : everyone, principal),
    })),
  ])

function verdictOf(status: number): Verdict | 'failed' {
  if (status === 401 || status === 403) return `${status}`
  return status < 500 || status === 501 ? 'past the gate' : 'failed'
}

type AskAs = (cell: Cell) => Promise<number>

/** Every cell whose answer is not the one it is due. */
async function surprises(ask: AskAs): Promise<string[]> {
  const found: string[] = []
  for (const cell of cells()) {
    const status = await ask(cell)
    if (verdictOf(status) !== cell.due)
      found.push(`${cell.name} as ${cell.principal}: ${status}, due: ${cell.due}`)
  }
  return found
}

describe('A1: every route decides for every caller as its table says', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab()
    for (const group of SIGNED_IN)
      await addUser(
        lab,
        `of ${group}`,
        `Pass-of-1-${group}`,
        group === 'in no group' ? [] : [group],
      )
  })
  afterAll(() => lab.stop())

  test('there is an expectation for every endpoint, and none for an endpoint that is gone', () => {
    expect(Object.keys(expectations).sort()).toEqual(endpoints.map(({ name }) => name).sort())
  })

  test('every cell of routes and callers answers as expected', async () => {
    const all = cells().length
    const tokens = new Map<Principal, string>([['bad token', 'eyJhbGciOiJFUzI1NiJ9.e30.AAAA']])
    const found = await surprises(async ({ method, path, principal }) => {
      const body = method === 'GET' || method === 'DELETE' ? undefined : {}
      if (principal !== 'anonymous' && !tokens.has(principal))
        tokens.set(principal, await lab.signIn(`of ${principal}`, `Pass-of-1-${principal}`))
      const { status } = await lab.ask(method, path, { token: tokens.get(principal), body })
      if (path.endsWith('/logout') && status === 204) tokens.delete(principal)
      return status
    })
    report('A1', `${all} cells (${PRINCIPALS.length} callers), ${found.length} surprises`)
    expect(found).toEqual([])
  })

  test('the harness notices a gate that grants everything, and one that asks nobody who he is', async () => {
    const withAuthority = async (authority: Authority) => {
      const server = stubServer(authority)
      const found = await surprises(async ({ method, path, principal }) => {
        const headers = principal === 'anonymous' ? {} : { authorization: `Bearer ${principal}` }
        const got = await server.inject({ method: method as 'GET', url: `/api${path}`, headers })
        return got.statusCode
      })
      await server.close()
      return found.filter((line) => endpoints.some(({ name }) => line.startsWith(`${name} `)))
    }
    const callerFor = (username: string): Caller => ({
      userId: 'u',
      username,
      domain: 'd',
      groups: [],
      sessionId: 's',
      clientId: 'c',
    })
    const generous = await withAuthority({
      async authenticate(token) {
        if (token === 'bad token') throw new Fault('unauthenticated', 'Invalid token')
        return callerFor(token)
      },
      grants: () => true,
    })
    expect(generous).toContainEqual(expect.stringMatching(/^users\.create as Key Users: 400/))
    expect(generous).toContainEqual(
      expect.stringMatching(/^rootOfTrust\.rotate as User Admins: 400/),
    )
    const credulous = await withAuthority({
      authenticate: async (token) => callerFor(token),
      grants: () => false,
    })
    expect(credulous).toContainEqual(expect.stringMatching(/^self\.getUser as bad token: 400/))
    expect(credulous).toContainEqual(expect.stringMatching(/^users\.create as admin: 403/))
  })
})

/** The real gate with all routes, and behind it handlers that do nothing. */
function stubServer(authority: Authority) {
  const server = Fastify({ exposeHeadRoutes: false })
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
  const routes: Route[] = endpoints.map(({ name, endpoint }) => ({
    name,
    endpoint,
    handler: async () => {
      throw new Fault('invalid', 'past the gate')
    },
  }))
  const services = {
    store: { transact: async () => undefined },
    now: () => new Date(),
  } as unknown as Services
  mount(server, routes, { services, authority, checkReplies: false })
  return server
}

describe('A1: a route that does not say who may call it', () => {
  const planted = (access: string) => `
    import { z } from 'zod'
    import { endpoint } from '../../src/kit/endpoint.ts'
    export const planted = endpoint({
      method: 'GET', path: '/v1/planted', summary: 'Planted', ${access} audit: false, status: 200, reply: z.undefined(),
    })`

  test('does not compile', () => {
    const problems = (text: string) => {
      const file = new URL('planted.ts', import.meta.url).pathname
      const configFile = new URL('../../tsconfig.json', import.meta.url).pathname
      const config = ts.readConfigFile(configFile, ts.sys.readFile).config
      const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.')
      options.rootDir = new URL('../..', import.meta.url).pathname
      const host = ts.createCompilerHost(options)
      const { fileExists, getSourceFile } = host
      host.fileExists = (name) => name === file || fileExists(name)
      host.getSourceFile = (name, ...rest) =>
        name === file ? ts.createSourceFile(name, text, rest[0]) : getSourceFile(name, ...rest)
      const program = ts.createProgram([file], options, host)
      return program
        .getSemanticDiagnostics(program.getSourceFile(file))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
    }
    expect(problems(planted(''))).toEqual([expect.stringContaining("'access' is missing")])
    expect(problems(planted("access: { action: 'Read' },"))).toEqual([
      expect.stringContaining("'resource' is missing"),
    ])
    // The same with access compiles, so it is the missing access that is refused.
    expect(problems(planted("access: 'self',"))).toEqual([])
  })

  test('does not start', () => {
    const startWith = (access: unknown) => () =>
      mount(
        Fastify({ exposeHeadRoutes: false }),
        [
          {
            name: 'planted.get',
            endpoint: {
              method: 'GET',
              path: '/v1/planted',
              summary: 'Planted',
              audit: false,
              status: 200,
              reply: z.undefined(),
              access,
            } as Endpoint,
            handler: async () => undefined,
          },
        ],
        { services: {} as Services, authority: {} as Authority, checkReplies: false },
      )
    expect(startWith(undefined)).toThrow('planted.get does not say who may call it')
    expect(startWith({ action: '', resource: 'x' })).toThrow('does not say who may call it')
    expect(startWith('self')).not.toThrow()
  })
})
