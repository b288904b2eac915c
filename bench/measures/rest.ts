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
  const full = await lab.server(lab.many)
  const times: Record<'empty' | 'full' | 'npm', number[]> = { empty: [], full: [], npm: [] }
  const startAnew = async (server: Keystead, how: 'process' | 'npm start' = 'process') => {
    await server.stop()
    return server.start(how)
  }
  for (let round = 0; round < lab.options.rounds; round++) {
    times.empty.push(await startAnew(empty))
    times.full.push(await startAnew(full))
    times.npm.push(await startAnew(empty, 'npm start'))
  }
  // The load watches the server's own process, so it must not stand below npm afterwards.
  await startAnew(empty)
  const many = lab.many.toLocaleString('en')
  lab.time('first start, on an empty folder', spread(lab.firstStarts))
  lab.time('start on an existing folder without groups', spread(times.empty))
  lab.time(`start on an existing folder with ${many} groups`, spread(times.full))
  lab.time('npm start on an existing folder without groups', spread(times.npm))
  lab.find({
    promise: 'P10',
    metric: `start to first answer with ${many} groups against none`,
    figure: ratios(times.full, times.empty),
    unit: '×',
    target: { most: 1.1 },
    tolerance: true,
  })
  lab.find({
    promise: 'P10',
    metric: `start to first answer with ${many} groups`,
    figure: seconds(spread(times.full)),
    unit: ' s',
    target: { most: 1 },
    tolerance: true,
  })
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
  const atRest = async (groups: number): Promise<Memory> => {
    const server = await lab.server(groups)
    await server.stop()
    await server.start()
    const session = await server.signIn()
    await server.call(selfRequest(session), 200)
    await server.call(
      { method: 'GET', path: '/api/v1/usermgmt/groups/?limit=50', headers: session.bearer },
      200,
    )
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const found = treeMemory(server.pid)
    const { residentMib, proportionalMib, processes } = found
    lab.say(
      `${groups} groups: ${megabytes(residentMib).toFixed(1)} MB resident, ${megabytes(proportionalMib).toFixed(1)} MB with shared pages divided, ${processes} processes`,
    )
    return found
  }
  const empty = await atRest(0)
  const full = await atRest(lab.many)
  const one = (mib: number) => spread([megabytes(mib)])
  lab.size('memory at rest without groups, resident', one(empty.residentMib))
  lab.size('memory at rest without groups, shared pages divided', one(empty.proportionalMib))
  lab.size(`memory at rest with ${many} groups, resident`, one(full.residentMib))
  lab.size(`memory at rest with ${many} groups, shared pages divided`, one(full.proportionalMib))
  lab.find({
    promise: 'P10',
    metric: `memory at rest with ${many} groups, resident pages of all ${full.processes} processes added up`,
    figure: one(full.residentMib),
    unit: ' MB',
    target: { most: 100 },
    tolerance: true,
  })
}
