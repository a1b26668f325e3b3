/** How a figure has moved: the points of a sparkline, and the last whole month against the one before it. */
import { lastIsOpen, type Stats } from './stats'

export interface Trend {
  points: number[]
  /** A share of the month before, or a number of new ones; null where there is nothing to compare with. */
  change: { share: number } | { count: number } | null
  /** The months that were compared, "2026-08" and "2026-09". */
  months: [string, string] | null
}

const POINTS = 12

interface Month {
  month: string
  purchases: number
  revenue: number
  newBuyers: number | null // older statistics do not say it
}

function after(month: string): string {
  const [y, m] = month.split('-').map(Number) as [number, number]
  return m === 12 ? `${y + 1}-01` : `${y}-${String(m + 1).padStart(2, '0')}`
}

/** Whole months without gaps, oldest first: a month in which nobody bought is a zero, not left out. */
function months(s: Stats): Month[] {
  const list: Month[] = []
  for (const m of s.by_month ?? []) {
    for (let at = list.at(-1); at && after(at.month) < m.month && list.length < 2400; at = list.at(-1)) {
      list.push({ month: after(at.month), purchases: 0, revenue: 0, newBuyers: at.newBuyers === null ? null : 0 })
    }
    list.push({ month: m.month, purchases: m.purchases, revenue: Number(m.revenue?.amount ?? 0), newBuyers: m.new_buyers ?? null })
  }
  return lastIsOpen(s) ? list.slice(0, -1) : list
}

function moved(list: Month[], of: (m: Month) => number): Trend | null {
  const [before, last] = [list.at(-2), list.at(-1)]
  if (!before || !last) return null
  const was = of(before)
  return { points: list.slice(-POINTS).map(of), change: was > 0 ? { share: of(last) / was - 1 } : null, months: [before.month, last.month] }
}

export function trends(s: Stats): { customers: Trend | null; purchases: Trend | null; revenue: Trend | null } {
  const list = months(s)
  let sum = 0
  const known = list.length > 1 && list.every((m) => m.newBuyers !== null)
  const all = known ? list.map((m) => (sum += m.newBuyers!)) : []
  const last = list.at(-1)
  return {
    customers: known ? { points: all.slice(-POINTS), change: { count: last!.newBuyers! }, months: [list.at(-2)!.month, last!.month] } : null,
    purchases: moved(list, (m) => m.purchases),
    revenue: s.revenue ? moved(list, (m) => m.revenue) : null,
  }
}

/** The path of a sparkline in a box of that size, and where its last point is; flat when nothing changes. */
export function sparkline(points: number[], width: number, height: number, pad = 3): { path: string; x: number; y: number } | null {
  if (points.length < 2) return null
  const low = Math.min(...points)
  const range = Math.max(...points) - low
  const at = points.map((v, i) => ({
    x: pad + (i * (width - 2 * pad)) / (points.length - 1),
    y: range ? height - pad - ((v - low) / range) * (height - 2 * pad) : height / 2,
  }))
  const round = (n: number) => Math.round(n * 10) / 10
  const last = at.at(-1)!
  return { path: at.map((p, i) => `${i ? 'L' : 'M'}${round(p.x)} ${round(p.y)}`).join(''), x: round(last.x), y: round(last.y) }
}
