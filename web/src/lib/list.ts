/** What a long list showed when it was left, so that Back shows it again at the same place. One list, in memory only. */
export interface Kept<T, M = undefined> {
  rows: T[]
  next: string | null
  total: number
  top: number // how far it was scrolled
  row: number // pixels of one
  more?: M // what was said about the whole list
}

const LONG_MS = 10 * 60_000 // older rows are read anew

let last: { key: string; at: number; list: Kept<unknown, unknown> } | null = null

export function keep<T, M>(key: string, list: Kept<T, M>): void {
  last = { key, at: Date.now(), list }
}
export function kept<T, M = undefined>(key: string, now = Date.now()): Kept<T, M> | null {
  return last && last.key === key && now - last.at < LONG_MS ? (last.list as Kept<T, M>) : null
}
/** A customer was changed: what was shown is not true any more. */
export function forget(): void {
  last = null
}
