/**
 * Texts: an index a language over a file an area, all with the keys of en.ts (the compiler and a test refuse a missing one).
 * "{name}" is a value; a key that ends in _one, _few, _many or _other belongs to a plural.
 */
import { languages, type Language } from './format'
import type en from './texts/en'

export type Key = keyof typeof en
type Base<K> = K extends `${infer B}_other` ? B : never
export type PluralKey = Base<Key>
/** Russian and Polish have more forms than the master list. */
export type Texts = Record<Key, string> & Partial<Record<`${PluralKey}_few` | `${PluralKey}_many`, string>>

const loaders: Record<Language, () => Promise<{ default: Texts }>> = {
  en: () => import('./texts/en'),
  ru: () => import('./texts/ru'),
  pl: () => import('./texts/pl'),
  mk: () => import('./texts/mk'),
}

function preferred(): Language {
  const kept = localStorage.getItem('language')
  const asked = [kept, ...navigator.languages.map((l) => l.slice(0, 2))]
  return (asked.find((l) => languages.includes(l as Language)) as Language) ?? 'en'
}

class Texting {
  language = $state<Language>('en')
  texts = $state.raw<Texts>({} as Texts) // nothing is shown before start()

  async use(language: Language): Promise<void> {
    this.texts = (await loaders[language]()).default
    this.language = language
    document.documentElement.lang = language
    localStorage.setItem('language', language)
  }

  start(): Promise<void> {
    // Chosen in one page, every other open one follows.
    addEventListener('storage', (e) => {
      if (e.key === 'language' && languages.includes(e.newValue as Language)) void this.use(e.newValue as Language)
    })
    return this.use(preferred())
  }
}

export const texting = new Texting()

function fill(text: string, values?: Record<string, string | number>): string {
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)) : text
}

export const has = (key: string): boolean => key in texting.texts

export function t(key: Key, values?: Record<string, string | number>): string {
  return fill(texting.texts[key], values)
}

/** The form for n; {n} in the text is what the caller passes in values, formatted. */
export function plural(key: PluralKey, n: number, values?: Record<string, string | number>): string {
  const form = new Intl.PluralRules(texting.language).select(n)
  const texts = texting.texts as Record<string, string>
  return fill(texts[`${key}_${form}`] ?? texts[`${key}_other`]!, values)
}
