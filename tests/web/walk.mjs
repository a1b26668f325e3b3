/**
 * tests/web/walk.mjs [--only WORDS] [--languages en,ru] [--themes light,dark] [--widths 360,1440] [--no-pictures]
 *
 * Every page and dialog × language × theme × width: nothing scrolls sideways, is cut, lies over another text or is too small to
 * be pressed; no other language; nothing serious for a screen reader; nothing on the console. Pictures lie in
 * build/screens/walk, one sheet of all for each language, theme and width.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

import { accessibility, launch, screens, settle } from './browser.mjs'
import { World } from './harness.mjs'
import { furnish, places, prefer, reach } from './places.mjs'
import { startProgram } from './program.mjs'
import { become, layout, listen, mixed } from './seen.mjs'

const option = (name, otherwise) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : (process.argv[at + 1] ?? '').split(',')
}
const languages = option('--languages', ['en', 'ru', 'pl', 'mk'])
const themes = option('--themes', ['light', 'dark'])
const widths = option('--widths', ['1440', '2560', '768', '360']).map(Number)
const only = option('--only', null)
const pictures = !process.argv.includes('--no-pictures')
const heights = { 360: 740, 768: 1024, 1440: 900, 2560: 1440 }
const folder = path.join(screens, 'walk')
fs.mkdirSync(folder, { recursive: true })

let looks = 0
const found = []
async function look(page, name) {
  for (const [i, language] of languages.entries())
    for (const [k, theme] of themes.entries()) {
      await become(page, language, theme)
      for (const width of widths) {
        const where = `${name} ${language} ${theme} ${width}`
        await page.setViewportSize({ width, height: heights[width] ?? 900 })
        await page.waitForFunction(() => !document.querySelector('.waiting') && new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(() => next(true)))))
        if (await page.locator('.chart').count()) await page.waitForTimeout(250) // it is drawn again, in its new size and colours
        looks++
        const wrong = await layout(page)
        if (width === widths[0]) wrong.push(...(await mixed(page, language)).map((text) => `another language: ${text}`))
        if (width === ((i + k) % 2 ? 360 : 1440) || widths.length === 1) wrong.push(...(await accessibility(page)))
        for (const fault of wrong) found.push(`${where}: ${fault}`)
        if (pictures) await page.screenshot({ path: path.join(folder, `${name}-${language}-${theme}-${width}.png`) })
      }
    }
  for (const fault of page.faults.splice(0)) found.push(`${name}: ${fault}`)
}

const program = await startProgram()
const browser = await launch()
const w = new World(browser, program)
try {
  const furnished = await furnish(w, { models: true })
  for (const [who, list] of places(furnished)) {
    const page = who ? await w.as(who) : await w.guest()
    listen(page)
    await prefer(page, who, furnished)
    page.setDefaultTimeout(15_000)
    for (const place of list) {
      if (only && !only.some((o) => place[0].includes(o))) continue
      await page.setViewportSize({ width: widths[0], height: heights[widths[0]] ?? 900 })
      try {
        await reach(page, place, settle)
        await look(page, place[0])
      } catch (e) {
        found.push(`${place[0]}: ${e.message.split('\n').slice(0, 3).join(' ')}`)
        await page.screenshot({ path: path.join(folder, `failed-${place[0]}.png`) }).catch(() => undefined)
      }
    }
    await w.close()
  }
} finally {
  await browser.close()
  await program.stop()
}
/** All pictures of one language, theme and width on one sheet, where ImageMagick is there. */
function sheets() {
  for (const language of languages)
    for (const theme of themes)
      for (const width of widths) {
        const end = `-${language}-${theme}-${width}.png`
        const of = fs.readdirSync(folder).filter((name) => name.endsWith(end) && !name.startsWith('sheet')).map((name) => path.join(folder, name))
        if (of.length) execFileSync('montage', [...of, '-resize', width > 1000 ? '480x' : '240x', '-tile', width > 1000 ? '6x' : '12x', '-geometry', '+6+6', path.join(folder, `sheet${end}`)])
      }
}
if (pictures) {
  try {
    sheets()
  } catch (e) {
    console.log(`no sheets: ${e.code === 'ENOENT' ? 'ImageMagick is not there' : e.message}`)
  }
}
for (const line of found) console.log(line)
console.log(`${looks} looks, ${found.length} faults`)
process.exit(found.length || !looks ? 1 : 0)
