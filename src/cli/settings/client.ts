import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_PROFILE, type Profile, Profiles, ProfilesError } from '../profiles.ts'
import { common } from './common.ts'
import { type Address, type Environment, hostAndPort } from './kinds.ts'
import {
  allSettings,
  type ClientSettings,
  type CommonSettings,
  clientRows,
  type SavedSession,
} from './rows.ts'
import { type Given, gather, SettingsError } from './sources.ts'

/**
 * The settings of a command that speaks to a server, from the same sources. What the profile says comes after all of these and before the
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

/** A server that listens on every address is reached on the loopback one. */
const local = ({ host, port }: Address): Address => ({
  host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host,
  port,
})
