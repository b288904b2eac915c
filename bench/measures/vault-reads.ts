import type { Question as PageQuestion } from '../floors/select-page.ts'
import { databaseOf, Floor, startBare } from '../floors.ts'
import { keyName, keysPath, keysServer } from '../keys.ts'
import { type Lab, rateRatio } from '../lab.ts'
import type { Keystead } from '../server.ts'

/** Names that are asked for in turn, spread over all keys. */
const NAMES = 1000
const FEW = 100
const PAGE = 1000
/** A page has a megabyte; more connections would only wait for each other. */
const PAGE_CONNECTIONS = 4

/** A key by its name and pages of keys, among few and many, against the same bytes and the same rows from bare ones. */
export async function vaultReads(lab: Lab): Promise<void> {
  const few = await keysServer(lab, FEW)
  const many = await keysServer(lab, lab.many)
  await byName(lab, few, many)
  await pages(lab, many)
}

async function byName(lab: Lab, few: Keystead, many: Keystead): Promise<void> {
  const count = lab.many.toLocaleString('en')
  const requests = async (server: Keystead, keys: number) => {
    const headers = (await server.signIn()).bearer
    return Array.from({ length: Math.min(NAMES, keys) }, (_, at) => ({
      method: 'GET',
      path: `${keysPath}${keyName(Math.floor((at * keys) / Math.min(NAMES, keys)))}`,
      headers,
    }))
  }
  const [sample] = await requests(many, lab.many)
  if (!sample) throw new Error('there is no key to ask for')
  const { status, body } = await many.answer(sample)
  const bareRoutes = [{ method: 'GET' as const, path: sample.path, status, body }]
  const bareFastify = await startBare('bare-fastify', bareRoutes)
  const bareNode = await startBare('bare-node', bareRoutes)
  const { connections } = lab
  const seconds = lab.seconds(1.5)
  const get = (server: Keystead, keys: number) => async () => ({
    connections,
    requests: await requests(server, keys),
    expect: [200],
  })
  const bare = { connections, requests: [sample], expect: [200] }
  try {
    const [ours = [], small = [], fastify = [], node = []] = await lab.interleave([
      lab.stream(`GET key by name among ${count}`, many, seconds, get(many, lab.many)),
      lab.stream(`GET key by name among ${FEW}`, few, seconds, get(few, FEW)),
      lab.stream('GET key: bare fastify, same bytes', bareFastify, seconds, () => bare),
      lab.stream('GET key: bare node:https, same bytes', bareNode, seconds, () => bare),
    ])
    lab.find({
      promise: 'P8',
      metric: `GET key by name among ${count} against bare fastify, same bytes`,
      figure: rateRatio(ours, fastify),
      unit: '',
      target: { least: 0.65 },
      tolerance: true,
    })
    lab.compare('GET key by name against bare node:https', rateRatio(ours, node))
    lab.find({
      promise: 'P8',
      metric: `GET key by name among ${count} against among ${FEW}`,
      figure: rateRatio(ours, small),
      unit: '',
      target: { least: 0.9 },
      tolerance: true,
    })
  } finally {
    await Promise.all([bareFastify.stop(), bareNode.stop()])
  }
}

async function pages(lab: Lab, server: Keystead): Promise<void> {
  const count = lab.many.toLocaleString('en')
  const bare = new Floor<PageQuestion>('select-keys.ts', databaseOf(server.folder))
  const seconds = lab.seconds(1.5)
  const page = (skip: number) => async () => ({
    connections: PAGE_CONNECTIONS,
    requests: [
      {
        method: 'GET',
        path: `${keysPath}?skip=${skip}&limit=${PAGE}`,
        headers: (await server.signIn()).bearer,
      },
    ],
    expect: [200],
  })
  const last = lab.many - PAGE
  const named = (which: string) => `page of ${PAGE} keys among ${count}, ${which}`
  const floor = (which: string, skip: number) =>
    bare.side(`bare select and JSON.stringify of these rows, ${which}`, {
      seconds: lab.seconds(0.7),
      skip,
      limit: PAGE,
    })
  try {
    const [first = [], end = [], middle = [], bareFirst = [], bareEnd = []] = await lab.interleave([
      lab.stream(named('first'), server, seconds, page(0)),
      lab.stream(named('last'), server, seconds, page(last)),
      lab.stream(named('middle'), server, seconds, page(Math.floor(last / 2))),
      floor('first', 0),
      floor('last', last),
    ])
    lab.find({
      promise: 'P9',
      metric: `${named('first')}, against bare select and JSON.stringify of the same rows`,
      figure: rateRatio(first, bareFirst),
      unit: '',
      target: { least: 2 },
      tolerance: true,
    })
    lab.find({
      promise: 'P9',
      metric: `${named('last')} against first`,
      figure: rateRatio(end, first),
      unit: '',
      target: { least: 0.9 },
      tolerance: true,
    })
    lab.compare(`${named('middle')} against first`, rateRatio(middle, first))
    lab.compare(`${named('last')} against bare select and JSON.stringify`, rateRatio(end, bareEnd))
  } finally {
    await bare.stop()
  }
}
