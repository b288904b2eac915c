import { DEFAULT_PROFILE, type Profile, type Profiles } from '../profiles.ts'
import {
  type Address,
  address,
  addressOrOff,
  file,
  folder,
  httpsUrl,
  httpUrl,
  type NamedSetting,
  names,
  oneOf,
  onOff,
  postgresUrl,
  type RootKeySetting,
  rootKeySource,
  type Setting,
  text,
  wholeNumber,
} from './kinds.ts'

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
