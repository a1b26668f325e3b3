/**
 * Macedonian dates, times gone by and short numbers. Chromium ships no Macedonian data ("2026 M11 20"), so what Intl
 * does for the other languages is done here, after CLDR; numbers are grouped as in German, which writes them alike.
 */
const long = ['јануари', 'февруари', 'март', 'април', 'мај', 'јуни', 'јули', 'август', 'септември', 'октомври', 'ноември', 'декември']
const short = ['јан.', 'фев.', 'мар.', 'апр.', 'мај', 'јун.', 'јул.', 'авг.', 'сеп.', 'окт.', 'ное.', 'дек.']

export const mkDate = (d: Date) => `${d.getDate()} ${short[d.getMonth()]} ${d.getFullYear()}`
export const mkLongDate = (d: Date) => `${d.getDate()} ${long[d.getMonth()]} ${d.getFullYear()}`
export const mkDayMonth = (d: Date) => `${d.getDate()} ${short[d.getMonth()]}`
export const mkMonth = (d: Date) => short[d.getMonth()]!.replace('.', '')
export const mkMonthYear = (d: Date) => `${long[d.getMonth()]} ${d.getFullYear()}`

const units: Record<string, [string, string]> = {
  year: ['година', 'години'],
  month: ['месец', 'месеци'],
  day: ['ден', 'дена'],
  hour: ['час', 'часа'],
  minute: ['минута', 'минути'],
}
const last: Record<string, string> = { year: 'минатата година', month: 'минатиот месец', day: 'вчера' }

/** n: how many units have gone by; 21 is one, 11 is not. */
export function mkAgo(n: number, unit: string): string {
  if (n === 0) return 'оваа минута'
  if (n === 1 && last[unit]) return last[unit]
  const one = n % 10 === 1 && n % 100 !== 11
  return `пред ${n} ${units[unit]![one ? 0 : 1]}`
}

/** 2 840 000 000 → [2.84, "милј."]. */
export function mkShort(v: number): [number, string] {
  const size = Math.abs(v)
  if (size >= 1e12) return [v / 1e12, 'бил.']
  if (size >= 1e9) return [v / 1e9, 'милј.']
  if (size >= 1e6) return [v / 1e6, 'мил.']
  return size >= 1e3 ? [v / 1e3, 'илј.'] : [v, '']
}
