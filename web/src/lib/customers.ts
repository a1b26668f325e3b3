/** Customers as the server writes them, and the words of filters. */
export interface Money {
  amount: string
  currency: string | null
}
export interface CustomerRow {
  id: string
  name: string
  phone: string | null
  email: string | null
  age: number | null
  spend: Money | null
  purchases: number
  invoices: number
  first_purchase: string | null
  last_purchase: string | null
  edited: boolean
  products: number
  last_product: string | null
  forecast: number | null
  decile: number | null
  probability: number | null
}
/** Of which run the forecasts of a list are; null where nothing was forecast. */
export interface ListForecast {
  model: number | null
  as_of: string
  made_at: string
  customers: number
  threshold?: number
}
export interface CustomerPage {
  items: CustomerRow[]
  next: string | null
  total: number
  forecasts: { sales: ListForecast | null; purchase: ListForecast | null }
}
export interface Taken {
  product: string
  code: string
  times: number
  spend?: Money
  first: string | null
  last: string | null
}
export interface Customer extends Omit<CustomerRow, 'products' | 'last_product' | 'forecast' | 'decile' | 'probability'> {
  first_name: string | null
  middle_name: string | null
  last_name: string | null
  birth_date: string | null
  birth_place: string | null
  registered_at: string | null
  masked: boolean
  products: Taken[]
  other: Record<string, unknown>
}
export interface Purchase {
  product: string | null
  code: string | null
  amount?: Money | null
  quantity?: number
  at: string | null
  invoice: string | null
  left_out: 'no_customer' | 'cancelled' | 'no_price' | null
}
/** What a customer did besides buying; a field that the data do not have is absent. */
export interface Visit {
  at?: string | null
  visits?: number | null
  newsletter_opened?: boolean | null
  ad_clicks?: number | null
  seconds_on_site?: number | null
}
export interface Reason {
  kind: 'also' | 'then' | 'both' | 'repeat' | 'similar' | 'popular' | 'linked'
  had?: string
  too?: string
  count?: number
  of?: number
  days?: number
  last?: string
}
export interface Offer {
  product: string
  code: string
  probability: number
  linked: boolean
  repeat: boolean
  why: string[]
  why_parts: Reason[]
}
export interface Offers {
  items: Offer[]
  model: { hit_rate_at_10: number; new_items: string; trained_at: string; calibrated: boolean }
}

export const filterFields = ['spend', 'purchases', 'age', 'last', 'forecast', 'decile', 'probability'] as const
export type FilterField = (typeof filterFields)[number]
export const filterOps = ['ge', 'le', 'gt', 'lt', 'eq'] as const
export type FilterOp = (typeof filterOps)[number]
export interface Condition {
  field: FilterField
  op: FilterOp
  value: string
}
/** What was forecast has parameters of its own. */
const forecasted: Partial<Record<FilterField, Partial<Record<FilterOp, string>>>> = {
  forecast: { ge: 'forecast_min', le: 'forecast_max' },
  probability: { ge: 'probability_min', le: 'probability_max' },
  decile: { eq: 'decile' },
}
export const opsOf = (field: FilterField): FilterOp[] => (Object.keys(forecasted[field] ?? {}) as FilterOp[]).concat(forecasted[field] ? [] : ['ge', 'le', 'gt', 'lt'])
/** The fields that the list can be asked for: those of forecasts only where there are some. */
export const fieldsOf = (f: CustomerPage['forecasts'] | null): FilterField[] =>
  filterFields.filter((k) => (k === 'probability' ? f?.purchase : k === 'forecast' || k === 'decile' ? f?.sales : true))

/** "age:ge:30,spend:gt:1000.50" as the server takes it; what cannot be read is left out. */
export function readFilter(text: string): Condition[] {
  const found: Condition[] = []
  for (const part of text.split(',')) {
    const m = /^(\w+):(ge|le|gt|lt|eq):([\d.-]+)$/.exec(part)
    const field = m?.[1] as FilterField
    const op = m?.[2] as FilterOp
    if (m && filterFields.includes(field) && opsOf(field).includes(op)) found.push({ field, op, value: m[3]! })
  }
  return found
}
export const writeFilter = (list: Condition[]): string => list.map((c) => `${c.field}:${c.op}:${c.value}`).join(',')

/** The conditions as the parameters of the list. */
export function asked(list: Condition[]): Record<string, string> {
  const own = list.filter((c) => forecasted[c.field])
  return { filter: writeFilter(list.filter((c) => !own.includes(c))), ...Object.fromEntries(own.map((c) => [forecasted[c.field]![c.op]!, c.value])) }
}

/** What a person types as a value: "1 000,50" is 1000.50; null when it is no value of that field. */
export function filterValue(field: FilterField, typed: string): string | null {
  if (field === 'last') return /^\d{4}-\d{2}-\d{2}$/.test(typed) ? typed : null
  const plain = typed.replace(/[\s\u00a0\u202f]/g, '').replace(',', '.')
  if (field === 'decile') return /^([1-9]|10)$/.test(plain) ? plain : null
  if (field === 'probability') {
    const percent = /^\d{1,3}(\.\d{1,4})?%?$/.test(plain) ? parseFloat(plain) : NaN
    return percent <= 100 ? String(+(percent / 100).toFixed(8)) : null
  }
  return /^\d{1,15}(\.\d{1,4})?$/.test(plain) && (field === 'spend' || field === 'forecast' || !plain.includes('.')) ? plain : null
}

/** Purchases under the years in which they fell, in the order they come; those without a date under null. */
export function byYear(list: Purchase[]): { year: string | null; items: Purchase[] }[] {
  const groups: { year: string | null; items: Purchase[] }[] = []
  for (const p of list) {
    const year = p.at ? p.at.slice(0, 4) : null
    const last = groups.at(-1)
    if (last && last.year === year) last.items.push(p)
    else groups.push({ year, items: [p] })
  }
  return groups
}
