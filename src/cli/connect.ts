import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Client } from '../client/client.ts'
import { nodeTransport } from '../client/node-transport.ts'
import { type Credentials, SignInError, type TokenReply } from '../client/session.ts'
import type { Transport } from '../client/transport.ts'
import { Failed, UsageError } from './failures.ts'
import { DEFAULT_PROFILE, type Profile, ProfilesError } from './profiles.ts'
import type { ClientSettings, SavedSession } from './settings/index.ts'
import type { Terminal } from './terminal.ts'
import { packageVersion } from './version.ts'

export const usernameOf = (settings: ClientSettings): string => settings.username ?? 'admin'

/** A client for the server that the settings name, trusting what they say. */
export function connect(
  settings: ClientSettings,
  credentials: Credentials | undefined,
  renewed?: (token: TokenReply) => void,
): Client {
  const options = {
    credentials,
    domain: settings.domain,
    userAgent: `keystead/${packageVersion()}`,
    renewed,
  }
  return new Client(transportFor(settings), options)
}

/** The way to that server, through the proxy that the environment names for it. */
export function transportFor(settings: ClientSettings): Transport {
  const options = {
    url: settings.url,
    ca: trusted(settings),
    insecure: settings.insecure,
    timeout: settings.timeoutSeconds * 1000,
  }
  try {
    return nodeTransport(options)
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith('the proxy'))
      throw new UsageError(`HTTPS_PROXY is not usable: ${error.message}.`)
    throw error
  }
}

/** A server is known by the file named or by its profile; this machine's own by the CA in its data folder; others by the system's CAs. */
export function trusted({ caFile, ca, urlGiven, dataDir }: ClientSettings): Buffer | undefined {
  if (caFile === undefined && ca !== undefined) return Buffer.from(ca)
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

/** Does the work signed in: with the session of the profile, else with a password, and then leaves no session behind. */
export async function signedIn<T>(
  settings: ClientSettings,
  terminal: Terminal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  if (settings.session !== undefined) return inSession(settings, settings.session, terminal, work)
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

async function inSession<T>(
  settings: ClientSettings,
  { name, profile, profiles }: SavedSession,
  terminal: Terminal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { refreshToken, jwt, endsAt, seconds } = profile
  const left = (Date.parse(endsAt) - Date.now()) / 1000
  // A clock that was set back must not keep a token alive; the server has the last word anyway.
  const current = left <= seconds && left > MARGIN_SECONDS ? { jwt, secondsLeft: left } : undefined
  const keep = (token: TokenReply): void => {
    try {
      // Logged out or replaced meanwhile: then there is nothing to go on with.
      if (profiles.get(name)?.refreshToken !== refreshToken) return
      profiles.set(name, { ...profile, ...sessionOf(token, refreshToken) })
    } catch (error) {
      if (!(error instanceof ProfilesError)) throw error
      // The next command has to ask for a token again; this one has its own.
      terminal.complain(error.message)
    }
  }
  const client = connect(settings, { refreshToken, current }, keep)
  try {
    return await work(client)
  } catch (error) {
    if (!(error instanceof SignInError) || error.status !== 401) throw error
    const flag = name === DEFAULT_PROFILE ? '' : ` --profile ${name}`
    throw new SignInError(error.status, {
      codeDesc: error.codeDesc,
      message: `the session has ended. Run: keystead login${flag}`,
    })
  } finally {
    client.close()
  }
}

const MARGIN_SECONDS = 5

/** What a profile keeps of a token. */
export const sessionOf = (
  { jwt, duration, refresh_token }: TokenReply,
  refreshToken: string,
): Pick<Profile, 'jwt' | 'refreshToken' | 'endsAt' | 'seconds'> => ({
  jwt,
  refreshToken: refresh_token ?? refreshToken,
  endsAt: new Date(Date.now() + duration * 1000).toISOString(),
  seconds: duration,
})

/** Whether there is a password or a session, so that nobody need be asked. */
export const canSignIn = ({ password, passwordFile, session }: ClientSettings): boolean =>
  password !== undefined || passwordFile !== undefined || session !== undefined

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
