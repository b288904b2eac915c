import { resolve } from 'node:path'
import { apply } from '../bootstrap/apply.ts'
import { readWishes } from '../bootstrap/document.ts'
import { givenPassword, makePassword, PasswordsFile } from '../bootstrap/passwords.ts'
import { describe, type Plan, planFor, type Step } from '../bootstrap/plan.ts'
import { signedIn } from '../connect.ts'
import { EXIT, UsageError } from '../failures.ts'
import type { Environment } from '../settings/index.ts'
import type { Runner } from './run.ts'

/** Looks at everything first, then works; what fails half way is finished by running it again. */
export const bootstrap: Runner = async ({ terminal, clientSettings, invocation }) => {
  const settings = clientSettings()
  const { cwd, env } = terminal.io
  const wishes = readWishes(resolve(cwd, invocation.argument ?? ''))
  const { 'dry-run': dryRun, 'passwords-file': passwordsPath } = invocation.options
  return signedIn(settings, terminal, async (client) => {
    const plan = await planFor(client, wishes)
    const passwords = passwordsFor(plan, env)
    if (dryRun !== undefined) {
      for (const step of plan.steps) terminal.say(`would ${describe(step)}`)
      terminal.say(summary(plan, 'to do'))
      return EXIT.ok
    }
    const file = openPasswordsFile(passwords, passwordsPath && resolve(cwd, passwordsPath))
    const made = new Map<string, string>()
    try {
      for (const step of plan.steps) {
        const password = passwords.get(step)
        if (password?.isMade && step.do === 'create user')
          file?.add(step.wish.username, password.text)
        await apply(client, step, password?.text, made)
        terminal.say(describe(step))
      }
    } finally {
      file?.close()
    }
    terminal.say(summary(plan, 'done'))
    return EXIT.ok
  })
}

interface Password {
  readonly text: string
  readonly isMade: boolean
}

/** The passwords of the users to be made. Those who only have certificates need none. */
function passwordsFor({ steps }: Plan, env: Environment): Map<Step, Password> {
  const passwords = new Map<Step, Password>()
  for (const step of steps) {
    if (step.do !== 'create user') continue
    const given = givenPassword(step.wish, env)
    const { allowed_auth_methods: methods, certificate_subject_dn: subject } = step.wish
    const onlyCertificate = subject && methods?.every((method) => method === 'user_certificate')
    if (given !== undefined) passwords.set(step, { text: given, isMade: false })
    else if (!onlyCertificate) passwords.set(step, { text: makePassword(step.rules), isMade: true })
  }
  return passwords
}

/** The file is made before anything is done, so that no password is set that nobody will ever see. */
function openPasswordsFile(
  passwords: ReadonlyMap<Step, Password>,
  path: string | undefined,
): PasswordsFile | undefined {
  const made = [...passwords].filter(([, { isMade }]) => isMade).map(([step]) => step)
  if (made.length === 0) return undefined
  if (path === undefined)
    throw new UsageError(
      `${made.map(describe).join(', ')}: a password would be made, so name a new file for it with --passwords-file.`,
    )
  const file = new PasswordsFile(path)
  file.open()
  return file
}

const summary = ({ steps, unchanged }: Plan, what: string): string =>
  steps.length === 0
    ? `unchanged: all ${unchanged} are as the file says`
    : `${steps.length} ${what}, ${unchanged} unchanged`
