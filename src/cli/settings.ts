import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_PROFILE, type Profile, Profiles, ProfilesError } from './profiles.ts'
import {
  type Address,
  address,
  addressOrOff,
  type Environment,
  file,
  folder,
  hostAndPort,
  httpsUrl,
  httpUrl,
  isLoopback,
  type NamedSetting,
  names,
  oneOf,
  onOff,
  postgresUrl,
  type RootKeySetting,
  rootKeySource,
  type Setting,
  settingNames,
  text,
  wholeNumber,
} from './settings-kinds.ts'
import { type Given, gather, SettingsError } from './settings-sources.ts'

export type { Address, Environment, RootKeySetting } from './settings-kinds.ts'
export { SettingsError } from './settings-sources.ts'

export interface CommonSettings {
  readonly config: string | undefined
  readonly dataDir: string
  readonly listen: Address
}

/** What the server reads. Paths are absolute. */
export interface ServerSettings extends CommonSettings {
  readonly allowRemote: boolean
  /** A PostgreSQL URL; undefined: SQLite in the data folder. */
  readonly databaseUrl: string | undefined
  readonly rootKey: RootKeySetting
  /** For the first start only. */
  readonly adminPassword: string | undefined
  readonly tlsNames: readonly string[]
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  readonly shutdownSeconds: number
  /** RSA keys of 1024 bits in CAs and certificates. */
  readonly allowRsa1024: boolean
  /** Deactivated keys process nothing either. */
  readonly strictDeactivated: boolean
  /** Where revocation lists and OCSP answers are served, over plain HTTP. */
  readonly pkiListen: Address | 'off'
  /** Whether somebody asked for this address: then it is needed, and else only wished for. */
  readonly pkiListenGiven: boolean
  /** The base of the addresses that certificates name; undefined: they name none. */
  readonly pkiUrl: string | undefined
}

/** What the commands that speak to a server read. */
export interface ClientSettings extends CommonSettings {
  readonly url: string
  /** False when the URL is this machine's own server, taken from `listen`. */
  readonly urlGiven: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly passwordFile: string | undefined
  readonly domain: string | undefined
  readonly caFile: string | undefined
  readonly insecure: boolean
  readonly timeoutSeconds: number
  readonly profile: string | undefined
  /** Of the profile in use: the certificates to trust, and the session to go on with. */
  readonly ca: string | undefined
  readonly session: SavedSession | undefined
}

/** A session that an earlier "keystead login" opened. */
export interface SavedSession {
  readonly name: string
  readonly profile: Profile
  readonly profiles: Profiles
}

type Rows<T> = { readonly [Name in keyof T]-?: Setting<Exclude<T[Name], undefined>> }

export const commonRows: Rows<CommonSettings> = {
  config: {
    kind: file,
    notInFile: true,
    help: 'A YAML file with any of these settings.',
  },
  dataDir: {
    kind: folder,
    default: './keystead-data',
    help: 'The folder with the database, the root key and the certificates.',
  },
  listen: {
    kind: address,
    default: '127.0.0.1:8443',
    help: 'Where the server listens. Where other machines reach it, only with --allow-remote.',
  },
}

