/** Spending and vouchers as the server writes them. */
import type { Money } from './customers'

export interface Sum {
  customers: number
  records: number
  spend: Money
  mean_record: Money | null
  mean_customer: Money | null
}
export interface Spending extends Sum {
  dataset: { id: string; name: string }
  known_customers: number
  bands: (Sum & { band: string })[]
  other: Sum
  years: (Sum & { year: number })[]
}
export interface TopCustomer {
  id: string
  name: string
  age: number | null
  records: number
  spend: Money
}
export interface Voucher {
  user_id: number | string
  total_spending: number
  name: string | null
  updated_at: string | null
}

/** Means of purchases or of customers' totals; null where nobody of that age spent anything. */
export const meanOf = (s: Sum, per: 'record' | 'customer'): number | null => {
  const mean = per === 'record' ? s.mean_record : s.mean_customer
  return mean === null ? null : Number(mean.amount)
}

/** An amount as people type it, as the server takes it: "2 000,50" → "2000.50"; null for what is none. */
export function amountOf(typed: string): string | null {
  const text = typed.replace(/[\s\u00a0\u202f]/g, '').replace(',', '.')
  return /^\d{1,11}(\.\d{1,4})?$/.test(text) ? text : null
}
