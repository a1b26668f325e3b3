/** Addresses as text: patterns of pages, and parameters. */

/** The query text with some parameters changed; null or '' removes one. */
export function changed(now: URLSearchParams, changes: Record<string, string | null>): string {
  const query = new URLSearchParams(now)
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(key)
    else query.set(key, value)
  }
  const text = query.toString()
  return text ? `?${text}` : ''
}

/** "/customers/{id}" against "/customers/7" gives { id: "7" }, decoded; null when it does not match. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split('/')
  const have = path.replace(/\/+$/, '').split('/')
  if (want.length !== have.length) return null
  const found: Record<string, string> = {}
  for (let i = 0; i < want.length; i++) {
    const name = /^\{(\w+)\}$/.exec(want[i]!)
    if (!name) {
      if (want[i] !== have[i]) return null
      continue
    }
    try {
      found[name[1]!] = decodeURIComponent(have[i]!)
    } catch {
      return null
    }
  }
  return found
}