export const serverRows: Rows<Omit<ServerSettings, keyof CommonSettings | 'pkiListenGiven'>> = {
  allowRemote: {
    kind: onOff,
    default: '0',
    help: 'Lets the server listen where other machines reach it.',
  },
  databaseUrl: {
    kind: postgresUrl,
    secret: true,
    help: 'A PostgreSQL database. Without it the server keeps a SQLite database in its data folder.',
  },
  rootKey: {
    kind: rootKeySource,
    default: 'file:<data folder>/root.key',
    help: 'The key that everything else is sealed under: a file, a variable with 32 bytes in base64 or hexadecimal, or a file with a passphrase.',
  },
  adminPassword: {
    kind: text,
    secret: true,
    help: 'The first password of admin, on the first start only. Without it one is made and shown, and must be changed.',
  },
  tlsNames: {
    kind: names,
    default: '',
    help: "More DNS names and IP addresses for the server's certificate.",
  },
  logLevel: {
    kind: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    default: 'info',
    help: 'The least severe messages to log.',
  },
  shutdownSeconds: {
    kind: wholeNumber(1, 3600),
    default: '20',
    help: 'How long requests may take to finish when the server stops.',
  },
  allowRsa1024: {
    kind: onOff,
    default: '0',
    help: 'Lets CAs and certificates have RSA keys of 1024 bits, which are weak: for devices that can do no better.',
  },
  strictDeactivated: {
    kind: onOff,
    default: '0',
    help: 'Lets deactivated keys decrypt, verify and unwrap nothing either. Otherwise they process what they once protected, as NIST SP 800-57 has it.',
  },
  pkiListen: {
    kind: addressOrOff,
    default: '127.0.0.1:8080',
    help: 'Where revocation lists and OCSP answers are served over plain HTTP, or off. Where other machines reach it, only with --allow-remote.',
  },
  pkiUrl: {
    kind: httpUrl,
    help: 'The address under which others reach that, such as http://pki.example.com. It is written into certificates as the place to look up their revocation; without it they name none.',
  },
}

export const clientRows: Rows<
  Omit<ClientSettings, keyof CommonSettings | 'urlGiven' | 'ca' | 'session'>
> = {
  url: {
    kind: httpsUrl,
    default: "this machine's own server",
    help: 'The server to speak to.',
  },
  username: { kind: text, default: 'admin', help: 'Who signs in.' },
  password: {
    kind: text,
    secret: true,
    help: 'The password. Without it and without a password file the command asks.',
  },
  passwordFile: {
    kind: file,
    help: 'A file whose first line is the password; - reads it from standard input.',
  },
  domain: { kind: text, default: 'root', help: 'The domain to work in, by name or id.' },
  caFile: {
    kind: file,
    help: "The certificates that the server's own must come from, in PEM. Without it: ca.pem in the data folder for this machine's own server, the system's for others.",
  },
  insecure: {
    kind: onOff,
    default: '0',
    help: 'Accepts any certificate. Whoever stands in between reads the password.',
  },
  timeoutSeconds: {
    kind: wholeNumber(1, 3600),
    default: '30',
    help: 'How long to wait for an answer.',
  },
  profile: {
    kind: text,
    notInFile: true,
    default: DEFAULT_PROFILE,
    help: 'The server and the session that "keystead login" has kept under this name. What is given otherwise goes before it.',
  },
}

const rowsOf = (rows: Readonly<Record<string, Setting>>): [string, Setting][] =>
  Object.entries(rows)

/** Every setting there is, with who reads it. */
export const allSettings: readonly NamedSetting[] = [
  ...rowsOf(commonRows).map(([name, row]) => ({ name, row, who: 'both' as const })),
  ...rowsOf(serverRows).map(([name, row]) => ({ name, row, who: 'server' as const })),
  ...rowsOf(clientRows).map(([name, row]) => ({ name, row, who: 'client' as const })),
]

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

/**
 * The same for a command that speaks to a server. What the profile says comes after all of these and before the
 * defaults; to make one (`login`), none has to be there yet.
 */
export function readClientSettings(
  argv: readonly string[],
  env: Environment,
  cwd: string,
  purpose: 'use' | 'login' = 'use',
): ClientSettings {
  const given = gather(argv, env, cwd, allSettings, 'client')
  const { problems } = given
  const url = given.value('url', clientRows.url)
  const password = given.value('password', clientRows.password)
  const passwordFile =
    given.text('passwordFile') === '-' ? '-' : given.value('passwordFile', clientRows.passwordFile)
  const username = given.value('username', clientRows.username)
  const domain = given.value('domain', clientRows.domain)
  const shared = common(given, cwd)
  const saved = profileFor(given, env, url, purpose, shared)
  const profile = saved?.profile
  // The session is its user's, in its domain; whoever names another or brings a password signs in himself.
  const isSame =
    (username === undefined || username === profile?.username) &&
    (domain === undefined || domain === profile?.domain) &&
    password === undefined &&
    passwordFile === undefined
  const settings: ClientSettings = {
    ...shared,
    url: url ?? profile?.url ?? ownUrl(shared),
    urlGiven: url !== undefined || profile !== undefined,
    username: username ?? profile?.username,
    password,
    passwordFile,
    domain: domain ?? profile?.domain,
    caFile: given.value('caFile', clientRows.caFile),
    insecure: given.value('insecure', clientRows.insecure) ?? profile?.insecure ?? false,
    timeoutSeconds: given.value('timeoutSeconds', clientRows.timeoutSeconds) ?? 30,
    profile: given.text('profile'),
    ca: profile?.ca,
    session: isSame ? saved : undefined,
  }
  problems.push(...given.unknownVariables(given.variableOfRootKey()))
  if (problems.length > 0) throw new SettingsError(problems)
  return settings
}

