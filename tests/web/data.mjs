import fs from 'node:fs'
import path from 'node:path'

import { root, screens, settle, sideways } from './browser.mjs'
import { checked, content, file, inUse, load, people, sales, throwAway } from './files.mjs'
import { equal, ok, Skip, test, until } from './harness.mjs'

async function picture(page, name) {
  fs.mkdirSync(screens, { recursive: true })
  await settle(page)
  await page.locator('[data-test=changes]').scrollIntoViewIfNeeded()
  await page.screenshot({ path: path.join(screens, `${name}.png`) })
}

test('load a file, correct a meaning, add rows, return, delete', async (w) => {
  const page = await w.as('admin@dealer.example', { to: '/data' })
  const name = 'sales2024'
  await page.setInputFiles('input[type=file]', file(`${name}.csv`, sales(2000) + '7,Person 7,not a date,Thing 1,3.50\n'))
  await checked(page)
  ok((await content(page)).includes('2,001 rows'), 'the rows')
  await page.waitForSelector('text=1 value set aside')
  ok((await content(page)).includes('1 value set aside') && (await content(page)).includes('“not a date”'), 'what could not be read')
  const [csv] = await Promise.all([page.waitForEvent('download'), page.click('text=Download all as CSV')])
  equal(csv.suggestedFilename(), 'rejects.csv')
  // Corrected before anybody uses it, and kept at once: coming back by the address finds it.
  const select = page.locator('select[aria-label="Meaning: item"]')
  await select.selectOption('ignore')
  await page.waitForSelector('text=by hand')
  const waits = page.url()
  await page.click('.decide-bar a:has-text("later")')
  await page.waitForSelector('h1:text("Data")')
  ok(/sales2024\s+to be checked/.test(await content(page)), 'it waits in the list')
  await page.goto(waits)
  await page.waitForSelector('text=by hand')
  equal(await select.inputValue(), 'ignore')
  await select.selectOption('purchase.product')
  await until('kept', async () => (await select.inputValue()) === 'purchase.product' && !(await page.locator('.decide-bar .btn-primary').isDisabled()))
  await Promise.all([page.locator('.decide-bar .btn-primary').dblclick(), inUse(page)])
  await page.waitForSelector('.notice.good')
  await page.goBack() // not to what waits no more
  await page.goto(waits)
  await inUse(page)
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
  await checked(page)
  ok((await page.textContent('[data-test=changes]')).includes('Rows added500'), 'what it changes')
  await load(page)
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
  await until('gone', async () => !(await content(page)).includes(name))
}, 120)

const person = (i, points = i) => [`C${1000 + i}`, `Person Number${i}`, `+4860010${1000 + i}`, points]
const fifty = Array.from({ length: 50 }, (_, i) => person(i))

test('update by key: what changes is seen first, a wrong key is told with its rows', async (w) => {
  const page = await w.as('admin@dealer.example', { to: '/data' })
  const name = 'loyalty'
  await page.setInputFiles('input[type=file]', file(`${name}.csv`, people(fifty)))
  await checked(page)
  await load(page)
  await inUse(page)
  const home = new URL(page.url()).pathname

  await page.setInputFiles('input[type=file]', file('bad.csv', people([person(1), person(2), person(1)])))
  await page.check('dialog input[value=upsert]')
  await page.click('dialog .btn-primary')
  await page.waitForSelector('[role=alert]:has-text("more than once in rows 1, 3")')

  await page.setInputFiles('input[type=file]', file('new.csv', people([person(3, 333), person(4), person(77)])))
  await page.check('dialog input[value=upsert]')
  await page.selectOption('dialog select', `${name}.id`)
  await page.click('dialog .btn-primary')
  await checked(page)
  const told = await page.textContent('[data-test=changes]')
  for (const part of ['Rows added1', 'Rows changed1', 'Rows gone0', 'Rows as before49', 'points · 1', 'C1003', '333']) ok(told.includes(part), `${part} in ${told}`)
  // Seen by everybody who looks, and nothing else can be loaded meanwhile.
  const waits = page.url()
  await page.goto(home)
  await page.waitForSelector('.notice.warn:has-text("was read and waits")')
  equal(await page.locator('button:has-text("next version")').isDisabled(), true, 'another version')
  await page.goto(waits)
  await throwAway(page)
  await page.waitForURL(`**${home}`)
  await page.waitForSelector(`h1:text("${name}")`)
  equal(await page.locator('.notice.warn:has-text("waits")').count(), 0, 'notices')
  await page.goto(waits)
  await page.waitForSelector('text=does not wait any more')
  await page.context().request.delete(`/api/v1/datasets/${/\d+/.exec(home)[0]}`, { headers: { Origin: w.program.url } })
}, 90)

