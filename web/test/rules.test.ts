import { describe, expect, test } from 'vitest'

import { agentName } from '../src/lib/agent'
import { linkProblem } from '../src/lib/links'
import { metric } from '../src/lib/metrics'
import { remaining } from '../src/lib/progress'
import { lastIsOpen, steps, type Stats } from '../src/lib/stats'
import { problems, type Fields } from '../src/lib/validate'

describe('linked products', () => {
  const pairs = (text: string) => text.split(' ').filter(Boolean).map((x) => ({ from: x[0]!, to: x[1]! }))
  test.each(['', 'ab', 'ab bc', 'ab ac bc'])('"%s" is fine', (t) => expect(linkProblem(pairs(t))).toBeNull())
  test.each([
    ['aa', 'links.self'],
    ['ab ab', 'links.twice'],
    ['ab ba', 'links.circle'],
    ['ab bc ca', 'links.circle'],
    ['xy ab bc ca', 'links.circle'],
  ])('"%s": %s', (t, said) => expect(linkProblem(pairs(t))).toBe(said))
})

describe('a customer by hand', () => {
  const good: Fields = { id: '7', last_name: 'Иванов', first_name: '', middle_name: '', birth_date: '1990-05-17', birth_place: '', phone: '+389 70 123-456', email: 'a@b.example' }
  test('a good one has no problems', () => expect(problems(good, true, '2026-11-20')).toEqual({}))
  test('empty fields are fine when changing', () => expect(problems({ ...good, last_name: '', birth_date: '', phone: '', email: '' }, false)).toEqual({}))
  test.each<[Partial<Fields>, keyof Fields]>([
    [{ id: ' ' }, 'id'],
    [{ last_name: ' ' }, 'last_name'],
    [{ birth_date: '2026-11-21' }, 'birth_date'],
    [{ birth_date: '17.05.1990' }, 'birth_date'],
    [{ birth_date: '1801-01-01' }, 'birth_date'],
    [{ phone: '1234' }, 'phone'],
    [{ phone: '1234567890123456' }, 'phone'],
    [{ phone: '12345 доб. 3' }, 'phone'],
    [{ email: 'a' }, 'email'],
    [{ email: 'a@b' }, 'email'],
    [{ email: 'a b@c.example' }, 'email'],
  ])('%o', (change, field) => expect(Object.keys(problems({ ...good, ...change }, true, '2026-11-20'))).toEqual([field]))
})

describe('statistics', () => {
  const money = (amount: string) => ({ amount, currency: 'PLN' })
  const base = { revenue: money('3'), last_purchase: '2026-09-30T21:30:00Z', by_month: [{ month: '2026-08', purchases: 5, revenue: money('1') }, { month: '2026-09', purchases: 7, revenue: money('2') }] } as unknown as Stats
  test('revenue where there are amounts', () => expect(steps(base, 24).map((s) => s.value)).toEqual([1, 2]))
  test('purchases where there are none', () => expect(steps({ ...base, revenue: null }, 1)).toEqual([{ at: '2026-09', value: 7 }]))
  test('a month that ended is not open', () => expect(lastIsOpen(base)).toBe(false))
  test('a month that goes on is', () => expect(lastIsOpen({ ...base, last_purchase: '2026-09-29T10:00:00Z' })).toBe(true))
  test('years are not months', () => expect(lastIsOpen({ ...base, by_month: undefined } as unknown as Stats)).toBe(false))
  test('no time at all', () => expect(steps({ ...base, by_month: undefined } as unknown as Stats, 24)).toEqual([]))
})

describe('time left of an upload', () => {
  test('seconds', () => expect(remaining(1000, 0.5, 100)).toEqual({ unit: 'seconds', n: 5 }))
  test('minutes', () => expect(remaining(1e6, 0, 5000)).toEqual({ unit: 'minutes', n: 3 }))
  test.each([[1000, 0.5, 0], [1000, 1, 100]])('nothing to say: %i %d %i', (b, f, s) => expect(remaining(b, f, s)).toBeNull())
})

test('metrics are summed over their labels', () => {
  const text = '# HELP a x\na{class="2xx"} 3\na{class="5xx"} 1\na_total 100\nb 2.5\n'
  expect(metric(text, 'a')).toBe(4)
  expect(metric(text, 'a', '5xx')).toBe(1)
  expect(metric(text, 'b')).toBe(2.5)
  expect(metric(text, 'c')).toBe(0)
})

test('browsers by name', () => {
  expect(agentName('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36')).toBe('Chrome, Linux')
  expect(agentName('<script>')).toBeNull()
  expect(agentName(null)).toBeNull()
})
