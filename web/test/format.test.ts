import { describe, expect, test } from 'vitest'

import { ago, bytes, date, dayMonth, exact, initials, longDate, money, month, monthYear, number, share, short, type Language } from '../src/lib/format'

const S = '\u00a0' // what does not break
// Node 18 has not the third edition of NumberFormat, which browsers have had since 2023.
const third = new Intl.NumberFormat('pl', { useGrouping: 'always' } as unknown as Intl.NumberFormatOptions).format(1234).length > 4
const soft = (s: string) => s.replace(/[\u202f\u2009]/g, S)

describe('numbers', () => {
  test.each<[Language, string]>([
    ['en', '1,048,213.5'],
    ['ru', `1${S}048${S}213,5`],
    ['pl', `1${S}048${S}213,5`],
    ['mk', '1.048.213,5'],
  ])('%s', (l, said) => expect(soft(number(l, 1048213.5, 1))).toBe(said))
  test.skipIf(!third)('Polish groups four digits as well', () => expect(soft(number('pl', 1234))).toBe(`1${S}234`))
  test.each([null, undefined, NaN, Infinity])('%s is a dash', (v) => expect(number('en', v)).toBe('—'))
  test('zero is a zero', () => expect(number('en', 0)).toBe('0'))
  test('minus is a minus', () => expect(number('en', -3)).toBe('−3'))
})

test.each<[Language, string]>([['en', '71.4%'], ['ru', `71,4${S}%`], ['pl', '71,4%'], ['mk', `71,4${S}%`]])('shares in %s', (l, said) =>
  expect(soft(share(l, 0.714))).toBe(said),
)

describe('money', () => {
  test('keeps the currency of its data', () => expect(money('en', '1284.50', 'GBP')).toBe('£1,284.50'))
  test('in Russian', () => expect(soft(money('ru', '1284.50', 'RUB'))).toBe(`1${S}284,50${S}₽`))
  test.skipIf(!third)('in Polish', () => expect(soft(money('pl', '1284.50', 'PLN'))).toBe(`1${S}284,50${S}zł`))
  test('in Macedonian', () => expect(soft(money('mk', '1284.50', 'MKD'))).toBe(`1.284,50${S}ден.`))
  test.skipIf(!third)('a decimal text stays exact', () => expect(money('en', '12345678901234567.89')).toBe('12,345,678,901,234,567.89'))
  test('without a currency', () => expect(money('en', '3.5', null)).toBe('3.50'))
  test.each(['', 'US', 'Zlotych', '$', '12'])('currency "%s" is no code', (c) => expect(money('en', '1', c)).toBe('1.00'))
  test.each([null, undefined, ''])('%s is a dash', (v) => expect(money('en', v, 'PLN')).toBe('—'))
})

describe('dates', () => {
  test.each<[Language, string]>([['en', '14 Nov 2026'], ['ru', '14 нояб. 2026'], ['pl', '14 lis 2026']])('%s', (l, said) =>
    expect(soft(date(l, '2026-11-14')).replace(S, ' ')).toBe(said.replace(S, ' ')),
  )
  test('Macedonian, whatever data the browser has', () => {
    expect(date('mk', '2026-11-14')).toBe('14 ное. 2026')
    expect(longDate('mk', '2026-11-14')).toBe('14 ноември 2026')
    expect(monthYear('mk', '2026-05')).toBe('мај 2026')
    expect(month('mk', '2026-11')).toBe('ное')
    expect(dayMonth('mk', '2026-11-14')).toBe('14 ное.')
    expect(soft(short('mk', 2_840_000_000))).toBe(`2,84${S}милј.`)
    expect(soft(short('mk', 250_000, 1e4))).toBe(`250${S}илј.`)
  })
  test('months by name', () => {
    expect(month('en', '2011-12')).toBe('Dec')
    expect(month('pl', '2011-12')).toBe('gru')
    expect(monthYear('en', '2011-12')).toBe('December 2011')
    expect(monthYear('ru', '2011-12')).toBe('декабрь 2011')
    expect(longDate('en', '2011-12-09')).toBe('9 December 2011')
  })
  test('a year stays a year', () => expect(exact('en', '2023')).toBe('2023'))
  test('a moment of the data is its day, wherever the reader is', () => {
    expect(exact('en', '2026-09-21T23:59:00Z')).toBe('21 Sept 2026')
    expect(dayMonth('en', '2026-09-21T00:00:00Z')).toBe('21 Sept')
  })
  test.each([null, undefined, ''])('%s is a dash', (v) => expect(date('en', v)).toBe('—'))
})

describe('how long ago', () => {
  const now = Date.parse('2026-11-20T12:00:00Z')
  test.each<[string, string]>([
    ['2026-11-20T11:59:50Z', 'this minute'],
    ['2026-11-20T11:48:00Z', '12 minutes ago'],
    ['2026-11-20T09:00:00Z', '3 hours ago'],
    ['2026-11-19T09:00:00Z', 'yesterday'],
    ['2026-08-01T09:00:00Z', '3 months ago'],
    ['2024-01-01T09:00:00Z', '2 years ago'],
  ])('%s', (at, said) => expect(ago('en', at, now)).toBe(said))
  test('in Russian', () => expect(ago('ru', '2026-11-20T11:38:00Z', now)).toBe('22 минуты назад'))
  test.each<[string, string]>([
    ['2026-11-20T11:59:50Z', 'оваа минута'],
    ['2026-11-20T11:39:00Z', 'пред 21 минута'],
    ['2026-11-20T11:49:00Z', 'пред 11 минути'],
    ['2026-11-20T10:00:00Z', 'пред 2 часа'],
    ['2026-11-19T09:00:00Z', 'вчера'],
    ['2024-01-01T09:00:00Z', 'пред 2 години'],
  ])('in Macedonian, %s', (at, said) => expect(ago('mk', at, now)).toBe(said))
})

test('sizes', () => {
  expect(soft(bytes('en', 0))).toBe(`0${S}B`)
  expect(soft(bytes('en', 999))).toBe(`999${S}B`)
  expect(soft(bytes('en', 1500))).toBe(`1.5${S}kB`)
  expect(soft(bytes('ru', 23_700_000))).toBe(`24${S}МБ`)
})
test('short figures only from ten digits on', () => {
  expect(short('en', 999_999_999)).toBe('999,999,999')
  expect(short('en', 2_840_000_000)).toMatch(/^2\.84\s?[bB]n?$/)
})
test('initials', () => {
  expect(initials('Иванов Иван Иванович')).toBe('ИИ')
  expect(initials('  ')).toBe('')
  expect(initials('𝒜da Lovelace')).toBe('𝒜L')
})
