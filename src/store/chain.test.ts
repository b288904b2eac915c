import { describe, expect, test } from 'vitest'
import { testKeys } from '../../test/support/databases.ts'
import { auditEntry } from '../../test/support/rows.ts'
import { auditColumns, Chain, type ChainEnd, chainStart, headMac, sameMac } from './chain.ts'

const headOf = (end: ChainEnd): ChainEnd => ({ seq: end.seq, mac: headMac(testKeys, end) })
const start = chainStart(testKeys)
const opened = (head: ChainEnd, last?: ChainEnd | undefined) => new Chain(testKeys, head, last)

/** A chain of so many records, and what it ended with after each. */
function written(records: number): { chain: Chain; ends: ChainEnd[] } {
  const chain = opened(headOf(start))
  const ends = [chain.end]
  for (let at = 1; at <= records; at++) {
    chain.append(auditEntry(`record ${at}`))
    ends.push(chain.end)
  }
  return { chain, ends }
}

describe('the chain of a node', () => {
  test('begins with what no other node or installation begins with', () => {
    expect(opened(headOf(start)).end).toEqual(start)
    for (const other of [
      { ...testKeys, nodeId: 'node-2' },
      { ...testKeys, installation: 'b0000000-0000-4000-8000-000000000001' },
    ])
      expect(sameMac(chainStart(other).mac, start.mac)).toBe(false)
  })

  test('numbers its records, and ends with the last of them', () => {
    const { chain } = written(2)
    const values = chain.append({ ...auditEntry('third'), success: false })
    const row = Object.fromEntries(auditColumns.map((column, at) => [column, values[at]]))
    expect(row).toMatchObject({ node_id: 'node-1', seq: 3, message: 'third', success: 0 })
    expect(chain.end).toEqual({ seq: 3, mac: row['mac'] })
    expect(row['mac']).toHaveLength(32)
  })

  test('goes on where its head says that it ended', () => {
    const { ends } = written(3)
    const [, , , last] = ends as [ChainEnd, ChainEnd, ChainEnd, ChainEnd]
    expect(opened(headOf(last), last).end).toEqual(last)
  })

  test.each<[string, (ends: readonly ChainEnd[]) => [head: ChainEnd, last?: ChainEnd | undefined]]>(
    [
      ['there is no last record', ([, , two]) => [headOf(two as ChainEnd)]],
      [
        'the head is of another number',
        ([, one, two]) => [{ ...headOf(one as ChainEnd), seq: 2 }, two],
      ],
      ['the last record is another one', ([, one, two]) => [headOf(two as ChainEnd), one]],
      [
        'the head names one record and holds the MAC of another',
        ([, one]) => [{ seq: 2, mac: headOf(one as ChainEnd).mac }, one],
      ],
      [
        'the head says that nothing was written',
        ([, one]) => [{ ...headOf(one as ChainEnd), seq: 0 }, one],
      ],
      [
        'the MAC of the head is cut',
        ([, one]) => [{ seq: 1, mac: headOf(one as ChainEnd).mac.subarray(1) }, one],
      ],
    ],
  )('does not go on when %s', (_what, attack) => {
    const [head, last] = attack(written(2).ends)
    expect(() => opened(head, last)).toThrow(
      expect.objectContaining({ name: 'Tampered', table: 'audit_heads', row: 'node-1' }),
    )
  })
})