test('wider columns are said in words, and a column of texts is read as text only by a click', async (w) => {
  const page = await w.as('admin@dealer.example', { to: '/data' })
  const name = 'wider'
  await page.setInputFiles('input[type=file]', file(`${name}.csv`, 'code,paid,day,note\n1,10,2026-01-31,a\n2,20,2026-02-01,b\n'))
  await checked(page)
  await load(page)
  await inUse(page)
  const home = new URL(page.url()).pathname
  await page.setInputFiles('input[type=file]', file('bad.csv', 'code,paid,day,note\n3,later,2026-03-01,c\n'))
  await page.click('dialog .btn-primary')
  await page.waitForSelector('[role=alert]:has-text("“later”")')
  await page.click('button:has-text("Read “paid” as text")')
  await checked(page)
  ok((await page.textContent('[data-test=changes]')).includes('paid: whole number → text'), 'made text knowingly')
  await throwAway(page)
  await page.waitForURL(`**${home}`)
  await page.waitForSelector(`h1:text("${name}")`)

  await page.setInputFiles('input[type=file]', file('more.csv', 'day,paid,code\n2026-03-01 10:30:00,12.50,3\n'))
  await page.click('dialog .btn-primary')
  await checked(page)
  const told = await page.textContent('[data-test=changes]')
  for (const part of ['Columns that grow wider', 'paid: whole number → number, 1 decimal', 'day: date → date and time', 'reads exactly as before', 'Not in the file, empty in its rows: note']) ok(told.includes(part), `${part} in ${told}`)
  for (const [language, width] of [['en', 1440], ['ru', 360], ['pl', 360], ['mk', 1440]]) {
    const other = await w.as('admin@dealer.example', { to: new URL(page.url()).pathname, language, width, height: 900, dark: width === 360 })
    await other.waitForSelector('[data-test=changes]')
    equal((await sideways(other)) > 0, false, `${language} scrolls sideways`)
    await picture(other, `wider-${language}-${width}`)
  }
  await load(page)
  await inUse(page)
  await page.context().request.delete(`/api/v1/datasets/${/\d+/.exec(home)[0]}`, { headers: { Origin: w.program.url } })
}, 120)

test('a meaning that is not sure: said which, confirmed one by one or knowingly all at once', async (w) => {
  const page = await w.as('admin@dealer.example', { to: '/data' })
  // Who handled an order looks like a customer's surname.
  const clerks = ['Kowalski', 'Wiśniewska', 'Иванов', 'Петрова']
  const orders = ['customer_id,handled by,item,price,bought at', ...Array.from({ length: 60 }, (_, i) => `${1 + (i % 7)},${clerks[i % 4]},Thing ${i % 5},3.50,2025-01-0${1 + (i % 9)}`)].join('\n') + '\n'
  await page.setInputFiles('input[type=file]', file('handled.csv', orders))
  await checked(page)
  const waits = page.url()
  equal(await page.locator('tr.decide').count(), 1, 'columns that are not sure')
  ok((await page.textContent('.decide-bar')).includes('1 column needs your decision: handled by'), 'which one')
  await page.click('.decide-bar .show')
  equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Meaning: handled by', 'led to it')
  await page.click('.decide-bar .btn-primary')
  const asked = await page.textContent('dialog')
  ok(asked.includes('Load with 1 column that is not sure?') && asked.includes('handled by') && asked.includes('Surname'), asked)
  await page.click('dialog .btn-secondary')
  equal(page.url(), waits, 'nothing was loaded')
  await page.click('tr.decide button:text("This is right")')
  await until('decided', async () => (await page.locator('tr.decide').count()) === 0 && !(await page.locator('.decide-bar .btn-primary').isDisabled()))
  equal(await page.inputValue('select[aria-label="Meaning: handled by"]'), 'customer.last_name')
  await page.click('.decide-bar .btn-primary')
  await inUse(page)
  await page.context().request.delete(`/api/v1/datasets/${/\d+/.exec(page.url().split('/data/')[1])[0]}`, { headers: { Origin: w.program.url } })
}, 60)

test('several files dragged at once make one data set of several tables', async (w) => {
  const page = await w.as('admin@dealer.example', { to: '/data' })
  const dragged = await page.evaluateHandle((files) => {
    const data = new DataTransfer()
    for (const [name, text] of files) data.items.add(new File([text], name, { type: 'text/csv' }))
    return data
  }, [['members.csv', people(fifty)], ['orders.csv', sales(300)]])
  const zone = page.locator('#content .zone')
  await zone.dispatchEvent('dragover', { dataTransfer: dragged })
  await zone.dispatchEvent('drop', { dataTransfer: dragged })
  await checked(page)
  equal((await page.locator('nav.tabs a').allTextContents()).map((x) => x.replace(/\s.*/, '')), ['members', 'orders'], 'tables')
  await page.click('nav.tabs a:has-text("orders")')
  await page.waitForSelector('select[aria-label="Meaning: item"]')
  await page.goBack()
  await page.waitForSelector('select[aria-label="Meaning: points"]')
  await page.click('.decide-bar .btn-quiet:not(.show)')
  await page.click('dialog .btn-primary')
  await page.waitForSelector('h1:text("Data")')
}, 60)

