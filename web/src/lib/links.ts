/** The rules of the server for links, checked while the person still edits: none to itself, none twice, no circles. */
import type { Key } from './i18n.svelte'

export interface Link {
  from: string
  to: string
}

export function linkProblem(items: Link[]): Key | null {
  const to = new Map<string, string[]>()
  for (const { from, to: target } of items) {
    if (from && from === target) return 'links.self'
    const known = to.get(from) ?? []
    if (known.includes(target)) return 'links.twice'
    to.set(from, [...known, target])
  }
  const done = new Set<string>()
  const walk = (code: string, path: Set<string>): boolean => {
    if (path.has(code)) return true
    if (done.has(code)) return false
    path.add(code)
    const circle = (to.get(code) ?? []).some((next) => walk(next, path))
    path.delete(code)
    done.add(code)
    return circle
  }
  return [...to.keys()].some((code) => walk(code, new Set())) ? 'links.circle' : null
}
