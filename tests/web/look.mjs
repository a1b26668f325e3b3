/** How it looks: no sideways scrolling, no serious fault for a screen reader, and pictures for a person. */
import fs from 'node:fs'
import path from 'node:path'

import { accessibility, screens, settle, sideways } from './browser.mjs'
import { equal, test } from './harness.mjs'

const pages = (id) => [
  ['home', '/'], ['customers', '/customers'], ['customer', '/customers/2987'], ['edit', '/customers/2987/edit'], ['data', '/data'], ['check', `/data/${id}`],
  ['links', '/links'], ['shop', '/shop'], ['people', '/admin'], ['tokens', '/admin?tab=tokens'], ['work', '/admin?tab=jobs'], ['audit', '/admin?tab=audit'], ['health', '/admin?tab=health'], ['me', '/me'], ['nowhere', '/nowhere'],
]

async function dataset(page) {
  const answer = await page.context().request.get('/api/v1/datasets')
  return (await answer.json()).items.find((d) => d.name === 'shop').id
}

async function walk(w, name, options, check, only = null) {
  fs.mkdirSync(screens, { recursive: true })
  const page = await w.as('admin@shop.example', options)
  for (const [what, to] of pages(await dataset(page))) {
    if (only && !only.includes(what)) continue
    await page.goto(to)
    await settle(page)
    await page.screenshot({ path: path.join(screens, `${what}-${name}.png`) })
    await check(page, what)
  }
  return page
}

const found = async (page, what) => equal(await accessibility(page), [], `axe on ${what}`)
const fits = async (page, what) => equal((await sideways(page)) > 0, false, `${what} scrolls sideways`)
const both = async (page, what) => (await fits(page, what), await found(page, what))
const phone = { isMobile: true, hasTouch: true }

test('desk, light: axe finds nothing serious', (w) => walk(w, 'en-desk-light', {}, both), 180)
test('desk, dark, in Macedonian: axe finds nothing serious', (w) => walk(w, 'mk-desk-dark', { dark: true, language: 'mk' }, both), 180)
test('phone of 360 px, in Russian: nothing scrolls sideways, axe finds nothing serious', (w) => walk(w, 'ru-phone-light', { width: 360, height: 740, language: 'ru', ...phone }, both), 180)
test('phone, dark, in Polish: nothing scrolls sideways, axe finds nothing serious', (w) => walk(w, 'pl-phone-dark', { width: 390, height: 844, dark: true, language: 'pl', ...phone }, both), 180)
test('2560 px', (w) => walk(w, 'en-wide-light', { width: 2560, height: 1440 }, fits, ['home', 'customers', 'customer', 'people', 'check']), 120)

test('what only the bank has: backups and organisations', async (w) => {
  for (const [name, options] of [['ru-desk-light', { language: 'ru' }], ['en-phone-dark', { width: 360, height: 740, dark: true, ...phone }]]) {
    const page = await w.as('admin@bank.example', options)
    for (const [what, to] of [['bank-home', '/'], ['backups', '/admin?tab=backups'], ['orgs', '/admin?tab=orgs']]) {
      await page.goto(to)
      await settle(page)
      await page.screenshot({ path: path.join(screens, `${what}-${name}.png`) })
      await both(page, what)
    }
  }
}, 120)

test('sign-in and the first page of an organisation without data', async (w) => {
  for (const [name, options] of [['desk', {}], ['phone', { width: 360, height: 740, ...phone }]]) {
    const page = await w.guest({ ...options, language: 'en' })
    await page.goto('/')
    await page.waitForSelector('#email')
    await settle(page)
    await page.screenshot({ path: path.join(screens, `sign-in-${name}.png`) })
    equal(await accessibility(page), [], 'axe on the sign-in page')
    equal(await sideways(page) > 0, false, 'sideways')
  }
})

const people = (n, bump) => ['id,full_name,phone,points,city', ...Array.from({ length: n }, (_, i) => `C${100 + i},${['Anna Nowak', 'Jan Kowalski', 'Ewa Zielińska'][i % 3]},+4860010${1000 + i},${i % 7 ? i * 10 : i * 10 + bump},${['Kraków', 'Gdańsk', 'Łódź'][i % 3]}`)].join('\n') + '\nC9999,Lech Wrona,+48600999999,12 or so,Opole\n'

test('a version that waits to be checked: desk and phone, four languages', async (w) => {
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
      await found(page, `${what} ${name}`)
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
