/** Loading files as somebody does it for the first time: from the empty page to data in use, whatever comes between. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { enter } from './browser.mjs'
import { checked, content, file, inUse, newcomer, password, sales, throwAway } from './files.mjs'
import { equal, ok, test, until } from './harness.mjs'

test('from the empty page: checked before it is in use, found again later, one press to load', async (w) => {
  const page = await newcomer(w, 'first')
  await page.waitForSelector('h1:text("Nothing here yet")')
  // By keyboard: the button is reached and opens the choice of files.
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.press('#content .zone button', 'Enter')])
  ok(chooser.isMultiple(), 'several files')
  await chooser.setFiles(file('members.csv', sales(300) + '7,Person 7,not a date,Thing 1,3.50\n'))
  await checked(page)
  equal(await page.textContent('[data-test=sum]'), '301 rows read = 301 kept + 0 left out · 1 value set aside', 'what was read')
  await page.goBack()
  await page.waitForSelector('.notice:has-text("“members” was read and waits to be checked.")')
  await page.reload()
  await page.click('.notice a:text("Check it now")')
  await checked(page)
  await page.reload()
  await page.click('.decide-bar .btn-primary')
  await inUse(page)
  await page.click('.notice.good a:text("See the statistics")')
  await until('the figures', async () => (await content(page)).includes('97'))
})

test('loading outlives a reload, the end of the session, and a second window', async (w) => {
  const page = await newcomer(w, 'second')
  // Long enough to be found twice at it by a fast machine.
  const reading = (p) => until('it is being read', async () => (await content(p)).includes('Being read'))
  await page.setInputFiles('input[type=file]', file('long.csv', sales(600_000)))
  await reading(page)
  // Another window of the same person: seen there, too.
  const other = await page.context().newPage()
  await other.goto('/')
  await until('seen in another window', async () => /long/.test(await content(other)))
  await page.reload()
  await until('found again by its name', async () => (await content(page)).includes('long.csv'))
  await reading(page)
  // The session ends while it is read: signed in again, the page is where it was.
  const cookies = await page.context().cookies()
  await page.context().clearCookies()
  await page.waitForSelector('#password')
  await enter(page, 'first@second.example', password)
  ok(cookies.length > 0, 'there was a session')
  await checked(page)
  await until('it waits in the other window', async () => (await content(other)).includes('waits to be checked'), 40)
  await other.click('.notice a:text("Check it now")')
  await checked(other)
  await throwAway(page)
  await page.waitForSelector('h1:text("Data")')
  await other.click('.decide-bar .btn-primary')
  await other.waitForSelector('text=does not wait any more')
}, 120)

test('a stopped upload leaves the empty page; signing out forgets what was being sent', async (w) => {
  const page = await newcomer(w, 'third')
  const wire = await page.context().newCDPSession(page)
  await wire.send('Network.enable')
  await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 150_000 })
  await page.setInputFiles('input[type=file]', file('slow.csv', sales(40_000)))
  await page.click('#content button:text("Cancel")')
  await until('stopped', async () => (await content(page)).includes('Nothing of it was kept'))
  await page.click('#content button[aria-label="Close"]')
  await page.setInputFiles('input[type=file]', file('slow.csv', sales(40_000)))
  await until('sent', async () => /MB.sent/.test(await content(page)))
  await page.click('header button:has(.face)')
  await page.click('text=Sign out >> nth=-1')
  await page.waitForSelector('#password')
  await enter(page, 'first@third.example', password)
  await page.waitForSelector('h1:text("Nothing here yet")')
  ok(!(await content(page)).includes('slow.csv'), 'nothing of it')
}, 60)

test('a file that was changed after it was chosen, and a folder, are told as what they are', async (w) => {
  const page = await newcomer(w, 'fourth')
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vitrina-file-'))
  try {
    const name = path.join(folder, 'points.csv')
    fs.writeFileSync(name, sales(50) + '7,Person 7,not a date,Thing 1,3.50\n')
    await page.setInputFiles('input[type=file]', name)
    await checked(page)
    fs.writeFileSync(name, sales(51) + 'corrected in another program\n')
    await page.selectOption('#rejected-rows', 'drop')
    await page.click('.decide-bar button:has-text("Read the file again")')
    await page.waitForSelector('[role=alert]:has-text("“points.csv” could not be read from this computer")')
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})

test('a file of a name that is there goes on as the next version; dropped on its page, too', async (w) => {
  const page = await newcomer(w, 'fifth', { to: '/data' })
  await page.setInputFiles('input[type=file]', file('orders.csv', sales(100)))
  await checked(page)
  await page.click('.decide-bar .btn-primary')
  await inUse(page)
  const home = new URL(page.url()).pathname
  await page.click('nav a[href="/data"] >> nth=0')
  await page.setInputFiles('input[type=file]', file('orders.csv', sales(20)))
  await page.click('button:text("Load it as the next version of “orders”")')
  await page.waitForURL(`**${home}`)
  ok((await page.textContent('dialog')).includes('The next version of “orders”'), 'asked what becomes of the rows')
  await page.click('dialog .btn-primary')
  await checked(page)
  equal(await page.textContent('[data-test=sum]').then((x) => x.trim()), '20 rows read = 20 kept + 0 left out', 'its own rows')
  await throwAway(page)
  await page.waitForURL(`**${home}`)
  await page.waitForSelector('button:text("Load the next version"):not([disabled])')
  const dragged = await page.evaluateHandle((text) => {
    const data = new DataTransfer()
    for (const name of ['january.csv', 'february.csv']) data.items.add(new File([text], name, { type: 'text/csv' }))
    return data
  }, sales(20))
  await page.locator('h1').dispatchEvent('dragover', { dataTransfer: dragged })
  await page.waitForSelector('.over:has-text("Load the next version")')
  await page.locator('h1').dispatchEvent('drop', { dataTransfer: dragged })
  equal(await page.locator('dialog .files li').count(), 2, 'files')
  await page.keyboard.press('Escape')
  await until('closed', async () => (await page.locator('dialog').count()) === 0)
})

test('rows left out: a total and a row with a wrong date; the numbers add up on every page', async (w) => {
  const page = await newcomer(w, 'sixth', { to: '/data' })
  const sum = async (read, kept, out) => {
    await until(`${read} = ${kept} + ${out}`, async () => (await page.textContent('.page-head').catch(() => '')).includes(`${read} rows read = ${kept} kept + ${out} left out`))
    equal(read, kept + out, 'as it is shown')
  }
  await page.setInputFiles('input[type=file]', file('till.csv', sales(60) + '7,Person 7,not a date,Thing 1,3.50\nTotal,,,,1536.50\n'))
  await checked(page)
  await sum(62, 61, 1)
  const aside = page.locator('#set-aside')
  ok((await aside.textContent()).includes('where it says so, the whole row was left out'), await aside.textContent())
  equal(await aside.locator('.reject').allTextContents().then((all) => all.map((x) => x.replace(/\s+/g, ' ').trim())), ['line 62date“not a date” not a date', 'line 63whole row“Total | 1536.50” a row of totals; it was left out'], 'what and where')
  await page.click('[data-test=sum] a') // leads to them on a phone
  await page.selectOption('#rejected-rows', 'drop')
  await page.click('.decide-bar button:has-text("Read the file again")')
  await sum(62, 60, 2)
  ok((await aside.textContent()).includes('The rows with these values are left out of the table as a whole.'), await aside.textContent())
  equal(await page.textContent('.decide-bar .btn-primary'), 'Load 60 rows')
  await page.click('.decide-bar .btn-primary')
  await inUse(page)
  await sum(62, 60, 2)
  const id = /data\/(\d+)/.exec(page.url())[1]
  const rows = await (await page.context().request.get(`/api/v1/datasets/${id}/rows?limit=1000`)).json()
  equal([rows.total ?? rows.items.length, rows.items.filter((x) => JSON.stringify(x).includes('Total')).length], [60, 0], 'what is in use')
})

test('headings of groups of rows: a column, and rows again where somebody wishes so', async (w) => {
  const page = await newcomer(w, 'groups')
  const prices = 'Item,Code,Price\nDrinks,,\nJuice,A1,10\nWater,A2,5\nBread,,\nLoaf,B1,30\nBun,B2,15\n'
  await page.setInputFiles('input[type=file]', file('prices.csv', prices))
  await checked(page)
  equal(await page.textContent('[data-test=sum]').then((s) => s.split(' · ')[0]), '6 rows read = 4 kept + 2 left out', 'what was read')
  ok((await page.textContent('[data-test=groups]')).includes('2 heading rows became the column “Group”'), 'what was understood')
  await page.check('[data-test=groups] input')
  await page.click('.decide-bar button:has-text("Read the file again")')
  await page.waitForSelector('[data-test=groups]:has-text("the headings stay rows")', { timeout: 60_000 })
  await checked(page)
  equal(await page.textContent('[data-test=sum]'), '6 rows read = 6 kept + 0 left out', 'kept as rows')
  await page.check('[data-test=groups] input')
  await page.click('.decide-bar button:has-text("Read the file again")')
  await page.waitForSelector('[data-test=groups]:has-text("became the column")', { timeout: 60_000 })
  ok((await content(page)).includes('Drinks'), 'the heading is a value now')
})
