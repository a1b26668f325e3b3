/** Reports, targets and deliveries, as the server answers them. */
export interface Report {
  id: string
  name: string
  figure: string
  /** null: the newest that has what the figure needs. */
  dataset: string | null
  /** 0: every year. */
  year: number
  per: string
  top: number
  language: string
  parts: string[]
  targets: string[]
  schedule: string
  zone: string
  next_run: string | null
  last_error: string | null
  last_error_code: string | null
}
export interface Target {
  id: string
  name: string
  kind: string
  address: string
  management: boolean
  on: boolean
  off_reason: string | null
  /** A stable word for it. */
  off_code: string | null
}
export interface Delivery {
  id: string
  report: string
  cause: string
  target: { name: string }
  state: string
  reason: string | null
  /** A stable word for the reason. */
  reason_code: string | null
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

/** Which figures listen to which choice. */
export const wants: Record<'year' | 'per' | 'top', readonly string[]> = {
  year: ['average_spending_by_age', 'total_spending', 'top_customers'],
  per: ['average_spending_by_age'],
  top: ['top_customers'],
}
export interface ReportFormValues {
  name: string
  figure: string
  dataset: string
  year: number | null
  per: string
  top: number | null
  language: string
  parts: string[]
  targets: string[]
  schedule: string
  zone: string
}
export function formOf(r: Report | null, language: string): ReportFormValues {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
  if (!r) return { name: '', figure: figures[0], dataset: '', year: null, per: 'record', top: 10, language, parts: [...parts], targets: [], schedule: '', zone }
  return { name: r.name, figure: r.figure, dataset: r.dataset ?? '', year: r.year || null, per: r.per, top: r.top, language: r.language, parts: [...r.parts], targets: [...r.targets], schedule: r.schedule, zone: r.zone }
}
/** What the server is asked to keep; a choice that the figure does not listen to is as if it was never made. */
export function bodyOf(form: ReportFormValues, when: string): Record<string, unknown> {
  const choice = <T>(which: keyof typeof wants, value: T, without: T): T => (wants[which].includes(form.figure) ? value : without)
  return {
    ...form,
    year: choice('year', form.year ?? 0, 0),
    per: choice('per', form.per, 'record'),
    top: choice('top', form.top ?? 10, 10),
    schedule: when === 'own' ? form.schedule : whens[when as keyof typeof whens],
  }
}
