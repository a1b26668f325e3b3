/** No screen mixes languages: every page and dialog in Russian, Macedonian and Polish, its data apart. */
import { settle } from './browser.mjs'
import { equal, test } from './harness.mjs'
import { furnish, places, prefer, reach } from './places.mjs'
import { become, listen, mixed } from './seen.mjs'

test('no page mixes languages: every page and dialog in Russian, Macedonian and Polish', async (w) => {
  const found = []
  const furnished = await furnish(w)
  for (const [who, list] of places(furnished)) {
    const page = who ? await w.as(who, { language: 'ru' }) : await w.guest({ language: 'ru' })
    listen(page)
    await prefer(page, who, furnished)
    page.setDefaultTimeout(15_000)
    for (const place of list) {
      await reach(page, place, settle).catch((e) => found.push(`${place[0]}: ${e.message.split('\n')[0]}`))
      for (const language of ['ru', 'mk', 'pl']) {
        await become(page, language, 'light')
        await page.waitForTimeout(30)
        for (const text of await mixed(page, language)) found.push(`${place[0]} in ${language}: ${text}`)
      }
    }
  }
  equal(found, [], 'texts of another language')
}, 300)
