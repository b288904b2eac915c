import { writeFileSync } from 'node:fs'
import { url } from 'node:inspector'

/**
 * Keeps keys inside this process as far as Node lets us: core dumps leave the memory out (core(5)), the signals that
 * would open a debugger or write a report do nothing, and every file that is made is the owner's alone.
 */
export function hardenProcess(): void {
  process.umask(0o077)
  // Node opens its debugger on SIGUSR1 and writes diagnostic reports on SIGUSR2 where nobody listens.
  process.on('SIGUSR1', () => {})
  process.on('SIGUSR2', () => {})
  try {
    writeFileSync('/proc/self/coredump_filter', '0x0')
  } catch {
    // Not Linux, or a container without a writable /proc; the service file's LimitCORE=0 stands beside this.
  }
}

/** Flags of Node that open the process to others, or load code before ours. */
const UNSAFE_FLAGS = [
  ['--inspect', 'opens a debugger'],
  ['--debug', 'opens a debugger'],
  ['--require', 'loads other code first'],
  ['-r', 'loads other code first'],
  ['--import', 'loads other code first'],
  ['--loader', 'loads other code first'],
  ['--experimental-loader', 'loads other code first'],
  ['--tls-keylog', 'writes down TLS session keys'],
  ['--trace-tls', 'writes down TLS traffic'],
  ['--heapsnapshot', 'writes the memory to disk'],
  ['--heap-prof', 'writes parts of the memory to disk'],
  ['--report', 'writes the environment to disk'],
  ['--abort-on-uncaught-exception', 'dumps core on a failure'],
  ['--tls-min-v1.0', 'allows outdated TLS'],
  ['--tls-min-v1.1', 'allows outdated TLS'],
  ['--insecure-http-parser', 'reads malformed HTTP'],
  ['--security-revert', 'brings a known weakness back'],
] as const

/** Variables that do the same. */
const UNSAFE_VARIABLES = [
  ['NODE_OPTIONS', 'may load other code or open a debugger'],
  ['NODE_DEBUG', 'writes request headers to the log'],
  ['NODE_DEBUG_NATIVE', 'writes internals to the log'],
  ['NODE_REPL_EXTERNAL_MODULE', 'loads other code'],
] as const

/** One sentence for each way in which this process was started unsafely; a server that holds keys refuses them all. */
export function unsafeStart(
  env: NodeJS.ProcessEnv = process.env,
  execArgv: readonly string[] = process.execArgv,
): string[] {
  const found = UNSAFE_VARIABLES.filter(([name]) => env[name]).map(
    ([name, does]) => `The environment variable ${name} ${does}; unset it.`,
  )
  const { NODE_TLS_REJECT_UNAUTHORIZED: checksTls } = env
  if (checksTls === '0') {
    found.push('NODE_TLS_REJECT_UNAUTHORIZED=0 trusts every certificate; unset it.')
  }
  for (const argument of execArgv) {
    // Node reads underscores in its flags as dashes.
    const flag = argument.replaceAll('_', '-')
    const unsafe = UNSAFE_FLAGS.find(([name]) =>
      name === '-r' ? flag === name : flag.startsWith(name),
    )
    if (unsafe) found.push(`The flag ${unsafe[0]} of Node ${unsafe[1]}; start without it.`)
  }
  if (url() !== undefined) found.push('A debugger is open on this process; start without it.')
  return found
}
