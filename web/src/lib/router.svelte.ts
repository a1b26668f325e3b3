/** Addresses: every page, filter and open panel is in the address, so Back and sharing work. */
import { changed } from './address'

interface Address {
  path: string
  query: URLSearchParams
}

function read(): Address {
  return { path: location.pathname, query: new URLSearchParams(location.search) }
}

class Router {
  now = $state.raw<Address>(read())
  /** Counts the times another page was opened, not changes of its parameters: then the focus goes to its heading. */
  opened = $state(0)
  /** The person came here by Back or Forward: a list shows again what it showed. */
  returned = false
  /** Asked before the page is left; false keeps it. */
  guard: (() => boolean) | null = null

  constructor() {
    addEventListener('popstate', () => {
      this.returned = true
      this.#show()
    })
    document.addEventListener('click', (e) => this.#click(e))
    addEventListener('beforeunload', (e) => this.guard && e.preventDefault())
  }

  #show(): void {
    const was = this.now.path
    this.now = read()
    if (this.now.path !== was) this.opened++
  }

  go(to: string, how: { replace?: boolean } = {}): void {
    const path = to.split('?')[0]
    this.returned = false
    if (path !== this.now.path && this.guard && !this.guard()) return
    if (how.replace) history.replaceState(null, '', to)
    else if (to !== location.pathname + location.search) history.pushState(null, '', to)
    const stays = path === this.now.path
    this.#show()
    if (!how.replace && !stays) scrollTo(0, 0)
  }

  /** Changes parameters of the present page; null removes one. */
  set(changes: Record<string, string | null>, how: { replace?: boolean } = {}): void {
    this.go(this.now.path + changed(this.now.query, changes), how)
  }

  #click(e: MouseEvent): void {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
    const link = (e.target as Element).closest?.('a')
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
    if (link.pathname.startsWith('/api/') || link.getAttribute('href')?.startsWith('#')) return
    e.preventDefault()
    this.go(link.pathname + link.search)
  }
}

export const router = new Router()
