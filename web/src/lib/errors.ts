/**
 * What an error means to the person, in the page's language. The server's own sentence is English; it is shown as it
 * stands only to those who read English, because a mixture of languages helps nobody.
 */
import type { ApiError } from './api'
import { has, plural, t, texting, type Key } from './i18n.svelte'
import { number } from './format'

export function explain(e: ApiError): string {
  if (e.status === 0) return t(e.code === 'unexpected' ? 'error.unexpected' : 'error.connection')
  if (e.status === 429) {
    const minutes = Math.max(1, Math.ceil((e.retryAfter ?? 60) / 60))
    return plural('signin.throttled', minutes, { n: number(texting.language, minutes) })
  }
  const key = `code.${e.code}`
  // Which rows a key is wrong in, and which line of a file, stands only in the server's sentence: numbers, in every
  // language the same.
  if (has(key)) return t(key as Key, { rows: rowsIn(e.message), line: /line (\d+)/.exec(e.message)?.[1] ?? '' })
  if (e.status === 403) return t('error.forbidden')
  if (e.status === 503) return t('error.overloaded')
  if (e.status >= 500) return t('error.server')
  if (e.status === 404) return t('error.gone')
  if (texting.language === 'en' && e.message) return sentence(e.message)
  return t(e.status === 409 ? 'error.conflict' : 'error.value')
}

function sentence(s: string): string {
  return s.charAt(0).toUpperCase() + s.slice(1) + (/[.!?]$/.test(s) ? '' : '.')
}

function rowsIn(message: string): string {
  const found = /rows (\d[\d, and]*\d|\d)( and others)? of the table/.exec(message)
  return found ? found[1]!.replace(/ and /, ', ') + (found[2] ? ' …' : '') : ''
}