test('a column kept as text and rows left out: the file is read again', async (w) => {
  const page = await w.as('admin@dealer.example', { to: '/data' })
  await page.setInputFiles('input[type=file]', file('codes.csv', people(fifty) + 'C2000,Last One,,not a number\n'))
  await checked(page)
  await page.selectOption('select[aria-label="Meaning: full_name"]', 'ignore')
  await page.waitForSelector('text=by hand')
  await page.selectOption('#rejected-rows', 'drop')
  await page.click('.decide-bar button:has-text("Read the file again")')
  await until('a row is left out', async () => /^50 rows/.test(await page.textContent('.page-head p').catch(() => '')), 30)
  equal(await page.inputValue('#rejected-rows'), 'drop')
  equal(await page.inputValue('select[aria-label="Meaning: full_name"]'), 'ignore', 'what was said before')
  await page.click('button[aria-label="keep as text: points"]')
  await page.click('.decide-bar button:has-text("Read the file again")')
  await until('as text', async () => (await page.locator('button[aria-label="keep as text: points"]').count()) === 0 && /^51 rows|^50 rows/.test(await page.textContent('.page-head p').catch(() => '')), 30)
  await throwAway(page)
  await page.waitForSelector('h1:text("Data")')
  await until('nothing stays', async () => !(await content(page)).includes('codes'))
}, 90)

test('progress, speed, and stopping', async (w) => {
  const page = await w.as('admin@dealer.example', { to: '/data' })
  const wire = await page.context().newCDPSession(page)
  await wire.send('Network.enable')
  await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 150_000 })
  await page.setInputFiles('input[type=file]', file('slow.csv', sales(60000)))
  await until('how fast', async () => /MB sent · [\d.]+ [kM]B a second · \d+ seconds? left/.test((await content(page)).replace(/\u00a0/g, ' ')))
  await page.click('nav a[href="/customers"] >> nth=0')
  await page.waitForSelector('h1:text("Customers")')
  // Other tests of the same organisation may have tasks of their own.
  const told = await page.getAttribute('header button[aria-label]:has(.bell)', 'aria-label')
  ok(/^(1 task is|\d+ tasks are) running$/.test(told), `seen from another page: ${told}`)
  await page.click('nav a[href="/data"] >> nth=0')
  await page.click('button:text("Cancel")')
  await until('stopped', async () => (await content(page)).includes('Nothing of it was kept'))
  await page.reload()
  await page.waitForSelector('h1:text("Data")')
  await until('nothing stayed', async () => !(await content(page)).includes('slow'))
})

for (const [what, name, bytes, said] of [
  ['a PDF', 'report.pdf', '%PDF-1.7\n1 0 obj\n<<>>\nendobj\n', 'Export the data as Excel or CSV'],
  ['an empty file', 'empty.csv', '', 'The file is empty'],
]) {
  test(`${what} is refused with what to do`, async (w) => {
    const page = await w.as('admin@dealer.example', { to: '/data' })
    await page.setInputFiles('input[type=file]', { name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) })
    await until(said, async () => (await content(page)).includes(said), 30)
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
  await checked(page)
  await page.waitForSelector('select[aria-label="Meaning: customer_id"]')
  ok((await content(page)).includes('<img src=x'), 'shown as it is written')
  ok(!(await page.evaluate(() => window.evil)), 'ran where it is checked')
  await load(page)
  await inUse(page)
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
  await checked(page, 150)
  ok((await content(page)).includes('541,909 rows'), 'all rows')
  await load(page)
  await inUse(page, 150)
  // By its number: another lane may have loaded something newer meanwhile.
  await page.goto(`/?dataset=${/\d+/.exec(new URL(page.url()).pathname)[0]}`)
  await until('the statistics', async () => (await content(page)).includes('4,372'), 30)
  ok((await content(page)).includes('rows left out'), 'what is left out')
}, 180)

test('rows left out from the first file on; a column gets another name', async (w) => {
  const page = await w.as('admin@dealer.example', { to: '/data' })
  await page.click('[data-test=reading] summary')
  await page.check('[data-test=reading] label:first-of-type input')
  await page.setInputFiles('input[type=file]', file('renamed.csv', sales(50) + '7,Person 7,not a date,Thing 1,3.50\n'))
  await checked(page)
  ok((await content(page)).includes('50 rows'), 'the row is left out')
  equal(await page.inputValue('#rejected-rows'), 'drop')
  const [copy] = await Promise.all([page.waitForEvent('download'), page.click('text=to correct')])
  equal(copy.suggestedFilename(), 'rejects.xlsx')
  await page.click('button[aria-label="Rename: item"]')
  await page.fill('input[aria-label="New name: item"]', 'date')
  await page.keyboard.press('Enter')
  await page.waitForSelector('text=This name is taken')
  await page.click('button[aria-label="Rename: item"]')
  await page.fill('input[aria-label="New name: item"]', 'Product')
  await page.keyboard.press('Enter')
  await page.waitForSelector('text=in the file: item')
  ok((await content(page)).includes('Product'), 'the new name')
  await page.waitForSelector('th:text-is("Product")')
  await page.click('button:has-text("Throw away")')
  await page.click('dialog .btn-danger, dialog .btn-primary')
  await page.waitForSelector('h1:text("Data")')
})
