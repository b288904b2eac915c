import type { Question as PageQuestion } from '../floors/select-page.ts'
import { databaseOf, Floor } from '../floors.ts'
import { type Lab, rateRatio, rates } from '../lab.ts'
import type { Keystead } from '../server.ts'
import { ratios } from '../statistics.ts'

const limit = 50

/** A page of 50 groups, the first one and one after nine tenths of all, with few groups and with many. */
export async function lists(lab: Lab): Promise<void> {
  const few = await lab.server(lab.few)
  const many = await lab.server(lab.many)
  const bare = new Floor<PageQuestion>('select-page.ts', databaseOf(many.folder))
  const seconds = lab.seconds(1)
  const page = (server: Keystead, skip: number) => async () => ({
    connections: lab.connections,
    requests: [
      {
        method: 'GET',
        path: `/api/v1/usermgmt/groups/?skip=${skip}&limit=${limit}`,
        headers: (await server.signIn()).bearer,
      },
    ],
    expect: [200],
  })
  const deep = (groups: number) => Math.floor(groups * 0.9)
  const named = (groups: number, which: string) =>
    `list of 50 groups among ${groups.toLocaleString('en')}, ${which} page`
  try {
    const [
      fewFirst = [],
      manyFirst = [],
      fewDeep = [],
      manyDeep = [],
      bareFirst = [],
      bareDeep = [],
    ] = await lab.interleave([
      lab.stream(named(lab.few, 'first'), few, seconds, page(few, 0)),
      lab.stream(named(lab.many, 'first'), many, seconds, page(many, 0)),
      lab.stream(named(lab.few, 'deep'), few, seconds, page(few, deep(lab.few))),
      lab.stream(named(lab.many, 'deep'), many, seconds, page(many, deep(lab.many))),
      bare.side('bare select and JSON.stringify, first page', {
        seconds: lab.seconds(0.5),
        skip: 0,
        limit,
      }),
      bare.side('bare select and JSON.stringify, deep page', {
        seconds: lab.seconds(0.5),
        skip: deep(lab.many),
        limit,
      }),
    ])
    const both = `${lab.many.toLocaleString('en')} against ${lab.few.toLocaleString('en')} groups`
    for (const [which, small, large] of [
      ['first', fewFirst, manyFirst],
      ['deep', fewDeep, manyDeep],
    ] as const) {
      lab.find({
        promise: 'lists',
        metric: `time of a list page of 50, ${which} page, ${both}`,
        figure: ratios(rates(small), rates(large)),
        unit: '×',
        target: { most: 1.3 },
        tolerance: false,
      })
    }
    lab.compare(
      'list page against bare select and JSON.stringify, first page',
      rateRatio(manyFirst, bareFirst),
    )
    lab.compare(
      'list page against bare select and JSON.stringify, deep page',
      rateRatio(manyDeep, bareDeep),
    )
  } finally {
    await bare.stop()
  }
}
