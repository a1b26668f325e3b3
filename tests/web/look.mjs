/** How it looks: no sideways scrolling, no serious fault for a screen reader, and pictures for a person. */
import fs from 'node:fs'
import path from 'node:path'

import { accessibility, screens, settle, sideways } from './browser.mjs'
import { newcomer } from './files.mjs'
import { equal, ok, test } from './harness.mjs'

const pages = (id) => [
  ['home', '/'], ['customers', '/customers'], ['customer', '/customers/2987'], ['edit', '/customers/2987/edit'], ['new', '/new-customer'], ['data', '/data'], ['check', `/data/${id}`],
  ['offers', '/offers'], ['links', '/links'], ['shop', '/shop'], ['forecasts', '/forecasts'], ['model', '/forecasts?model=purchase'], ['reports', '/reports'], ['sending', '/admin?tab=sending'], ['people', '/admin'], ['tokens', '/admin?tab=tokens'], ['work', '/admin?tab=jobs'], ['audit', '/admin?tab=audit'], ['health', '/admin?tab=health'], ['me', '/me'], ['nowhere', '/nowhere'],
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

test('the sign-in page, on a desk and on a phone', async (w) => {
  for (const [name, options] of [['desk', {}], ['desk-dark', { dark: true }], ['phone', { width: 360, height: 740, ...phone }]]) {
    const page = await w.guest({ ...options, language: 'en' })
    await page.goto('/')
    await page.waitForSelector('#email')
    await settle(page)
    await page.screenshot({ path: path.join(screens, `sign-in-${name}.png`) })
    await both(page, 'the sign-in page')
  }
})

test('an organisation without data: every page says what to do first', async (w) => {
  await newcomer(w, 'nova', { called: 'Nova Banka' })
  for (const [name, options] of [['en-desk-light', {}], ['en-phone-dark', { width: 360, height: 740, dark: true, ...phone }]]) {
    const page = await w.as('first@nova.example', options)
    for (const [what, to, said] of [['home', '/', 'Nothing here yet'], ['customers', '/customers', 'No customers yet'], ['data', '/data', 'No data sets yet'], ['links', '/links', ''], ['customer', '/customers/7', 'No customers yet'], ['work', '/admin?tab=jobs', 'No work now']]) {
      await page.goto(to)
      await settle(page)
      await page.screenshot({ path: path.join(screens, `empty-${what}-${name}.png`) })
      ok((await page.textContent('#content')).includes(said), `${what}: ${(await page.textContent('#content')).slice(0, 200)}`)
      await both(page, `${what} without data`)
    }
    await page.goto('/')
    await page.locator('#content button:has-text("Choose files")').waitFor() // what to do first
  }
}, 120)

test('a phone reaches every page: the bottom bar, and More', async (w) => {
  const page = await w.as('admin@shop.example', { width: 360, height: 740, ...phone })
  for (const [what, title] of [['Linked products', 'Linked products'], ['Administration', 'Administration']]) {
    await page.click('nav.bottom button')
    await page.screenshot({ path: path.join(screens, 'more-en-phone-light.png') })
    await page.click(`nav.bottom .dropdown-item:has-text("${what}")`)
    await page.waitForSelector(`#content h1:text("${title}")`)
    equal(await page.locator('nav.bottom .dropdown-menu').count(), 0, 'the menu is closed')
  }
  await page.click('nav.bottom a[href="/customers"]')
  await page.waitForSelector('#content h1:text("Customers")')
})
