/** What is left of an upload: seconds, or minutes from one on; null while nothing can be said. */
export function remaining(bytes: number, fraction: number, perSecond: number): { unit: 'seconds' | 'minutes'; n: number } | null {
  if (perSecond <= 0 || fraction >= 1) return null
  const seconds = Math.ceil((bytes * (1 - fraction)) / perSecond)
  return seconds < 60 ? { unit: 'seconds', n: seconds } : { unit: 'minutes', n: Math.round(seconds / 60) }
}
