/** The statistics of a data set as the server writes them, and what the home page makes of them. */
import type { Money } from './customers'

export interface Top {
  product: string
  code: string
  customers: number
  sales: number
  revenue?: Money
}
export interface Stats {
  dataset?: string
  customers?: number
  buyers: number
  products: number
  purchases: number
  invoices?: number
  revenue: Money | null
  products_per_buyer: number
  repeat: { customers: number; rate: number; several_products: number }
  first_purchase: string | null
  last_purchase: string | null
  by_month?: { month: string; purchases: number; new_buyers?: number; revenue?: Money }[]
  by_year?: { year: string; purchases: number; revenue?: Money }[]
  age_bands: { band: string; customers: number; share: number; buyers: number; spend?: Money }[]
  top_products: Top[]
  left_out: { no_customer: number; cancelled: number; no_price: number; rows: number }
}

export interface Step {
  at: string // "2011-12" or "2011"
  value: number
}

/** Revenue, or purchases where there are no amounts; at most the last `limit` steps. */
export function steps(s: Stats, limit: number): Step[] {
  const money = s.revenue !== null
  const list = s.by_month
    ? s.by_month.map((m) => ({ at: m.month, value: money ? Number(m.revenue?.amount ?? 0) : m.purchases }))
    : (s.by_year ?? []).map((y) => ({ at: y.year, value: money ? Number(y.revenue?.amount ?? 0) : y.purchases }))
  return list.slice(-limit)
}

/** The last month of the data is not over unless the last purchase fell on its last day. */
export function lastIsOpen(s: Stats): boolean {
  if (!s.by_month?.length || !s.last_purchase) return false
  const last = new Date(s.last_purchase)
  return new Date(last.getTime() + 86_400_000).getUTCMonth() === last.getUTCMonth()
}
