import { canSignIn, connect, signedIn } from '../connect.ts'
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
  if (canSignIn(settings)) {
    // Its contract is loaded where it is needed: the first question is answered without.
    const { info: contract } = await import('../../system/info/contract.ts')
    const info = await signedIn(settings, terminal, (own) => own.call(contract.get))
    terminal.say(`name     ${info.name}`)
    terminal.say(`version  ${info.version}`)
    terminal.say(`uptime   ${info.uptime}`)
    terminal.say(`time     ${info.system_time}`)
  }
  return isReady ? EXIT.ok : EXIT.failed
}
