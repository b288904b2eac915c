import { ConnectionError, type Transport } from '../../src/client/transport.ts'
import {
  begin,
  type ConnectionProblem,
  type Credentials,
  connectionFailure,
  type Host,
  type Outcome,
  type Request,
} from './commands/index.ts'

/**
 * Runs a command over a transport of the SDK, in Node or in a browser. Rejects with a CommandFailure, whose sentences
 * say what is wrong and what to do; of kind `input`, nothing was sent.
 */
export async function runCommand(
  transport: Transport,
  name: string,
  given: Readonly<Record<string, unknown>>,
  credentials: Credentials,
  host: Host,
): Promise<Outcome> {
  const exchange = begin(name, given, credentials, host)
  for (;;) {
    const request = exchange.next()
    if (request === undefined) return exchange.outcome()
    exchange.take(await sent(transport, request))
  }
}

const problems: Readonly<Record<ConnectionError['problem'], ConnectionProblem>> = {
  unreachable: 'unreachable',
  lost: 'lost',
  timeout: 'timeout',
  certificate: 'certificate',
  tls: 'tls',
  'too-large': 'lost',
}

async function sent(transport: Transport, request: Request) {
  try {
    return await transport.send(request)
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    throw connectionFailure(problems[error.problem], error.message)
  }
}
