import { describe, expect, test } from 'vitest'

import { forget, keep, kept } from '../src/lib/list'
import { sparkline, trends } from '../src/lib/trend'
import type { Stats } from '../src/lib/stats'
import { visible } from '../src/lib/window'

describe('only the rows near the screen', () => {
  test.each([
    ['at the top', 100, 900, 45, 1000, { start: 0, end: 38 }],
    ['far down', -45000, 900, 45, 2000, { start: 980, end: 1040 }],
    ['at the end', -45 * 1990, 900, 45, 2000, { start: 1970, end: 2000 }],
    ['beyond the end', -1e6, 900, 45, 50, { start: 50, end: 50 }],
    ['below the screen', 5000, 900, 45, 50, { start: 0, end: 0 }],
    ['fewer than a screen', 100, 900, 45, 3, { start: 0, end: 3 }],
    ['none', 100, 900, 45, 0, { start: 0, end: 0 }],
    ['before a row was measured', 100, 900, 0, 70, { start: 0, end: 70 }],
  ])('%s', (_, top, screen, row, n, want) => expect(visible(top, screen, row, n)).toEqual(want))
  test('never more than a few screens, wherever one is', () => {
    for (let top = 100; top > -1e6; top -= 777) {
      const s = visible(top, 900, 45, 20000)
      expect(s.end - s.start).toBeLessThanOrEqual(62)
      expect(s.start).toBeLessThanOrEqual(s.end)
    }
  })
})

describe('a list that was left', () => {
  const list = { rows: [1], next: 'x', total: 9, top: 400, row: 45 }
  test('is there again under its key', () => {
    keep('a', list)
    expect(kept('a')).toEqual(list)
    expect(kept('b')).toBeNull()
  })
  test('not when it is old', () => {
    keep('a', list)
    expect(kept('a', Date.now() + 3_600_000)).toBeNull()
  })
  test('not after a change', () => {
    keep('a', list)
    forget()
    expect(kept('a')).toBeNull()
  })
})

const month = (m: string, purchases: number, revenue: number, new_buyers?: number) => ({ month: m, purchases, revenue: { amount: String(revenue), currency: null }, new_buyers })
const stats = (by_month: unknown[] | undefined, last = '2024-03-31') => ({ by_month, last_purchase: last, revenue: { amount: '1', currency: null } }) as unknown as Stats

describe('how figures have moved', () => {
  test('the last whole month against the one before', () => {
    const t = trends(stats([month('2024-01', 10, 100, 5), month('2024-02', 20, 300, 2), month('2024-03', 15, 150, 1)]))
    expect(t.purchases).toEqual({ points: [10, 20, 15], change: { share: -0.25 }, months: ['2024-02', '2024-03'] })
    expect(t.revenue!.change).toEqual({ share: -0.5 })
    expect(t.customers).toEqual({ points: [5, 7, 8], change: { count: 1 }, months: ['2024-02', '2024-03'] })
  })
  test('a month that is not over is left out', () => {
    const t = trends(stats([month('2024-01', 10, 100, 5), month('2024-02', 20, 300, 2), month('2024-03', 1, 1, 0)], '2024-03-04'))
    expect(t.purchases!.months).toEqual(['2024-01', '2024-02'])
    expect(t.purchases!.change).toEqual({ share: 1 })
  })
  test('a month without purchases is a zero, and nothing can be compared with it', () => {
    const t = trends(stats([month('2023-12', 10, 100, 5), month('2024-03', 20, 300, 2)]))
    expect(t.purchases).toEqual({ points: [10, 0, 0, 20], change: null, months: ['2024-02', '2024-03'] })
    expect(t.customers!.points).toEqual([5, 5, 5, 7])
  })
  test('statistics of an older version do not know new buyers', () => {
    const t = trends(stats([month('2024-01', 10, 100), month('2024-03', 20, 300)]))
    expect(t.customers).toBeNull()
    expect(t.purchases!.points).toEqual([10, 0, 20])
  })
  test.each([[undefined], [[]], [[month('2024-03', 1, 1, 1)]]])('too little: %j', (m) => {
    expect(trends(stats(m))).toEqual({ customers: null, purchases: null, revenue: null })
  })
})

describe('a sparkline', () => {
  test('from the lower left to the upper right', () => expect(sparkline([0, 1], 88, 28)).toEqual({ path: 'M3 25L85 3', x: 85, y: 3 }))
  test('flat', () => expect(sparkline([5, 5, 5], 88, 28)!.path).toBe('M3 14L44 14L85 14'))
  test('one point is no line', () => expect(sparkline([1], 88, 28)).toBeNull())
})
