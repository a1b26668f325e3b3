/** A version that waits to be checked, in four languages: nothing scrolls sideways, no serious fault, pictures for a person. */
import fs from 'node:fs'
import path from 'node:path'

import { accessibility, screens, settle, sideways } from './browser.mjs'
import { equal, test } from './harness.mjs'

const phone = { isMobile: true, hasTouch: true }

const people = (n, bump) => ['id,full_name,phone,points,city', ...Array.from({ length: n }, (_, i) => `C${100 + i},${['Anna Nowak', 'Jan Kowalski', 'Ewa Zielińska'][i % 3]},+4860010${1000 + i},${i % 7 ? i * 10 : i * 10 + bump},${['Kraków', 'Gdańsk', 'Łódź'][i % 3]}`)].join('\n') + '\nC9999,Lech Wrona,+48600999999,12 or so,Opole\n'

test('a version that waits to be checked: desk and phone, four languages', async (w) => {
  fs.mkdirSync(screens, { recursive: true })
  const origin = { headers: { Origin: w.program.url } }
  const client = (await w.as('admin@shop.example')).context().request
  const send = async (path, n, bump, more) => {
    const answer = await client.post(path, { ...origin, multipart: { confirm: 'later', file: { name: 'loyalty.csv', mimeType: 'text/csv', buffer: Buffer.from(people(n, bump)) }, ...more } })
    const { dataset, job } = await answer.json()
    for (;;) {
      const now = await (await client.get(`/api/v1/jobs/${job.id}`)).json()
      if (now.ended_at) return [dataset.id, now.result.number]
      await new Promise((wait) => setTimeout(wait, 100))
    }
  }
  const [id, first] = await send('/api/v1/datasets', 40, 0)
  const looks = [['en-desk', {}], ['ru-phone', { width: 360, height: 740, language: 'ru', ...phone }], ['pl-desk-dark', { dark: true, language: 'pl' }], ['mk-phone', { width: 360, height: 740, language: 'mk', ...phone }]]
  const walkAll = async (what, version) => {
    for (const [name, options] of looks) {
      const page = await w.as('admin@shop.example', { ...options, to: `/data/${id}/versions/${version}` })
      await settle(page)
      await page.screenshot({ path: path.join(screens, `${what}-${name}.png`) })
      await page.screenshot({ path: path.join(screens, `${what}-${name}-full.png`), fullPage: true })
      equal(await sideways(page) > 0, false, `${what} ${name} scrolls sideways`)
      equal(await accessibility(page), [], `axe on ${what} ${name}`)
      await page.context().close()
    }
  }
  await walkAll('checked-first', first)
  await client.post(`/api/v1/datasets/${id}/versions/${first}/confirm`, origin)
  for (let now; now?.state !== 'current'; ) now = await (await client.get(`/api/v1/datasets/${id}/versions/${first}`)).json()
  const [, second] = await send(`/api/v1/datasets/${id}/versions`, 44, 5, { mode: 'upsert' })
  await walkAll('checked-next', second)
  const page = await w.as('admin@shop.example', { width: 360, height: 740, language: 'ru', ...phone, to: '/data' })
  await settle(page)
  await page.screenshot({ path: path.join(screens, 'data-waits-ru-phone.png') })
  await client.delete(`/api/v1/datasets/${id}`, origin)
}, 150)
