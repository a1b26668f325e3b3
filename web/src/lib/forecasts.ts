/** Trained models and what they forecast: CONTRACT §7. */
import { t, type Key } from './i18n.svelte'
import { number, share, type Language } from './format'

export type Kind = 'sales' | 'purchase'

export interface Regression {
  mse: number
  mae: number
  r2: number | null
}
export interface Threshold {
  threshold: number
  precision: number
  recall: number
  positive: number
}
export interface Bin {
  from: number
  to: number
  rows: number
  forecast: number | null
  share: number | null
}
export interface Classification {
  accuracy: number
  precision: number
  recall: number
  f1: number
  roc_auc: number | null
  log_loss: number
  threshold: number
  confusion_matrix: [[number, number], [number, number]]
  calibration: Bin[]
  roc: [number, number][]
  thresholds: Threshold[]
}
export interface Feature {
  name: string
  column: string
  missing?: boolean
  coefficient: number
  std_error: number | null
}
export interface Warning {
  code: string
  columns: string | null
  from: number | null
  to: number | null
}
export interface Model {
  kind: Kind
  rows: { train: number; test: number }
  cutoff?: string
  horizon_days?: number
  features: Feature[]
  metrics: Regression & Classification
  baselines: ({ name: string } & Regression)[]
  left_out: { column: string; reason: string }[]
  warnings: Warning[]
  trained_at: string
  seconds: number
}
export interface Version {
  version: number
  active: boolean
  created_at: string
  created_by: string | null
  cause: 'person' | 'file' | 'schedule' | 'new_version'
  verdict: 'first' | 'better' | 'worse' | 'waits' | null
  model: Model
}
export interface Versions {
  threshold: number
  items: Version[]
  next: string | null
  total: number
}

export interface Run {
  as_of: string
  made_at: string
  customers: number
}
export interface Dashboard {
  clients: number
  currency: string | null
  sales: (Run & { mean_forecast: number; total_forecast: number }) | null
  purchase: (Run & { mean_probability: number; threshold: number; above: number; share_above: number }) | null
  trend: {
    months: { month: string; revenue: number }[]
    incomplete: string | null
    method: string | null
    forecast: { month: string; value: number; low: number; high: number }[]
  } | null
}

/** What a threshold does to the test customers: the entry of `thresholds` nearest to it. */
export function at(m: Classification, threshold: number): Threshold | undefined {
  return m.thresholds[Math.min(m.thresholds.length - 1, Math.max(0, Math.round(threshold * 100)))]
}

/** [said no, said yes] of those who did not buy and of those who did, at a threshold. */
export function confusion(m: Classification, threshold: number): [[number, number], [number, number]] {
  const [[tn, fp], [fn, tp]] = m.confusion_matrix
  const point = at(m, threshold)
  if (!point) return m.confusion_matrix
  const bought = fn + tp
  const right = Math.round(point.recall * bought)
  return [
    [tn + fp - (point.positive - right), point.positive - right],
    [bought - right, right],
  ]
}

/** The point of the ROC curve at a threshold: false alarms and hits, as shares. */
export function rocPoint(m: Classification, threshold: number): [number, number] {
  const [[tn, fp], [fn, tp]] = confusion(m, threshold)
  return [tn + fp ? fp / (tn + fp) : 0, fn + tp ? tp / (fn + tp) : 0]
}

export const featureName = (f: Feature): string => {
  const name = t(`feature.${f.column}` as Key)
  return f.missing ? t('feature.missing', { name }) : name
}

export function warningText(l: Language, w: Warning): string {
  const names = (w.columns ?? '').split(', ').filter(Boolean).map((c) => t(`feature.${c}` as Key)).join(', ')
  const amount = (v: number | null) => (v !== null && Math.abs(v) <= 1 ? share(l, v) : number(l, v, 2))
  return t(`forecast.warn.${w.code}` as Key, { names, from: amount(w.from), to: amount(w.to) })
}
