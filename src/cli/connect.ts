import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Client, type Credentials, nodeTransport } from '../client/index.ts'
import { Failed, UsageError } from './failures.ts'
import type { ClientSettings } from './settings.ts'
import type { Terminal } from './terminal.ts'
import { packageVersion } from './version.ts'

export const usernameOf = (settings: ClientSettings): string => settings.username ?? 'admin'

/** A client for the server that the settings name, trusting what they say. */
export function connect(settings: ClientSettings, credentials: Credentials | undefined): Client {
  const options = {
    credentials,
    domain: settings.domain,
    userAgent: `keystead/${packageVersion()}`,
  }
  return new Client(transportFor(settings), options)
}

/** The way to that server. */
export const transportFor = (settings: ClientSettings) =>
  nodeTransport({
    url: settings.url,
    ca: trusted(settings),
    insecure: settings.insecure,
    timeout: settings.timeoutSeconds * 1000,
  })

/** This machine's own server is known by the CA in its data folder; others by the file named, or the system's CAs. */
function trusted({ caFile, urlGiven, dataDir }: ClientSettings): Buffer | undefined {
  const own = join(dataDir, 'ca.pem')
  const file = caFile ?? (urlGiven || !existsSync(own) ? undefined : own)
  if (file === undefined) return undefined
  let pem: Buffer
  try {
    pem = readFileSync(file)
  } catch {
    throw new UsageError(`The CA file ${file} cannot be read.`)
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw new UsageError(`The CA file ${file} holds no certificate in PEM.`)
  return pem
}

/** Does the work signed in, and leaves no session behind. */
export async function signedIn<T>(
  settings: ClientSettings,
  terminal: Terminal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const username = usernameOf(settings)
  const password = await passwordOf(settings, terminal, `Password of ${username}`)
  const client = connect(settings, { username, password })
  try {
    return await work(client)
  } finally {
    // The work is done or has failed for a reason of its own; a session that stays open ends by itself.
    await client.signOut().catch(() => {})
    client.close()
  }
}

/** Whether a password is given, so that nobody need be asked. */
export const hasPassword = ({ password, passwordFile }: ClientSettings): boolean =>
  password !== undefined || passwordFile !== undefined

/** The password: as given, from its file, or from whoever sits at the terminal. */
export async function passwordOf(
  { password, passwordFile }: ClientSettings,
  terminal: Terminal,
  question: string,
): Promise<string> {
  if (passwordFile !== undefined) return secretFrom(passwordFile, terminal)
  if (password !== undefined) return password
  if (terminal.isInteractive) return terminal.askSecret(question)
  throw new UsageError(
    'There is no password: set KEYSTEAD_PASSWORD or --password-file, or run this in a terminal.',
  )
}

/** The first line of a file; of `-` the next line of standard input. */
export async function secretFrom(file: string, terminal: Terminal): Promise<string> {
  const line = file === '-' ? await terminal.line() : firstLine(resolve(terminal.io.cwd, file))
  if (line === undefined || line === '')
    throw new Failed(`${file === '-' ? 'Standard input' : file} holds no password.`)
  return line
}

function firstLine(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0]
  } catch {
    throw new UsageError(`The password file ${file} cannot be read.`)
  }
}
