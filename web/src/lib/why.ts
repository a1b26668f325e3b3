/** Why a product is offered, said in the page's language from the parts that the server gives. */
import type { Reason } from './customers'
import { date, number } from './format'
import { plural, t, texting } from './i18n.svelte'

export function why(r: Reason): string {
  const l = texting.language
  const n = number(l, r.count ?? 0)
  const of = number(l, r.of ?? 0)
  switch (r.kind) {
    case 'also':
      return t('why.also', { n, of, had: r.had ?? '' })
    case 'then':
      return t('why.then', { n, of, had: r.had ?? '' })
    case 'both':
      return t('why.both', { n, of, had: r.had ?? '', too: r.too ?? '' })
    case 'similar':
      return t('why.similar', { n, of })
    case 'popular':
      return t('why.popular', { n, of })
    case 'linked':
      return t('why.linked', { had: r.had ?? '' })
    case 'repeat': {
      const times = plural('why.times', r.count ?? 0, { n })
      if (!r.days) return times
      return `${times} ${plural('why.every', r.days, { n: number(l, r.days), date: date(l, r.last) })}`
    }
  }
}
