import fs from 'node:fs'
import path from 'node:path'

import { root } from './browser.mjs'
import { equal, ok, Skip, test, until } from './harness.mjs'

const file = (name, text) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
const loaded = (page, seconds = 30) => until('the file is loaded', async () => (await page.textContent('#content')).includes('Check the columns'), seconds)
const state = (page) => page.textContent('#content')

function sales(n) {
  const lines = ['customer_id,name,date,item,price']
  for (let i = 0; i < n; i++) lines.push(`${1 + (i % 97)},Person ${1 + (i % 97)},2024-0${1 + (i % 9)}-1${i % 9},Thing ${i % 13},${(i % 50) + 1}.50`)
  return lines.join('\n') + '\n'
}

test('load a file, correct a meaning, add rows, return, delete', async (w) => {
  const page = await w.as('admin@dealer.example', { to: '/data' })
  const name = 'sales2024'
  await page.setInputFiles('input[type=file]', file(`${name}.csv`, sales(2000) + '7,Person 7,not a date,Thing 1,3.50\n'))
  await loaded(page)
  await page.click('text=Check the columns')
  await page.waitForSelector('h1:has-text("understood")')
  ok((await state(page)).includes('2,001 rows'), 'the rows')
  ok((await state(page)).includes('1 value set aside') && (await state(page)).includes('“not a date”'), 'what could not be read')
  const [csv] = await Promise.all([page.waitForEvent('download'), page.click('text=Download all as CSV')])
  equal(csv.suggestedFilename(), 'rejects.csv')
  const select = page.locator('select[aria-label="Meaning: item"]')
  await select.selectOption('ignore')
  ok((await page.textContent('.save')).includes('1 meaning changed'), 'it is counted')
  await page.click('.save .btn-primary')
  await page.waitForSelector('.notice.good')
  equal(await select.inputValue(), 'ignore')
  await select.selectOption('purchase.product')
  await page.click('.save .btn-primary')
  await until('saved again', async () => (await page.locator('.save').count()) === 0 && (await select.inputValue()) === 'purchase.product')

  await page.setInputFiles('input[type=file]', file('more.csv', sales(500)))
  ok((await page.textContent('dialog')).includes('The present 2,001 rows stay'), 'what happens is said before')
  await page.click('dialog .btn-primary')
  await until('the next version', async () => (await page.textContent('.page-head')).includes('2,501 rows'), 30)
  ok((await page.textContent('section:has(h2:text("Versions"))')).includes('+500'), 'what it changed')
  await page.locator('button:has-text("Return to this one")').last().click()
  await until('the earlier one', async () => (await page.textContent('.page-head')).includes('2,001 rows'), 30)

  await page.click('.btn-danger')
  const sure = page.locator('dialog .btn-danger')
  equal(await sure.isDisabled(), true, 'before the name is typed')
  await page.fill('#confirm-words', name)
  await sure.click()
  await page.waitForSelector('h1:text("Data")')
  await until('gone', async () => !(await state(page)).includes(name))
}, 120)

test('progress, speed, and stopping', async (w) => {
  const page = await w.as('admin@dealer.example', { to: '/data' })
  const wire = await page.context().newCDPSession(page)
  await wire.send('Network.enable')
  await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 150_000 })
  await page.setInputFiles('input[type=file]', file('slow.csv', sales(60000)))
  await until('how fast', async () => /MB sent · [\d.]+ [kM]B a second · \d+ seconds? left/.test((await state(page)).replace(/\u00a0/g, ' ')))
  await page.click('nav a[href="/customers"] >> nth=0')
  await page.waitForSelector('h1:text("Customers")')
  // Other tests of the same organisation may have tasks of their own.
  const told = await page.getAttribute('header button[aria-label]:has(.bell)', 'aria-label')
  ok(/^(1 task is|\d+ tasks are) running$/.test(told), `seen from another page: ${told}`)
  await page.click('nav a[href="/data"] >> nth=0')
  await page.click('button:text("Cancel")')
  await until('stopped', async () => (await state(page)).includes('Nothing of it was kept'))
  await page.reload()
  await page.waitForSelector('h1:text("Data")')
  await until('nothing stayed', async () => !(await state(page)).includes('slow'))
})

