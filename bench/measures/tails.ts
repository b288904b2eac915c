import { databaseOf, walRestarts } from '../floors.ts'
import { type Lab, p99s, type Side } from '../lab.ts'
import type { Stream } from '../load-job.ts'
import { type Reading, readingOf } from '../readings.ts'
import {
  createGroupRequest,
  type Keystead,
  selfRequest,
  signInRequest,
  USER_PASSWORD,
} from '../server.ts'
import { ratios } from '../statistics.ts'

/**
 * Latency beside other work, in two ways. At full load every connection asks again as soon as it is answered, so the
 * neighbour also takes its share of the core and the median grows with it. At a steady rate, a quarter of what the
 * server can do, only what makes a request wait shows.
 */
export async function tails(lab: Lab): Promise<void> {
  const server = await lab.server(lab.few)
  const { connections } = lab
  await server.users(16)
  const self = async (): Promise<Stream> => ({
    name: 'GET self',
    connections,
    requests: [selfRequest(await server.signIn())],
    expect: [200],
  })
  const creates = async (): Promise<Stream> => ({
    name: 'POST group',
    connections,
    requests: [createGroupRequest(await server.signIn())],
    expect: [201],
  })
  const storm = (): Stream => ({
    name: 'sign-in',
    connections: 16,
    requests: Array.from({ length: 16 }, (_, i) => signInRequest(`bench-${i}`, USER_PASSWORD)),
    expect: [200],
  })

  const database = databaseOf(server.folder)
  const restarts = walRestarts(database)
  const [created = []] = await lab.interleave([
    lab.stream('POST group across checkpoints', server, lab.seconds(3), creates),
  ])
  lab.note(
    `${walRestarts(database) - restarts} checkpoints let the write-ahead log begin anew while "POST group across checkpoints" ran.`,
  )
  lab.find({
    promise: 'P4',
    metric: 'p99 / p50 of POST group at 32 connections, across WAL checkpoints',
    figure: ratios(
      p99s(created),
      created.map(({ p50 }) => p50 ?? Number.NaN),
    ),
    unit: '×',
    target: { most: 4 },
    tolerance: true,
  })

  const capacity = async (stream: Stream) => {
    const result = await lab.load(server, { seconds: lab.seconds(1), streams: [stream] })
    return result.streams[0]?.perSecond ?? 0
  }
  const quarterOfSelf = Math.round((await capacity(await self())) / 4)
  const quarterOfCreates = Math.round((await capacity(await creates())) / 4)

  const neighbours = [
    {
      promise: 'P4',
      what: 'group creates',
      most: 2,
      full: creates,
      steady: async () => ({ ...(await creates()), perSecond: quarterOfCreates }),
    },
    { promise: 'P7', what: 'a sign-in storm of 16', most: 3, full: storm, steady: storm },
  ]
  for (const { promise, what, most, full, steady } of neighbours) {
    for (const way of ['full load', 'a steady quarter of it'] as const) {
      const paced = way !== 'full load'
      const victim = async () => ({ ...(await self()), ...(paced && { perSecond: quarterOfSelf }) })
      const [alone = [], beside = []] = await lab.interleave([
        firstOf(
          lab,
          server,
          `GET self at ${way}, alone, between those beside ${what}`,
          async () => [await victim()],
        ),
        firstOf(lab, server, `GET self at ${way}, beside ${what}`, async () => [
          await victim(),
          await (paced ? steady() : full()),
        ]),
      ])
      lab.find({
        promise,
        metric: `p99 of GET self beside ${what} against alone, at ${way}`,
        figure: ratios(p99s(beside), p99s(alone)),
        unit: '×',
        target: { most },
        tolerance: true,
      })
    }
  }
  lab.note(
    `Steady rates: GET self ${quarterOfSelf}/s, POST group ${quarterOfCreates}/s; a sign-in storm always runs as fast as it is let.`,
  )
}

/** Measures the first of several streams. */
export function firstOf(
  lab: Lab,
  server: Keystead,
  name: string,
  streams: () => Promise<Stream[]>,
): Side {
  const neighbour: Reading[] = []
  return {
    name,
    run: async () => {
      const result = await lab.load(server, { seconds: lab.seconds(2), streams: await streams() })
      const [first, second] = result.streams
      if (!first) throw new Error('no stream ran')
      // What the neighbour did stands in the table too: one that was refused would be no load.
      if (second) neighbour.push(readingOf(result, second))
      if (second) lab.readings.set(`${name}: that ${second.name}`, neighbour)
      return readingOf(result, first)
    },
  }
}
