import { describe, expect, test } from 'vitest'

import { asked, byYear, fieldsOf, filterValue, opsOf, readFilter, writeFilter, type Purchase } from '../src/lib/customers'

test('filters are read and written', () => {
  const text = 'age:ge:30,spend:gt:1000.50,purchases:lt:5,last:le:2024-01-31'
  expect(writeFilter(readFilter(text))).toBe(text)
})
test('what was forecast has parameters of its own', () => {
  const text = 'spend:gt:5,forecast:ge:100,forecast:le:900.5,probability:ge:0.7,decile:eq:1'
  expect(writeFilter(readFilter(text))).toBe(text)
  expect(asked(readFilter(text))).toEqual({ filter: 'spend:gt:5', forecast_min: '100', forecast_max: '900.5', probability_min: '0.7', decile: '1' })
  expect(asked([])).toEqual({ filter: '' })
  expect(opsOf('decile')).toEqual(['eq'])
  expect(opsOf('spend')).toEqual(['ge', 'le', 'gt', 'lt'])
})
test('forecasts are offered where there are some', () => {
  const run = { model: 1, as_of: '', made_at: '', customers: 1 }
  expect(fieldsOf(null)).toEqual(['spend', 'purchases', 'age', 'last'])
  expect(fieldsOf({ sales: run, purchase: null }).slice(4)).toEqual(['forecast', 'decile'])
  expect(fieldsOf({ sales: null, purchase: run }).slice(4)).toEqual(['probability'])
})
test.each(['forecast:gt:3', 'decile:ge:3', 'probability:eq:0.5', 'spend:eq:3', '', 'name:gt:3', 'spend', 'spend>=3', 'spend:ge:', 'spend:ge:x', ':ge:3', 'spend:ge:3;drop', 'spend:like:3'])('"%s" is no filter', (text) => expect(readFilter(text)).toEqual([]))

test.each([
  ['spend', '1 000,50', '1000.50'],
  ['spend', '1000', '1000'],
  ['age', '30', '30'],
  ['last', '2024-01-31', '2024-01-31'],
  ['forecast', '1 000,50', '1000.50'],
  ['decile', '10', '10'],
  ['probability', '70 %', '0.7'],
  ['probability', '2,5', '0.025'],
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
  ['decile', '0'],
  ['decile', '11'],
  ['probability', '101'],
  ['probability', 'high'],
] as const)('%s: "%s" is refused', (field, typed) => expect(filterValue(field, typed)).toBeNull())

describe('history', () => {
  const p = (at: string | null): Purchase => ({ product: 'x', code: 'x', at, invoice: null, left_out: null })
  test('stands under its years, in its order', () => {
    const groups = byYear([p('2026-02-01T00:00:00Z'), p('2026-01-01'), p('2024'), p(null)])
    expect(groups.map((g) => [g.year, g.items.length])).toEqual([['2026', 2], ['2024', 1], [null, 1]])
  })
  test('may be empty', () => expect(byYear([])).toEqual([]))
})
