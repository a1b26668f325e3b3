import { describe, expect, test } from 'vitest'

import { languages } from '../src/lib/format'
import { en, texts } from './all_texts'

const form = /_(zero|one|two|few|many|other)$/
const plain = (all: Record<string, string>) => Object.keys(all).filter((k) => !form.test(k))
const plurals = [...new Set(Object.keys(en).filter((k) => form.test(k)).map((k) => k.replace(form, '')))]
const values = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].sort()

const files = import.meta.glob<string>(['../src/**/*.{ts,svelte}', '!../src/lib/texts/*'], { query: '?raw', import: 'default', eager: true })
const code = Object.values(files)

describe.each(languages)('%s', (l) => {
  test('has every text of the master list and no other', () => {
    expect(plain(texts[l]!).sort()).toEqual(plain(en).sort())
    const bases = [...new Set(Object.keys(texts[l]!).filter((k) => form.test(k)).map((k) => k.replace(form, '')))]
    expect(bases.sort()).toEqual(plurals.slice().sort())
  })
  test('has each plural form that the language needs', () => {
    const needed = new Intl.PluralRules(l).resolvedOptions().pluralCategories
    const missing = plurals.flatMap((base) => needed.map((f) => `${base}_${f}`)).filter((k) => !texts[l]![k])
    expect(missing).toEqual([])
  })
  test('names the same values as English', () => {
    const wrong = Object.entries(texts[l]!).filter(([k, text]) => {
      const master = (en as Record<string, string>)[k] ?? (en as Record<string, string>)[k.replace(form, '_other')]!
      return values(text).join() !== values(master).join()
    })
    expect(wrong).toEqual([])
  })
  test('has no empty text, no exclamation mark and no blank at an end', () => {
    expect(Object.entries(texts[l]!).filter(([, text]) => !text || text.includes('!') || text.trim() !== text)).toEqual([])
  })
})

test.each(['ru', 'mk'])('%s is written in Cyrillic', (l) => {
  const names = /Vitrina|Access|dBase|Apple Numbers|LibreOffice|XML|File, Export To|Telegram|Caps Lock|ROC|AUC|F1|Excel|CSV|TSV|SQLite|SQL|ODS|NDJSON|JSON|OpenDocument|Parquet|\.(xlsx|xlsb|xls|ods|zip)\b|\bzip\b|\{\w+\}|name@company\.com|→|№/g
  const latin = Object.entries(texts[l]!).filter(([, text]) => /[A-Za-z]/.test(text.replace(names, '')))
  expect(latin).toEqual([])
})

test('Macedonian has no letters that only Russian has', () => {
  expect(Object.entries(texts['mk']!).filter(([, text]) => /[щъыьэюяёй]/i.test(text))).toEqual([])
})
test('Russian has no letters that only Macedonian has', () => {
  expect(Object.entries(texts['ru']!).filter(([, text]) => /[ѓѕјљњќџ]/i.test(text))).toEqual([])
})
test('the languages differ', () => {
  const same = plain(en).filter((k) => (texts['ru']![k] ?? '') === (en as Record<string, string>)[k] && k !== 'app.name')
  expect(same).toEqual([])
})

test('every text is used', () => {
  const all = code.join('\n')
  // `left.${p.left_out}` uses every text that begins with "left."
  const begun = [...all.matchAll(/`([a-z.]+\.)\$\{/g)].map((m) => m[1]!)
  const used = (k: string) => all.includes(`'${k}'`) || begun.some((b) => k.startsWith(b))
  expect([...plain(en), ...plurals].filter((k) => !used(k))).toEqual([])
})
