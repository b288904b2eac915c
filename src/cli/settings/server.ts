import { join } from 'node:path'
import { common } from './common.ts'
import { address, type Environment, hostAndPort, isLoopback, settingNames } from './kinds.ts'
import { allSettings, clientRows, type ServerSettings, serverRows } from './rows.ts'
import { gather, SettingsError } from './sources.ts'

/**
 * The settings of the server from its flags, the environment, the configuration file and the defaults, in this order.
 * SettingsError says in one sentence each what is unknown, malformed or unsafe; then nothing should be started.
 */
export function readServerSettings(
  argv: readonly string[],
  env: Environment,
  cwd: string,
): ServerSettings {
  const given = gather(argv, env, cwd, allSettings, 'server')
  const { problems } = given
  const { config, dataDir, listen } = common(given, cwd)
  const settings: ServerSettings = {
    config,
    dataDir,
    listen,
    allowRemote: given.value('allowRemote', serverRows.allowRemote) ?? false,
    databaseUrl: given.value('databaseUrl', serverRows.databaseUrl),
    rootKey: given.value('rootKey', serverRows.rootKey) ?? {
      scheme: 'file',
      path: join(dataDir, 'root.key'),
    },
    adminPassword: given.value('adminPassword', serverRows.adminPassword),
    tlsNames: given.value('tlsNames', serverRows.tlsNames) ?? [],
    logLevel: given.value('logLevel', serverRows.logLevel) ?? 'info',
    shutdownSeconds: given.value('shutdownSeconds', serverRows.shutdownSeconds) ?? 20,
    allowRsa1024: given.value('allowRsa1024', serverRows.allowRsa1024) ?? false,
    strictDeactivated: given.value('strictDeactivated', serverRows.strictDeactivated) ?? false,
    pkiListen:
      given.value('pkiListen', serverRows.pkiListen) ??
      address.parse(serverRows.pkiListen.default ?? '', cwd),
    pkiListenGiven: given.text('pkiListen') !== undefined,
    pkiUrl: given.value('pkiUrl', serverRows.pkiUrl),
  }
  const variable = settings.rootKey.scheme === 'env' ? settings.rootKey.variable : undefined
  problems.push(...given.unknownVariables(variable))
  for (const [name, where] of [
    ['listen', listen],
    ['pkiListen', settings.pkiListen],
  ] as const)
    if (where !== 'off' && !isLoopback(where.host) && !settings.allowRemote)
      problems.push(
        `${settingNames(name).env} is ${hostAndPort(where)}, where other machines reach it; ` +
          `set ${settingNames('allowRemote').env}=1 if they should.`,
      )
  const { NODE_TLS_REJECT_UNAUTHORIZED: checksCertificates } = env
  if (checksCertificates === '0')
    problems.push(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 switches certificate checks off for the whole server; unset it.',
    )
  if (problems.length > 0) throw new SettingsError(problems)
  return settings
}

/** Those of a command's flags that the server has too, for commands that do its work while it is not running. */
export const serverFlags = (flags: readonly string[]): string[] => {
  const clientOnly = Object.keys(clientRows).map((name) => `--${settingNames(name).flag}`)
  return flags.filter((flag) => !clientOnly.includes(flag.split('=', 1)[0] ?? ''))
}