/** The profile that is asked for; without a word about it the default one, unless another server is meant. */
function profileFor(
  given: Given,
  env: Environment,
  url: string | undefined,
  purpose: 'use' | 'login',
  shared: CommonSettings,
): SavedSession | undefined {
  const asked = given.text('profile')
  const meansLocal = given.text('dataDir') !== undefined || given.text('listen') !== undefined
  if (asked === undefined && meansLocal) return undefined
  const name = asked ?? DEFAULT_PROFILE
  try {
    const profiles = new Profiles(env)
    const profile = profiles.get(name)
    const isOther = profile !== undefined && url !== undefined && url !== profile.url
    if (purpose === 'use' && asked !== undefined) {
      // A token that one server gave is never shown to another.
      if (isOther)
        given.problems.push(
          `The profile ${name} is of ${profile.url}, and ${url} is asked for; name one of the two.`,
        )
      else if (profile === undefined)
        given.problems.push(
          `There is no profile ${JSON.stringify(name)}; make it with: keystead login --profile ${name}`,
        )
    }
    if (profile === undefined || isOther) return undefined
    if (asked === undefined && url === undefined && isOfFormerServer(profile, shared))
      return undefined
    return { name, profile, profiles }
  } catch (error) {
    if (!(error instanceof ProfilesError)) throw error
    given.problems.push(error.message)
    return undefined
  }
}

/**
 * Whether a profile is of a server that was at this machine's own address before the one that lies in the data folder,
 * which was set up anew: its session means nothing to this one, and its CA would have us refuse it.
 */
function isOfFormerServer(profile: Profile, shared: CommonSettings): boolean {
  if (profile.url !== ownUrl(shared) || profile.ca === undefined) return false
  let own: readonly string[]
  try {
    own = certificatesIn(readFileSync(join(shared.dataDir, 'ca.pem'), 'utf8'))
  } catch {
    return false
  }
  const known = certificatesIn(profile.ca)
  return own.length > 0 && !own.some((certificate) => known.includes(certificate))
}

/** The certificates of a text in PEM, without the white space that differs from writer to writer. */
const certificatesIn = (pem: string): string[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((block) =>
    block.replace(/\s/g, ''),
  )

const ownUrl = ({ listen }: CommonSettings): string => `https://${hostAndPort(local(listen))}`

function common(given: Given, cwd: string): CommonSettings {
  return {
    config: given.configFile,
    dataDir:
      given.value('dataDir', commonRows.dataDir) ??
      folder.parse(commonRows.dataDir.default ?? '', cwd),
    listen:
      given.value('listen', commonRows.listen) ??
      address.parse(commonRows.listen.default ?? '', cwd),
  }
}

/** A server that listens on every address is reached on the loopback one. */
const local = ({ host, port }: Address): Address => ({
  host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host,
  port,
})

/** Those of a command's flags that the server has too, for commands that do its work while it is not running. */
export const serverFlags = (flags: readonly string[]): string[] => {
  const clientOnly = Object.keys(clientRows).map((name) => `--${settingNames(name).flag}`)
  return flags.filter((flag) => !clientOnly.includes(flag.split('=', 1)[0] ?? ''))
}
