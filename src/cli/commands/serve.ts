import { resolve } from 'node:path'
import { EXIT } from '../failures.ts'
import type { Initialised, RunningServer } from '../server-commands.ts'
import type { ServerSettings } from '../settings/index.ts'
import type { Terminal } from '../terminal.ts'
import type { Runner } from './run.ts'

/** Runs until it is asked to stop; running requests then have `shutdownSeconds` to finish. */
export const serve: Runner = async ({ terminal, server, serverSettings }) => {
  const settings = serverSettings()
  const asked = new Promise<void>((resolve) => terminal.io.onStop(resolve))
  const running = await server.startServer(settings)
  announce(terminal, settings, running)
  await asked
  await running.stop()
  terminal.say('Stopped.')
  return EXIT.ok
}

/** Makes what a first start makes. */
export const init: Runner = async ({ terminal, server, serverSettings }) => {
  const settings = serverSettings()
  const made = await server.initialise(settings)
  terminal.say(`Ready in ${settings.dataDir}.`)
  terminal.say(`CA certificate: ${made.caFile}`)
  sayFirstPassword(terminal, made)
  return EXIT.ok
}

function announce(terminal: Terminal, settings: ServerSettings, running: RunningServer): void {
  const flags = flagsToReach(settings, running, terminal.io.cwd)
  terminal.say(`Keystead runs at ${running.url}`)
  terminal.say(`CA certificate: ${running.caFile}`)
  sayFirstPassword(terminal, running)
  terminal.say()
  terminal.say('Try next:')
  terminal.say(`  npx keystead passwd${flags}`)
  terminal.say(`  npx keystead status${flags}`)
  terminal.say(`  curl --cacert ${shellWord(running.caFile)} ${running.url}/openapi.json`)
}

function sayFirstPassword(terminal: Terminal, { firstPassword }: Initialised): void {
  if (firstPassword === undefined) return
  terminal.say()
  terminal.say('The administrator is admin, with a password that is shown only now:')
  terminal.say(`  ${firstPassword}`)
  terminal.say('It must be changed before it opens anything.')
}

/** What the other commands need to find this server when it is not where they look by themselves. */
function flagsToReach({ dataDir }: ServerSettings, running: RunningServer, cwd: string): string {
  const isUsual =
    running.url === 'https://127.0.0.1:8443' && dataDir === resolve(cwd, 'keystead-data')
  return isUsual ? '' : ` --url ${running.url} --ca-file ${shellWord(running.caFile)}`
}

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
