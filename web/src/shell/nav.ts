/** The navigation as a list: one row a page. What the person may not open is not shown. */
import type { Key } from '../lib/i18n.svelte'
import { session, type Permission } from '../lib/session.svelte'
import type { IconName } from '../ui/Icon.svelte'

export interface NavItem {
  href: string
  icon: IconName
  text: Key
  needs: Permission | null
  /** In the bottom bar of a phone, which has room for four or five; the others are under "More". */
  bottom?: true
  /** At the foot of the sidebar. */
  foot?: true
}

const items: NavItem[] = [
  { href: '/', icon: 'home', text: 'nav.home', needs: null, bottom: true },
  { href: '/customers', icon: 'users', text: 'nav.customers', needs: 'customer_read', bottom: true },
  { href: '/shop', icon: 'shop', text: 'nav.shop', needs: 'statistics', bottom: true },
  { href: '/data', icon: 'data', text: 'nav.data', needs: 'dataset_read', bottom: true },
  { href: '/forecasts', icon: 'trend', text: 'nav.forecasts', needs: 'dashboard' },
  { href: '/offers', icon: 'offer', text: 'nav.offers', needs: 'customer_list' },
  { href: '/reports', icon: 'send', text: 'nav.reports', needs: 'report' },
  { href: '/links', icon: 'link', text: 'nav.links', needs: 'links' },
  { href: '/admin', icon: 'settings', text: 'nav.admin', needs: 'people', foot: true },
]

export const navItems = (): NavItem[] => items.filter((i) => !i.needs || session.may(i.needs))
export const isHere = (item: NavItem, path: string): boolean => (item.href === '/' ? path === '/' : path === item.href || path.startsWith(`${item.href}/`))
