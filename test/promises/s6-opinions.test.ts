import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inParallel, type Lab, openLab } from './lab.ts'
import { type Opinion, opinions } from './opinions.ts'
import { isSoak, report, scale } from './promise.ts'

const CASES = scale(200, 10_000)
const CASES_OF_A_KEY = 50

/** Random cases of an algorithm, and those in which the two differ. */
async function compare(
  lab: Lab,
  { slow = 1, prepare }: Opinion,
): Promise<{ readonly cases: number; readonly differences: readonly string[] }> {
  const cases = isSoak ? CASES : Math.max(4, Math.ceil(CASES / slow))
  const differences: string[] = []
  for (let done = 0; done < cases; done += CASES_OF_A_KEY) {
    const next = await prepare(lab)
    await inParallel(Array(Math.min(CASES_OF_A_KEY, cases - done)).keys(), 8, async () => {
      const { agrees, what } = await next()
      if (!agrees) differences.push(what)
    })
  }
  return { cases, differences }
}

describe('S6: what /crypto answers is what @noble computes', () => {
  let lab: Lab
  const counts: number[] = []
  let different = 0
  beforeAll(async () => {
    lab = await openLab()
  })
  afterAll(async () => {
    report(
      'S6 opinions',
      `${counts.length} algorithms against @noble, ${Math.min(...counts)} to ${Math.max(...counts)} random cases each, ${counts.reduce((sum, count) => sum + count, 0)} in all, ${different} differences`,
    )
    await lab.stop()
  })

  test.each(opinions.map((opinion) => [opinion.algorithm, opinion] as const))(
    'of %s',
    { timeout: scale(60_000, 12 * 3_600_000) },
    async (_, opinion) => {
      const { cases, differences } = await compare(lab, opinion)
      counts.push(cases)
      different += differences.length
      expect(differences).toEqual([])
    },
  )

  test('and the harness notices a server that is wrong now and then', async () => {
    let calls = 0
    const wrong: Lab = {
      ...lab,
      async ask(method, path, ask) {
        const answer = await lab.ask(method, path, ask)
        if (path.includes('/hash') && ++calls % 50 === 0) answer.body.data = '00'
        return answer
      },
    }
    const hashing = opinions.find(({ algorithm }) => algorithm === 'SHA-256') as Opinion
    const { cases, differences } = await compare(wrong, hashing)
    expect(differences.length).toBe(Math.floor(cases / 50))
  })
})
