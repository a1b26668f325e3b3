import { describe, expect, test } from 'vitest'

import { byYear, filterValue, readFilter, writeFilter, type Purchase } from '../src/lib/customers'

test('filters are read and written', () => {
  const text = 'age:ge:30,spend:gt:1000.50,purchases:lt:5,last:le:2024-01-31'
  expect(writeFilter(readFilter(text))).toBe(text)
})
test.each(['', 'name:gt:3', 'spend', 'spend>=3', 'spend:ge:', 'spend:ge:x', ':ge:3', 'spend:ge:3;drop', 'spend:like:3'])('"%s" is no filter', (text) => expect(readFilter(text)).toEqual([]))

test.each([
  ['spend', '1 000,50', '1000.50'],
  ['spend', '1000', '1000'],
  ['age', '30', '30'],
  ['last', '2024-01-31', '2024-01-31'],
] as const)('%s: %s is %s', (field, typed, said) => expect(filterValue(field, typed)).toBe(said))
test.each([
  ['spend', ''],
  ['spend', '-5'],
  ['spend', '1,2,3'],
  ['spend', '1e9'],
  ['spend', '1.23456'],
  ['age', '30.5'],
  ['age', 'thirty'],
  ['last', '31.01.2024'],
  ['last', '2024'],
] as const)('%s: "%s" is refused', (field, typed) => expect(filterValue(field, typed)).toBeNull())

describe('history', () => {
  const p = (at: string | null): Purchase => ({ product: 'x', code: 'x', at, invoice: null, left_out: null })
  test('stands under its years, in its order', () => {
    const groups = byYear([p('2026-02-01T00:00:00Z'), p('2026-01-01'), p('2024'), p(null)])
    expect(groups.map((g) => [g.year, g.items.length])).toEqual([['2026', 2], ['2024', 1], [null, 1]])
  })
  test('may be empty', () => expect(byYear([])).toEqual([]))
})
