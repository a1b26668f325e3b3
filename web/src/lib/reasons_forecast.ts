/** What moved a forecast, in words: the features of one customer beside the typical one. */
import { featureName } from './forecasts'
import { money, number, share, type Language } from './format'
import { t } from './i18n.svelte'

export interface Moved {
  feature: string
  value: number | null
  typical: number | null
  contribution: number
  direction: 'raises' | 'lowers' | 'none'
  strength: number
}
export interface Reasons {
  model: number
  as_of: string
  made_at: string
  forecast?: number
  probability?: number
  average: number
  score: number
  average_score: number
  unit: 'money' | 'log_odds' | 'root_of_money'
  features: Moved[]
}
export interface ForecastReasons {
  sales: Reasons | null
  purchase: Reasons | null
}

const amounts = new Set(['spend_30d', 'mean_basket'])

/** "120.50", "3", "yes", "not known" as the feature is counted. */
export function valueText(l: Language, feature: string, v: number | null, currency: string | null): string {
  if (v === null) return t('moved.unknown')
  if (amounts.has(feature)) return money(l, v, currency)
  if (feature === 'has_bought_before') return v === 0 || v === 1 ? t(v ? 'moved.yes' : 'moved.no') : share(l, v, 0)
  return number(l, v, Number.isInteger(v) ? 0 : 1)
}
export const movedName = (feature: string): string => featureName({ name: feature, column: feature, coefficient: 0, std_error: null })

/** The strongest ones, and what all others do together. */
export function strongest(r: Reasons, most = 5): { shown: Moved[]; rest: number } {
  const shown = r.features.filter((f) => f.direction !== 'none').slice(0, most)
  return { shown, rest: r.features.filter((f) => !shown.includes(f)).reduce((sum, f) => sum + f.contribution, 0) }
}
