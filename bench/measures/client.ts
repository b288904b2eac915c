import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { catalogue, createClient } from '../../src/client/index.ts'
import type { Lab, Side } from '../lab.ts'
import { rateRatio } from '../lab.ts'
import { launch, SERVER_CORE, scratch, stop } from '../processes.ts'
import { ForeignTime } from '../procfs.ts'
import { ADMIN_PASSWORD, type Keystead } from '../server.ts'
import { percentile, ratios, spread } from '../statistics.ts'

/** Starts in one round; a single one says little on a machine that does other things. */
const STARTS = 5

/** From the start of a command to the first byte that a server gets from it. */
export async function commandLine(lab: Lab): Promise<void> {
  let arrived: (milliseconds: number) => void = () => {}
  const listener = createServer((socket) => {
    socket.once('data', () => {
      arrived(performance.now())
      socket.destroy()
    })
    socket.on('error', () => {})
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const bare = join(scratch('bare'), 'connect.mjs')
  writeFileSync(
    bare,
    `import { request } from 'node:https'
request({ host: '127.0.0.1', port: ${port}, rejectUnauthorized: false })
  .on('error', () => {}).end()
`,
  )
  const url = `https://127.0.0.1:${port}`
  const command = ['bin/keystead.js', 'groups', 'list', '--url', url, '--insecure']
  const measured = async (args: readonly string[]): Promise<number> => {
    const seen = new Promise<number>((resolve) => {
      arrived = resolve
    })
    const since = performance.now()
    const child = launch({
      core: SERVER_CORE,
      command: process.execPath,
      args,
      env: { KEYSTEAD_PASSWORD: ADMIN_PASSWORD },
      log: join(scratch('logs'), 'command-line.log'),
    })
    const at = await seen
    await stop(child)
    return at - since
  }
  const median = async (args: readonly string[]): Promise<number> => {
    const times: number[] = []
    for (let i = 0; i < STARTS; i++) times.push(await measured(args))
    return spread(times).median
  }
  try {
    // Fills the compile cache, as the first command after an installation does.
    await measured(command)
    const times: { keystead: number[]; bare: number[] } = { keystead: [], bare: [] }
    for (let round = 0; round < lab.options.rounds; round++) {
      times.keystead.push(await median(command))
      times.bare.push(await median([bare]))
    }
    lab.find({
      promise: 'CLI',
      metric: 'start of a command to the first byte sent',
      figure: spread(times.keystead),
      unit: ' ms',
      target: { most: 150 },
      tolerance: true,
    })
    lab.time('start of a program that only connects, to the first byte sent', spread(times.bare))
    lab.compare(
      'start of a command against a program that only connects',
      ratios(times.keystead, times.bare),
    )
  } finally {
    listener.close()
  }
}

/** Calls of the SDK with one token, one after the other and 32 at once. */
export async function client(lab: Lab): Promise<void> {
  const server = await lab.server(lab.few)
  const { host, port, ca } = server.target
  const sdk = createClient({
    url: `https://${host}:${port}`,
    ca,
    credentials: { username: 'admin', password: ADMIN_PASSWORD },
  })
  try {
    await sdk.call(catalogue.self.getUser)
    const call = () => sdk.call(catalogue.groups.get, { params: { name: 'admin' } })
    const side = (name: string, atOnce: number): Side => ({
      name,
      run: () => calls(call, atOnce, lab.seconds(2), server),
    })
    const [one = [], many = []] = await lab.interleave([
      side('SDK: GET group, one after the other', 1),
      side('SDK: GET group, 32 at once', 32),
    ])
    lab.compare('calls of the SDK 32 at once against one after the other', rateRatio(many, one))
    await sdk.signOut()
  } finally {
    sdk.close()
  }
}

async function calls(
  call: () => Promise<unknown>,
  atOnce: number,
  seconds: number,
  server: Keystead,
) {
  const took: number[] = []
  const foreign = new ForeignTime(SERVER_CORE, server.pid)
  const cpu = process.cpuUsage()
  const since = performance.now()
  const until = since + seconds * 1000
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (performance.now() < until) {
        const began = performance.now()
        await call()
        took.push(performance.now() - began)
      }
    }),
  )
  const elapsed = (performance.now() - since) / 1000
  const { user, system } = process.cpuUsage(cpu)
  took.sort((a, b) => a - b)
  return {
    perSecond: took.length / elapsed,
    cpuMicros: (user + system) / took.length,
    foreignShare: foreign.share(),
    p50: percentile(took, 50),
    p99: percentile(took, 99),
    max: took.at(-1) ?? Number.NaN,
    loadShare: (user + system) / (elapsed * 1_000_000),
  }
}
