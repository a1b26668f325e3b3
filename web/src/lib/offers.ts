/** Lists over all customers, and how good they are, as the server writes them. */
import type { Reason } from './customers'

/** What a percentage speaks of. */
export type Horizon = 'next_purchase_day' | 'later' | 'same_basket'
export interface Week {
  as_of: string
  customers: number
  looked_at: number
  offers_each: number
  horizon: Horizon
  items: { product: string; code: string; clients: number; expected: number; again: number; due: number }[]
}
export interface Likely {
  product: string
  code: string
  customers: number
  expected: number
  items: { id: string; name: string; probability: number; repeat: boolean; purchases: number; why_parts: Reason[] }[]
  next: string | null
  total: number
}
interface Measured {
  users: number
  hit_rate_at_10: number
  hit_rate_error: number
  map_at_7: number
  map_error: number
}
export interface Recommender extends Measured {
  asked: number
  horizon: Horizon
  methods: (Measured & { method: string; serves: boolean })[]
  calibration: { from: number; to: number; offers: number; predicted: number; observed: number }[]
}
