import { ApiError } from '../../client/api-error.ts'
import { SignInError } from '../../client/session.ts'
import { self } from '../../identity/self/contract.ts'
import { connect, passwordOf, secretFrom, usernameOf } from '../connect.ts'
import { EXIT, Failed, oneLine, UsageError } from '../failures.ts'
import type { Terminal } from '../terminal.ts'
import type { Runner } from './run.ts'

/** Changes a password; the old one is proof enough, so that one that must be changed can be. */
export const passwd: Runner = async ({ terminal, clientSettings, invocation }) => {
  const settings = clientSettings()
  const username = usernameOf(settings)
  const isPiped = !terminal.isInteractive
  const old = isPiped && settings.passwordFile === undefined && settings.password === undefined
  const password = old
    ? await secretFrom('-', terminal)
    : await passwordOf(settings, terminal, `Old password of ${username}`)
  const newFile = invocation.options['new-password-file'] ?? (isPiped ? '-' : undefined)
  const newPassword =
    newFile === undefined ? await askTwice(terminal) : await secretFrom(newFile, terminal)
  if (newPassword === password) throw new UsageError('The new password is the old one.')

  const client = connect(settings, undefined)
  try {
    await client.call(self.changePassword, {
      body: { username, password, new_password: newPassword },
    })
  } catch (error) {
    // The call signs in, so to say: a 401 is about the old password.
    if (error instanceof ApiError && error.status === 401) throw SignInError.from(error)
    if (error instanceof ApiError && error.status === 400)
      throw new Failed(`The new password is refused: ${oneLine(error.message)}`)
    throw error
  } finally {
    client.close()
  }
  terminal.say(`The password of ${username} is changed.`)
  return EXIT.ok
}

async function askTwice(terminal: Terminal): Promise<string> {
  const once = await terminal.askSecret('New password')
  const again = await terminal.askSecret('New password once more')
  if (once === '') throw new UsageError('An empty password is none.')
  if (once !== again) throw new UsageError('The two differ; nothing is changed.')
  return once
}
