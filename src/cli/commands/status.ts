import { catalogue } from '../../catalogue.ts'
import { connect, hasPassword, signedIn } from '../connect.ts'
import { EXIT } from '../failures.ts'
import type { Runner } from './run.ts'

/** Whether the server can work, and with a password also which one it is. */
export const status: Runner = async ({ terminal, clientSettings }) => {
  const settings = clientSettings()
  const client = connect(settings, undefined)
  let isReady: boolean
  try {
    const { alive, ready } = await client.health()
    isReady = alive && ready
  } finally {
    client.close()
  }
  terminal.say(`${settings.url} ${isReady ? 'is ready' : 'runs, but cannot do its work now'}`)
  if (hasPassword(settings)) {
    const info = await signedIn(settings, terminal, (own) => own.call(catalogue.info.get))
    terminal.say(`name     ${info.name}`)
    terminal.say(`version  ${info.version}`)
    terminal.say(`uptime   ${info.uptime}`)
    terminal.say(`time     ${info.system_time}`)
  }
  return isReady ? EXIT.ok : EXIT.failed
}