for (const [what, name, bytes, said] of [
  ['a PDF', 'report.pdf', '%PDF-1.7\n1 0 obj\n<<>>\nendobj\n', 'Save the data as Excel or CSV'],
  ['an empty file', 'empty.csv', '', 'The file is empty'],
]) {
  test(`${what} is refused with what to do`, async (w) => {
    const page = await w.as('admin@dealer.example', { to: '/data' })
    await page.setInputFiles('input[type=file]', { name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) })
    await until(said, async () => (await state(page)).includes(said), 30)
  })
}

const EVIL = `"><img src=x onerror="window.evil=1"><script>window.evil=1</script>{{7*7}}\${7*7}javascript:alert(1)`

test('markup in every field of a file stays text', async (w) => {
  const cell = `"${EVIL.replaceAll('"', '""')}"`
  const ids = Array.from({ length: 30 }, (_, i) => `"c${i}${EVIL.replaceAll('"', '""')}"`)
  const head = `customer_id,name,"place ${EVIL.replaceAll('"', '""')}",date,product,price\n`
  const text = head + ids.flatMap((id, i) => [`${id},${cell},${cell},2024-01-0${1 + (i % 9)},${cell},3.50`, `${id},${cell},${cell},2024-02-0${1 + (i % 9)},"other ${i % 3}",3.50`]).join('\n') + `\nx,y,z,${cell},p,1\n`
  const page = await w.as('admin@dealer.example', { to: '/data' })
  await page.setInputFiles('input[type=file]', { name: '"><img src=x onerror=window.evil=1>.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
  await loaded(page)
  await page.click('text=Check the columns')
  await page.waitForSelector('select[aria-label="Meaning: customer_id"]')
  ok((await state(page)).includes('<img src=x'), 'shown as it is written')
  const id = /data\/(\d+)/.exec(page.url())[1]
  for (const to of ['/', '/customers', '/links', '/data', '/admin?tab=jobs']) {
    await page.goto(`${to}${to.includes('?') ? '&' : '?'}dataset=${id}`)
    await page.waitForLoadState('networkidle')
    ok(!(await page.evaluate(() => window.evil)), `ran on ${to}`)
  }
  await page.goto(`/customers?dataset=${id}`)
  await page.locator('section.list tbody tr a').first().click()
  await page.waitForSelector('[data-test=history] li')
  await page.waitForLoadState('networkidle')
  ok((await page.textContent('h1')).includes('<script>'), await page.textContent('h1'))
  ok(!(await page.evaluate(() => window.evil)), 'ran on the page of the customer')
  equal(await page.locator('#content img').count(), 0, 'images')
  const client = page.context().request
  await client.delete(`/api/v1/datasets/${id}`, { headers: { Origin: w.program.url } })
}, 90)

const real = [process.env.VITRINA_DATA_FILES, path.join(root, '../shared/data'), path.join(root, '../../shared/data')].find((f) => f && fs.existsSync(path.join(f, 'OnlineRetail.xlsx')))

test('OnlineRetail.xlsx: loaded, understood, seen', async (w) => {
  if (!real) throw new Skip('shared/data is not here')
  const page = await w.as('admin@dealer.example', { to: '/data' })
  await page.setInputFiles('input[type=file]', path.join(real, 'OnlineRetail.xlsx'))
  await loaded(page, 150)
  ok((await state(page)).includes('541,909 rows loaded'), 'all rows')
  await page.goto('/')
  await until('the statistics', async () => (await state(page)).includes('4,372'), 30)
  ok((await state(page)).includes('rows left out'), 'what is left out')
}, 180)
