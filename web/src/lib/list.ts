/** What a long list showed when it was left, so that Back shows it again at the same place. One list, in memory only. */
export interface Kept<T> {
  rows: T[]
  next: string | null
  total: number
  top: number // how far it was scrolled
  row: number // pixels of one
}

const LONG_MS = 10 * 60_000 // older rows are read anew

let last: { key: string; at: number; list: Kept<unknown> } | null = null

export function keep<T>(key: string, list: Kept<T>): void {
  last = { key, at: Date.now(), list }
}
export function kept<T>(key: string, now = Date.now()): Kept<T> | null {
  return last && last.key === key && now - last.at < LONG_MS ? (last.list as Kept<T>) : null
}
/** A customer was changed: what was shown is not true any more. */
export function forget(): void {
  last = null
}
