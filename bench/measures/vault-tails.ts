import { databaseOf, walRestarts } from '../floors.ts'
import { type Lab, p99s } from '../lab.ts'
import type { Stream } from '../load-job.ts'
import { ratios } from '../statistics.ts'
import { createAesRequest, createKeyRequest, encryptRequest, usedKeysServer } from '../vault.ts'
import { firstOf } from './tails.ts'

/** As many pairs as a caller would ask for at once; each takes a core a second or more. */
const RSA_AT_ONCE = 2

/** Latency of the vault beside other work, at full load and at a steady quarter of it, as `tails` says. */
export async function vaultTails(lab: Lab): Promise<void> {
  const server = await usedKeysServer(lab)
  const { connections } = lab
  const encrypts = async (): Promise<Stream> => ({
    name: 'encrypt',
    connections,
    requests: [encryptRequest(await server.signIn())],
    expect: [200],
  })
  const creates = async (): Promise<Stream> => ({
    name: 'POST key',
    connections,
    requests: [createAesRequest(await server.signIn())],
    expect: [201],
  })
  const pairs = async (): Promise<Stream> => ({
    name: 'POST key (RSA-4096)',
    connections: RSA_AT_ONCE,
    requests: [
      createKeyRequest(await server.signIn(), { name: 'bench-{n}', algorithm: 'RSA', size: 4096 }),
    ],
    expect: [201],
  })

  const database = databaseOf(server.folder)
  const restarts = walRestarts(database)
  const [created = []] = await lab.interleave([
    lab.stream('POST key across checkpoints', server, lab.seconds(3), creates),
  ])
  lab.note(
    `${walRestarts(database) - restarts} checkpoints let the write-ahead log begin anew while "POST key across checkpoints" ran.`,
  )
  lab.find({
    promise: 'P4',
    metric: `p99 / p50 of POST key at ${connections} connections, across WAL checkpoints`,
    figure: ratios(
      p99s(created),
      created.map(({ p50 }) => p50 ?? Number.NaN),
    ),
    unit: '×',
    target: { most: 4 },
    tolerance: true,
  })

  const quarterOf = async (stream: Stream) => {
    const result = await lab.load(server, { seconds: lab.seconds(1), streams: [stream] })
    return Math.round((result.streams[0]?.perSecond ?? 0) / 4)
  }
  const ofEncrypts = await quarterOf(await encrypts())
  const ofCreates = await quarterOf(await creates())
  const neighbours = [
    {
      promise: 'P4',
      what: 'key creates',
      most: 2,
      full: creates,
      steady: async () => ({ ...(await creates()), perSecond: ofCreates }),
    },
    { promise: 'shows 5', what: 'RSA-4096 creates', most: 3, full: pairs, steady: pairs },
  ]
  for (const { promise, what, most, full, steady } of neighbours) {
    for (const way of ['full load', 'a steady quarter of it'] as const) {
      const isPaced = way !== 'full load'
      const victim = async () => ({
        ...(await encrypts()),
        ...(isPaced && { perSecond: ofEncrypts }),
      })
      const [alone = [], disturbed = []] = await lab.interleave([
        firstOf(lab, server, `encrypt at ${way}, alone, between those beside ${what}`, async () => {
          await server.rest()
          return [await victim()]
        }),
        firstOf(lab, server, `encrypt at ${way}, beside ${what}`, async () => {
          await server.rest()
          return [await victim(), await (isPaced ? steady() : full())]
        }),
      ])
      lab.find({
        promise,
        metric: `p99 of encrypt beside ${what} against alone, at ${way}`,
        figure: ratios(p99s(disturbed), p99s(alone)),
        unit: '×',
        target: { most },
        tolerance: true,
      })
    }
  }
  await server.rest()
  lab.note(`Steady rates: encrypt ${ofEncrypts}/s, POST key ${ofCreates}/s.`)
}
