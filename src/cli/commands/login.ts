import { ApiError } from '../../client/api-error.ts'
import { type Client, ownCalls } from '../../client/client.ts'
import { SignInError, type TokenReply } from '../../client/session.ts'
import { connect, passwordOf, sessionOf, trusted, usernameOf } from '../connect.ts'
import { EXIT, Failed } from '../failures.ts'
import { DEFAULT_PROFILE, type Profile, Profiles } from '../profiles.ts'
import { aligned } from '../rows.ts'
import type { ClientSettings } from '../settings/index.ts'
import type { Runner } from './run.ts'

/** A session that nobody uses for so long ends on the server too. */
const UNUSED_MINUTES = 7 * 24 * 60

/** Signs in and keeps the session. Nothing is kept when the server refuses or cannot be trusted. */
export const login: Runner = async ({ terminal, clientSettings }) => {
  const settings = clientSettings('login')
  const name = settings.profile ?? DEFAULT_PROFILE
  const profiles = new Profiles(terminal.io.env)
  const before = profiles.get(name)
  profiles.place()
  const username = usernameOf(settings)
  const password = await passwordOf(settings, terminal, `Password of ${username}`)
  const client = connect(settings, undefined)
  try {
    const body = {
      grant_type: 'password',
      username,
      password,
      refresh_token_revoke_unused_in: UNUSED_MINUTES,
      ...(settings.domain === undefined ? {} : { domain: settings.domain }),
    }
    const token = (await client.request(ownCalls.signIn, { body })) as TokenReply
    profiles.set(name, {
      url: settings.url,
      username,
      domain: settings.domain,
      ca: trusted(settings)?.toString(),
      ...(settings.insecure ? { insecure: true } : {}),
      ...sessionOf(token, ''),
    })
  } catch (error) {
    throw error instanceof ApiError ? SignInError.from(error) : error
  } finally {
    client.close()
  }
  if (before !== undefined) await endQuietly(settings, before)
  terminal.say(`Signed in to ${settings.url} as ${username}.`)
  if (name !== DEFAULT_PROFILE)
    terminal.say(`Use it with --profile ${name} or KEYSTEAD_PROFILE=${name}.`)
  return EXIT.ok
}

/** The session that was replaced; one that cannot be ended now ends unused. */
async function endQuietly(settings: ClientSettings, before: Profile): Promise<void> {
  const client = clientOf(settings, before)
  await client.request(ownCalls.signOut).catch(() => {})
  client.close()
}

const clientOf = (settings: ClientSettings, { url, ca, insecure, refreshToken }: Profile): Client =>
  connect(
    { ...settings, url, ca, caFile: undefined, urlGiven: true, insecure: insecure ?? false },
    { refreshToken },
  )

/** Forgets the session in any case; the exit code says whether the server has ended it too. */
export const logout: Runner = async ({ terminal, clientSettings }) => {
  const settings = clientSettings()
  const name = settings.profile ?? DEFAULT_PROFILE
  const profiles = new Profiles(terminal.io.env)
  const profile = profiles.get(name)
  if (profile === undefined) throw new Failed('There is no session to end.')
  const client = clientOf(settings, profile)
  try {
    await client.request(ownCalls.signOut)
  } catch (error) {
    // Ended already, by time or by an administrator.
    if (!(error instanceof ApiError && error.status === 401)) {
      terminal.complain(
        'The session is forgotten here, and goes on at the server until it is a week unused.',
      )
      throw error
    }
  } finally {
    profiles.set(name, undefined)
    client.close()
  }
  terminal.say(`Signed out of ${profile.url}.`)
  return EXIT.ok
}

/** Names, servers and users; never a token. */
export const listProfiles: Runner = async ({ terminal }) => {
  const all = [...new Profiles(terminal.io.env).all()]
  if (all.length === 0) terminal.say('There are none; keystead login makes one.')
  else
    for (const row of aligned([
      ['NAME', 'URL', 'USER', 'DOMAIN'],
      ...all.map(([name, { url, username, domain }]) => [name, url, username, domain ?? '']),
    ]))
      terminal.say(row)
  return EXIT.ok
}
