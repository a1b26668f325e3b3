/** Files that cannot be read: one sentence says what it is and what to do, in every language, and the person goes on where they are. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { root, screens, sideways } from './browser.mjs'
import { checked, file, inUse, load, newcomer, sales } from './files.mjs'
import { equal, ok, test, until } from './harness.mjs'
import { become, listen, mixed } from './seen.mjs'

// Called as a person calls it; what the sentence must say, in each language.
const files = [
  ['password-xlsx', 'salaries.xlsx', { en: 'protected with a password', ru: 'паролем', pl: 'hasłem', mk: 'лозинка' }],
  ['password-xls', 'old salaries.xls', { en: 'protected with a password', ru: 'паролем', pl: 'hasłem', mk: 'лозинка' }],
  ['cut', 'half.xlsx', { en: 'cut short', ru: 'обрывается', pl: 'ucięty', mk: 'скратена' }],
  ['empty', 'nothing.csv', { en: 'is empty', ru: 'пуст', pl: 'pusty', mk: 'празна' }],
  ['bomb', 'growing.xlsx', { en: 'far larger than it looks', ru: 'намного больше', pl: 'o wiele większy', mk: 'многу поголема' }],
  ['docx', 'letter.docx', { en: 'a document, not a table', ru: 'документ', pl: 'dokument', mk: 'документ' }],
  ['photo', 'holiday.xlsx', { en: 'a picture', ru: 'картинка', pl: 'obraz', mk: 'слика' }],
]
const sentences = (text) => text.split(/[.!?](?:\s|$)/).filter((x) => x.trim()).length

test('files that are no table, or not to be read: what each is and what to do, in four languages', async (w) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vitrina-bad-'))
  try {
    const page = await newcomer(w, 'refusing', { to: '/data' })
    listen(page)
    await page.setInputFiles('input[type=file]', file('orders.csv', sales(30)))
    await checked(page)
    await load(page)
    const id = await inUse(page)
    for (const [kind, name, says] of files) {
      execFileSync('/usr/bin/python3', [path.join(root, 'tests/web/books.py'), 'bad', kind, path.join(folder, name)])
      await become(page, 'en', 'light')
      await page.goto('/data')
      await page.waitForSelector('#content .zone')
      await page.setInputFiles('input[type=file]', path.join(folder, name))
      const told = page.locator('#content [role=alert]')
      await told.waitFor()
      for (const [language, part] of Object.entries(says)) {
        await become(page, language, 'light')
        const text = (await told.textContent()).trim()
        ok(text.includes(part), `${name} in ${language}: ${text}`)
        ok(sentences(text) <= 3, `short: ${text}`)
        equal((await mixed(page, language)).filter((x) => !x.includes(name)), [], `${name} in ${language}`)
      }
      equal(new URL(page.url()).pathname, '/data', 'where the person was')
      ok(await page.locator('#content .zone button').isEnabled(), 'another file can be chosen')
    }
    await page.setViewportSize({ width: 360, height: 740 })
    for (const [language, theme] of [['ru', 'light'], ['mk', 'dark']]) {
      await become(page, language, theme)
      equal((await sideways(page)) > 0, false, `${language} scrolls sideways`)
      fs.mkdirSync(screens, { recursive: true })
      await page.screenshot({ path: path.join(screens, `refused-${language}-${theme}.png`) })
    }
    await page.setViewportSize({ width: 1440, height: 900 })
    await become(page, 'en', 'light')
    // As the next version: the data set stays as it is, and the same page takes the right file.
    await page.goto(`/data/${id}`)
    await page.waitForSelector('button:text("Load the next version"):not([disabled])')
    await page.setInputFiles('input[type=file]', path.join(folder, 'salaries.xlsx'))
    await page.click('dialog .btn-primary')
    await page.waitForSelector('#content [role=alert]:has-text("protected with a password")')
    equal(new URL(page.url()).pathname, `/data/${id}`, 'where the person was')
    ok((await page.textContent('.page-head')).includes('30 rows'), 'what was there')
    await page.setInputFiles('input[type=file]', file('more.csv', sales(10)))
    await page.click('dialog .btn-primary')
    await checked(page)
    equal((await page.textContent('.decide-bar .btn-primary')).trim(), 'Load 10 rows')
    await until('nothing of them', async () => (await (await page.context().request.get('/api/v1/datasets')).json()).total === 1)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}, 120)
