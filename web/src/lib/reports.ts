/** Reports, targets and deliveries, as the server answers them. */
export interface Report {
  id: string
  name: string
  figure: string
  language: string
  parts: string[]
  targets: string[]
  schedule: string
  zone: string
  next_run: string | null
  last_error: string | null
}
export interface Target {
  id: string
  name: string
  kind: string
  address: string
  management: boolean
  on: boolean
  off_reason: string | null
}
export interface Delivery {
  id: string
  report: string
  cause: string
  target: { name: string }
  state: string
  reason: string | null
  created_at: string
}
export interface Figure {
  title: string
  note: string
  columns: string[]
  rows: string[][]
  chart: { labels: string[] }
}

export const figures = ['average_spending_by_age', 'total_spending', 'top_customers', 'statistics'] as const
export const parts = ['text', 'table', 'chart'] as const
/** Schedules that have a name of their own. */
export const whens = { hand: '', day: '0 9 * * *', week: '0 9 * * 1', month: '0 9 1 * *' } as const
export const whenOf = (schedule: string): string => Object.entries(whens).find(([, cron]) => cron === schedule)?.[0] ?? 'own'
export const zones = (): string[] => ['UTC', ...Intl.supportedValuesOf('timeZone').filter((z) => z !== 'UTC' && z.includes('/'))]
