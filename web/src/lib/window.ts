/** Long lists: only the rows near the screen are in the document, the others are room above and below. */
export interface Slice {
  start: number
  end: number // not included
}

/** top: where the first row would be, in pixels from the top of the screen; over: rows kept beyond its edges. */
export function visible(top: number, screen: number, row: number, n: number, over = 20): Slice {
  if (row <= 0 || n <= 0) return { start: 0, end: Math.max(0, n) }
  const first = Math.floor(-top / row)
  const last = Math.ceil((screen - top) / row)
  const end = Math.min(n, Math.max(last + over, 0))
  return { start: Math.max(0, Math.min(first - over, end)), end }
}
