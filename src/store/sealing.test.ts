import { createSecretKey } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { groupRow } from '../../test/support/rows.ts'
import { Tampered } from '../kit/fault.ts'
import { canonical, columnsOf } from './canonical.ts'
import { checkSeal, sealedTables, sealOf } from './sealing.ts'

const rowKey = createSecretKey(Buffer.alloc(32, 3))
const columns = columnsOf('t', ['a', 'b'])

describe('seals of rows', () => {
  test('two rows that differ never have the same encoding', () => {
    const tricky = fc.constantFrom(
      '',
      ';b=t0:',
      't1:x',
      '1',
      'n',
      'i1',
      ';',
      ':',
      '0:',
      '\u{1F511}',
    )
    const value = fc.oneof(
      tricky,
      fc.string({ maxLength: 6 }),
      fc.integer(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 6 }),
    )
    fc.assert(
      fc.property(value, value, value, value, (a1, b1, a2, b2) => {
        const same = (one: unknown, other: unknown) =>
          one instanceof Uint8Array && other instanceof Uint8Array
            ? Buffer.compare(one, other) === 0
            : Object.is(one, other) || (one === 0 && other === 0)
        expect(canonical(columns, { a: a1, b: b1 }) === canonical(columns, { a: a2, b: b2 })).toBe(
          same(a1, a2) && same(b1, b2),
        )
      }),
      { numRuns: 5000 },
    )
  })

  test.each(Object.keys(sealedTables.groups.columns))('changing %s breaks the seal', (column) => {
    const row = { ...groupRow('sealed'), version: 1 }
    const sealed = { ...row, seal: sealOf(rowKey, 'groups', row) }
    checkSeal(rowKey, 'groups', sealed)
    const before = sealed[column as keyof typeof sealed]
    for (const value of ['other', 99, null, new Uint8Array([1]), 1.5, undefined]) {
      if (value === before) continue
      expect(() => checkSeal(rowKey, 'groups', { ...sealed, [column]: value })).toThrow(Tampered)
    }
  })

  test('a seal is good for its own table and key alone', () => {
    const row = { ...groupRow('sealed'), version: 1 }
    const seal = sealOf(rowKey, 'groups', row)
    const other = createSecretKey(Buffer.alloc(32, 4))
    expect(() => checkSeal(other, 'groups', { ...row, seal })).toThrow(Tampered)
    const domain = { id: 'd', name: 'n', created_at: 'c', updated_at: 'u', version: 1 }
    expect(() => checkSeal(rowKey, 'domains', { ...domain, seal })).toThrow(Tampered)
    expect(() => checkSeal(rowKey, 'groups', { ...row, seal: seal.subarray(1) })).toThrow(Tampered)
    expect(() => checkSeal(rowKey, 'groups', { ...row, seal: null })).toThrow(Tampered)
  })
})
