/**
 * Texts: a file an area and language, put together as those that signing in and the home page need (first) and all others
 * (more); all with the keys of English (a test refuses a missing one). "{name}" is a value; a key that ends in _one, _few,
 * _many or _other belongs to a plural.
 */
import { languages, type Language } from './format'
import type first from './texts/first.en'
import type more from './texts/more.en'

export type Key = keyof typeof first | keyof typeof more
type Base<K> = K extends `${infer B}_other` ? B : never
export type PluralKey = Base<Key>
/** Russian and Polish have more forms than the master list; `more` may not be there yet. */
export type Texts = Partial<Record<Key | `${PluralKey}_few` | `${PluralKey}_many`, string>>

type Load = () => Promise<{ default: Texts }>
const loaders: Record<Language, { first: Load; more: Load }> = {
  en: { first: () => import('./texts/first.en'), more: () => import('./texts/more.en') },
  ru: { first: () => import('./texts/first.ru'), more: () => import('./texts/more.ru') },
  pl: { first: () => import('./texts/first.pl'), more: () => import('./texts/more.pl') },
  mk: { first: () => import('./texts/first.mk'), more: () => import('./texts/more.mk') },
}

function preferred(): Language {
  const kept = localStorage.getItem('language')
  const asked = [kept, ...navigator.languages.map((l) => l.slice(0, 2))]
  return (asked.find((l) => languages.includes(l as Language)) as Language) ?? 'en'
}

class Texting {
  language = $state<Language>('en')
  texts = $state.raw<Texts>({}) // nothing is shown before start()
  #more: Promise<void> | null = null
  #whole = false

  async use(language: Language): Promise<void> {
    const [first, more] = await Promise.all([loaders[language].first(), this.#more ? loaders[language].more() : null])
    this.texts = { ...first.default, ...more?.default }
    this.#whole = more !== null
    if (!more) this.#more = null
    this.language = language
    document.documentElement.lang = language
    localStorage.setItem('language', language)
  }

  /** Reads what is not there yet; every page but the home page waits for it. */
  more(): Promise<void> {
    this.#more ??= this.#rest().catch((reason) => {
      this.#more = null
      throw reason
    })
    return this.#more
  }

  async #rest(): Promise<void> {
    // The language may be changed meanwhile.
    while (!this.#whole) {
      const language = this.language
      const rest = (await loaders[language].more()).default
      if (language !== this.language) continue
      this.texts = { ...this.texts, ...rest }
      this.#whole = true
    }
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

/** A text that is asked for before it was read is empty, and comes. */
function find(key: string): string | undefined {
  const text = (texting.texts as Record<string, string>)[key]
  if (text === undefined) void texting.more().catch(() => undefined)
  return text
}

export const has = (key: string): boolean => find(key) !== undefined

export function t(key: Key, values?: Record<string, string | number>): string {
  return fill(find(key) ?? '', values)
}

/** The form for n; {n} in the text is what the caller passes in values, formatted. */
export function plural(key: PluralKey, n: number, values?: Record<string, string | number>): string {
  const form = new Intl.PluralRules(texting.language).select(n)
  const texts = texting.texts as Record<string, string>
  return fill(texts[`${key}_${form}`] ?? find(`${key}_other`) ?? '', values)
}
