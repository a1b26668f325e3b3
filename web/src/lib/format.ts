/** Numbers, shares, money and dates by Intl in the page's language; never by hand. */

import { mkAgo, mkDate, mkDayMonth, mkLongDate, mkMonth, mkMonthYear, mkShort } from './macedonian'

export type Language = 'en' | 'ru' | 'pl' | 'mk'
export const languages: Language[] = ['en', 'ru', 'pl', 'mk']
export const languageNames: Record<Language, string> = { en: 'English', ru: 'Русский', pl: 'Polski', mk: 'Македонски' }

const NONE = '—'
const locale = (l: Language) => (l === 'en' ? 'en-GB' : l === 'mk' ? 'de' : l)
const minus = (s: string) => s.replace(/^-/, '−')

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>()

function numbers(l: Language, o: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${l}${JSON.stringify(o)}`
  let f = cache.get(key) as Intl.NumberFormat | undefined
  if (!f) {
    // Polish groups from five digits on by default; tables want every column alike.
    f = new Intl.NumberFormat(locale(l), { useGrouping: 'always', ...o } as Intl.NumberFormatOptions)
    cache.set(key, f)
  }
  return f
}

function dates(l: Language, o: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${l}${JSON.stringify(o)}`
  let f = cache.get(key) as Intl.DateTimeFormat | undefined
  if (!f) {
    f = new Intl.DateTimeFormat(locale(l), o)
    cache.set(key, f)
  }
  return f
}

export function number(l: Language, v: number | null | undefined, digits = 0): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return NONE
  return minus(numbers(l, { maximumFractionDigits: digits }).format(v))
}

/** v is 0..1. */
export function share(l: Language, v: number | null | undefined, digits = 1): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return NONE
  return minus(numbers(l, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(v))
}

/** A decimal string stays exact; without a currency it is a plain number with two decimals. */
export function money(l: Language, amount: string | number | null | undefined, currency?: string | null, digits = 2): string {
  if (amount === null || amount === undefined || amount === '') return NONE
  const v = amount as number // Intl takes a decimal string too, and keeps it exact
  const d = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  const o: Intl.NumberFormatOptions =
    currency && /^[A-Za-z]{3}$/.test(currency) ? { style: 'currency', currency, currencyDisplay: 'narrowSymbol', ...d } : d
  if (l === 'mk' && currency === 'MKD') return `${minus(numbers(l, d).format(v))}\u00a0ден.`
  return minus(numbers(l, o).format(v))
}

/** For figures of ten digits or more; the exact value goes into `title`. */
export function short(l: Language, v: number, from = 1e9): string {
  if (l === 'mk' && Math.abs(v) >= from) {
    const [n, unit] = mkShort(v)
    return minus(numbers(l, { maximumSignificantDigits: 3 }).format(n)) + (unit ? `\u00a0${unit}` : '')
  }
  return Math.abs(v) < from
    ? number(l, v)
    : minus(numbers(l, { notation: 'compact', maximumSignificantDigits: 3 }).format(v))
}

export function bytes(l: Language, v: number): string {
  const units = l === 'ru' ? ['Б', 'кБ', 'МБ', 'ГБ', 'ТБ'] : ['B', 'kB', 'MB', 'GB', 'TB']
  let i = 0
  while (v >= 1000 && i < units.length - 1) {
    v /= 1000
    i++
  }
  return `${number(l, v, v < 10 && i > 0 ? 1 : 0)}\u00a0${units[i]}`
}

const parse = (iso: string) => new Date(iso.length === 10 ? `${iso}T00:00:00` : iso)

/** Russian and Macedonian put "г." behind the year; tables drop it. */
export function date(l: Language, iso: string | null | undefined): string {
  if (!iso) return NONE
  if (l === 'mk') return mkDate(parse(iso))
  return dates(l, { day: 'numeric', month: 'short', year: 'numeric' })
    .format(parse(iso))
    .replace(/\s?г\.$/, '')
}

