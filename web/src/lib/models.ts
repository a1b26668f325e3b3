/** Models over time, as the server answers: trained by themselves, side by side, and groups of customers. */
import type { Model, Version } from './forecasts'

export interface Retraining {
  on: boolean
  schedule: string
  zone: string
  after_version: boolean
  activate: 'better' | 'wait'
  l2: number
  next_run: string | null
  running: boolean
  last: { at: string; version: number | null; code: string | null; error: string | null } | null
  set_by: string | null
}

export interface Measured {
  version: number
  r2?: number | null
  mse?: number
  mae?: number
  roc_auc?: number | null
  log_loss?: number
  accuracy?: number
  precision?: number
  recall?: number
  f1?: number
}
export interface Side extends Omit<Version, 'model'> {
  model: Model & { dataset: { version: string }; train_cutoffs?: string[]; l2: number; variant: string }
}
export interface Comparison {
  versions: [Side, Side]
  same_test: boolean
  differs: ('cutoff' | 'data')[]
  measured: { cutoff: string; rows: number; complete: boolean; items: [Measured, Measured]; better: number | null } | null
  coefficients: { name: string; a: number | null; b: number | null; change: number }[]
}
/** Figures of a comparison, and whether less is better. */
export const figuresOf = {
  sales: [
    { key: 'r2', name: 'R²', digits: 4 },
    { key: 'mse', name: 'MSE', digits: 0, less: true },
    { key: 'mae', name: 'MAE', digits: 2, less: true },
  ],
  purchase: [
    { key: 'roc_auc', name: 'ROC AUC', digits: 4 },
    { key: 'log_loss', name: 'forecast.log_loss', digits: 4, less: true },
    { key: 'accuracy', name: 'forecast.accuracy', digits: 4 },
    { key: 'precision', name: 'forecast.precision', digits: 4 },
    { key: 'recall', name: 'forecast.recall', digits: 4 },
    { key: 'f1', name: 'F1', digits: 4 },
  ],
} as const

export interface Group {
  decile?: number
  from: number | null
  to: number | null
  customers: number
  expected: number
  share: number | null
  test: { customers: number; forecast: number; actual: number } | null
}
export interface Segments {
  as_of: string | null
  currency: string | null
  customers: number
  expected: number
  deciles?: Group[]
  bands?: Group[]
}

/** The customers of a group in the list of customers, and as a file. */
export function groupPage(g: Group): string {
  const filter = g.decile ? `decile:eq:${g.decile}` : `probability:ge:${g.from},probability:le:${g.to}`
  return `/customers?${new URLSearchParams({ filter, sort: g.decile ? '-forecast' : '-probability' })}`
}
export function groupQuery(g: Group): Record<string, string> {
  const rest: Record<string, string> = g.decile ? { decile: String(g.decile), sort: '-forecast' } : { probability_min: String(g.from), probability_max: String(g.to), sort: '-probability' }
  return { ...rest, format: 'csv' }
}
