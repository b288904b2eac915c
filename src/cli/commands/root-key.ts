import { ConnectionError } from '../../client/transport.ts'
import { rootOfTrust } from '../../system/root-of-trust/contract.ts'
import { connect, signedIn } from '../connect.ts'
import { EXIT } from '../failures.ts'
import type { ClientSettings } from '../settings/index.ts'
import type { Runner } from './run.ts'

/** Through the server when one runs; a server elsewhere that does not answer is a failure, not an invitation. */
export const rotateRootKey: Runner = async ({
  terminal,
  server,
  clientSettings,
  serverSettings,
}) => {
  const settings = clientSettings()
  if (settings.urlGiven || (await runsHere(settings))) {
    const { id } = await signedIn(settings, terminal, (client) => client.call(rootOfTrust.rotate))
    terminal.say(`The server now uses the root key ${id}.`)
  } else {
    await server.rotateRootKeyOffline(serverSettings())
    terminal.say('The root key is replaced; no server was running.')
  }
  return EXIT.ok
}

/** Only a refused connection means that no server is there: one that cannot be trusted or is slow still runs. */
async function runsHere(settings: ClientSettings): Promise<boolean> {
  const client = connect(settings, undefined)
  try {
    await client.health()
    return true
  } catch (error) {
    if (error instanceof ConnectionError && error.problem === 'unreachable') return false
    throw error
  } finally {
    client.close()
  }
}