/** Without the year, for lists under their year: "24 Oct". */
export function dayMonth(l: Language, iso: string): string {
  if (l === 'mk') return mkDayMonth(parse(iso.slice(0, 10)))
  return dates(l, { day: 'numeric', month: 'short' }).format(parse(iso.slice(0, 10)))
}

/** A date of the data, as exact as it is known: "2023" stays a year. It is the shop's day, wherever the reader is. */
export function exact(l: Language, iso: string | null | undefined): string {
  return iso && iso.length === 4 ? iso : date(l, iso?.slice(0, 10))
}

export function longDate(l: Language, iso: string | null | undefined): string {
  if (!iso) return NONE
  if (l === 'mk') return mkLongDate(parse(iso))
  return dates(l, { day: 'numeric', month: 'long', year: 'numeric' }).format(parse(iso))
}

export function dateTime(l: Language, iso: string | null | undefined): string {
  if (!iso) return NONE
  return dates(l, { day: '2-digit', month: '2-digit', year: 'numeric', hour: '2-digit', minute: '2-digit' }).format(parse(iso))
}

/** "2011-12" → "Dec". */
export function month(l: Language, ym: string): string {
  if (l === 'mk') return mkMonth(parse(`${ym}-01`))
  return dates(l, { month: 'short' }).format(parse(`${ym}-01`)).replace(/\.$/, '')
}

/** "2011-12" → "December 2011". */
export function monthYear(l: Language, ym: string): string {
  if (l === 'mk') return mkMonthYear(parse(`${ym}-01`))
  return dates(l, { month: 'long', year: 'numeric' }).format(parse(`${ym}-01`)).replace(/\s?г\.$/, '')
}

/** "45 sec", "12 min", "3 hr": one unit is exact enough for a time spent on a page. */
export function duration(l: Language, seconds: number): string {
  const unit = seconds < 60 ? 'second' : seconds < 3600 ? 'minute' : 'hour'
  const n = seconds / { second: 1, minute: 60, hour: 3600 }[unit]
  if (l === 'mk') return `${number(l, n, n < 10 && unit !== 'second' ? 1 : 0)}\u00a0${{ second: 'сек', minute: 'мин', hour: 'ч' }[unit]}`
  return numbers(l, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: n < 10 && unit !== 'second' ? 1 : 0 }).format(n)
}

/** "3 days ago", "yesterday", "12 minutes ago". */
export function ago(l: Language, iso: string | null | undefined, now = Date.now()): string {
  if (!iso) return NONE
  const seconds = Math.round((parse(iso).getTime() - now) / 1000)
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31_557_600], ['month', 2_629_800], ['day', 86_400], ['hour', 3600], ['minute', 60]]
  const format = new Intl.RelativeTimeFormat(locale(l), { numeric: 'auto' })
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size && l === 'mk') return mkAgo(Math.trunc(-seconds / size), unit)
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit)
  }
  return l === 'mk' ? mkAgo(0, 'minute') : format.format(0, 'minute')
}

/** A cell of a table of the type as DuckDB writes it. */
export function cellText(l: Language, v: unknown, type: string): string {
  if (v === null || v === undefined || v === '') return NONE
  if (typeof v === 'object') return JSON.stringify(v)
  const text = String(v)
  if (type === 'DATE') return exact(l, text)
  if (type === 'TIMESTAMP') return `${exact(l, text)}, ${text.slice(11, 16)}`
  if (type === 'TIME') return text.endsWith(':00') ? text.slice(0, 5) : text
  return text
}

/** "12.5 ms" */
export const millis = (l: Language, v: number): string => `${number(l, v, 1)}\u00a0${l === 'ru' || l === 'mk' ? 'мс' : 'ms'}`

export function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean)
  return words
    .slice(0, 2)
    .map((w) => [...w][0]!.toUpperCase())
    .join('')
}
