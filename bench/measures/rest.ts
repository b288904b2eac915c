import { keysPath, keysServer } from '../keys.ts'
import type { Lab } from '../lab.ts'
import { type Memory, treeMemory } from '../procfs.ts'
import { type Keystead, selfRequest } from '../server.ts'
import { ratios, type Spread, spread } from '../statistics.ts'

const seconds = (ms: Spread): Spread => ({
  ...ms,
  median: ms.median / 1000,
  min: ms.min / 1000,
  max: ms.max / 1000,
})

/** Start-up on existing folders, from the start of the process to the first 200 of GET /healthz. */
export async function start(lab: Lab): Promise<void> {
  const empty = await lab.server(0)
  const groups = await lab.server(lab.many)
  const keys = await keysServer(lab, lab.many)
  const times: Record<'empty' | 'groups' | 'keys' | 'npm', number[]> = {
    empty: [],
    groups: [],
    keys: [],
    npm: [],
  }
  const startAnew = async (server: Keystead, how: 'process' | 'npm start' = 'process') => {
    await server.stop()
    const took = await server.start(how)
    // What it does after its start would share the core with the next one's.
    await server.rest()
    return took
  }
  for (let round = 0; round < lab.options.rounds; round++) {
    times.empty.push(await startAnew(empty))
    times.groups.push(await startAnew(groups))
    times.keys.push(await startAnew(keys))
    times.npm.push(await startAnew(empty, 'npm start'))
  }
  // The load watches the server's own process, so it must not stand below npm afterwards.
  await startAnew(empty)
  const many = lab.many.toLocaleString('en')
  lab.time('first start, on an empty folder', spread(lab.firstStarts))
  lab.time('start on an existing folder without groups and keys', spread(times.empty))
  lab.time('npm start on an existing folder without groups and keys', spread(times.npm))
  for (const what of ['groups', 'keys'] as const) {
    lab.time(`start on an existing folder with ${many} ${what}`, spread(times[what]))
    lab.find({
      promise: 'P10',
      metric: `start to first answer with ${many} ${what} against none`,
      figure: ratios(times[what], times.empty),
      unit: '×',
      target: { most: 1.1 },
      tolerance: true,
    })
    lab.find({
      promise: 'P10',
      metric: `start to first answer with ${many} ${what}`,
      figure: seconds(spread(times[what])),
      unit: ' s',
      target: { most: 1 },
      tolerance: true,
    })
  }
  lab.find({
    promise: 'start',
    metric: 'npm start to first answer',
    figure: seconds(spread(times.npm)),
    unit: ' s',
    target: { most: 2 },
    tolerance: true,
  })
}

/** Memory of a server that was started, asked for a token, a user and a page, and then left alone. */
export async function memory(lab: Lab): Promise<void> {
  const megabytes = (mib: number) => (mib * 1024 * 1024) / 1e6
  const many = lab.many.toLocaleString('en')
  const groupsPath = '/api/v1/usermgmt/groups/'
  const atRest = async (server: Keystead, path: string, what: string): Promise<Memory> => {
    await server.stop()
    await server.start()
    const session = await server.signIn()
    await server.call(selfRequest(session), 200)
    await server.call({ method: 'GET', path: `${path}?limit=50`, headers: session.bearer }, 200)
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const found = treeMemory(server.pid)
    const [resident, proportional] = [found.residentMib, found.proportionalMib].map(megabytes)
    lab.say(
      `${what}: ${resident?.toFixed(1)} MB resident, ${proportional?.toFixed(1)} MB with shared pages divided, ${found.processes} processes`,
    )
    lab.size(`memory at rest ${what}, resident`, spread([resident ?? Number.NaN]))
    lab.size(`memory at rest ${what}, shared pages divided`, spread([proportional ?? Number.NaN]))
    return found
  }
  await atRest(await lab.server(0), groupsPath, 'without groups and keys')
  for (const [what, server, path] of [
    ['groups', await lab.server(lab.many), groupsPath],
    ['keys', await keysServer(lab, lab.many), keysPath],
  ] as const) {
    const { residentMib, processes } = await atRest(server, path, `with ${many} ${what}`)
    lab.find({
      promise: 'P10',
      metric: `memory at rest with ${many} ${what}, resident pages of all ${processes} processes added up`,
      figure: spread([megabytes(residentMib)]),
      unit: ' MB',
      target: { most: 100 },
      tolerance: true,
    })
  }
}
