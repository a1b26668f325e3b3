import { equal, ok, test, until } from './harness.mjs'

const state = (page) => page.textContent('body')

test('no page is blank: unknown address, unknown customer, unknown data set', async (w) => {
  const page = await w.as('admin@shop.example')
  for (const [to, said] of [
    ['/nowhere/at/all', 'There is no such page'],
    ['/customers/50%', 'There is no such page'],
    ['/%zz?a=%', 'There is no such page'],
    ['/customers/no-such-one', 'There is no such customer'],
    ['/customers/no-such-one/edit', ''],
    ['/data/123', 'It is not there any more'],
    ['/data/abc', ''],
    ['/admin?tab=nothing', 'Administration'],
    ['/customers?filter=junk&sort=nonsense', ''],
  ]) {
    await page.goto(to)
    await page.waitForSelector('#content h1')
    await until(to, async () => (await page.textContent('#content')).includes(said))
    ok((await page.textContent('#content')).trim().length > 10, `${to} is blank`)
  }
})

test('the server stops and comes back: it is said, and work goes on', async (w) => {
  const page = await w.as('admin@shop.example', { to: '/customers' })
  await page.waitForSelector('section.list tbody tr')
  const address = new URL(w.program.url).host
  await w.program.halt()
  try {
    await page.fill('.filters input[type=search]', 'anna')
    await until('it is said', async () => (await state(page)).includes('The connection was lost'))
    equal(await page.locator('section.list tbody tr').count() > 0, true, 'the rows stay')
    await page.click('nav a[href="/data"] >> nth=0')
    await until('on a page not yet loaded as well', async () => (await page.textContent('#content')).includes('The connection was lost'))
  } finally {
    await w.program.start(address)
  }
  await page.click('text=Try again')
  await page.waitForSelector('h1:text("Data")')
  await until('the list', async () => (await page.textContent('#content')).includes('shop'))
}, 90)

test('the server stops while a file is sent, read, and waits: it is said, nothing is half there, and it goes on', async (w) => {
  const page = await w.as('admin@dealer.example', { to: '/data' })
  await page.waitForSelector('input[type=file]', { state: 'attached' })
  const wire = await page.context().newCDPSession(page)
  await wire.send('Network.enable')
  await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 150_000 })
  const rows = Array.from({ length: 200_000 }, (_, i) => `${1 + (i % 97)},Person ${1 + (i % 97)},2024-0${1 + (i % 9)}-11,Thing ${i % 13},3.50`)
  const send = () => page.setInputFiles('input[type=file]', { name: 'interrupted.csv', mimeType: 'text/csv', buffer: Buffer.from(['customer_id,name,date,item,price', ...rows, ''].join('\n')) })
  const address = new URL(w.program.url).host
  await send()
  await until('it is being sent', async () => /MB.sent/.test(await state(page)))
  await w.program.halt()
  try {
    await until('it is said', async () => (await state(page)).includes('The connection was lost'))
  } finally {
    await w.program.start(address)
  }
  await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
  const list = async () => (await (await page.context().request.get('/api/v1/datasets')).json()).items.map((d) => d.name)
  ok(!(await list()).includes('interrupted'), 'nothing is half there')
  await page.click('#content button:text("Try again")')
  await until('it is being read', async () => (await state(page)).includes('Being read'))
  await w.program.crash()
  await w.program.start(address)
  await until('it is said', async () => (await state(page)).includes('The server was stopped before this was done'))
  ok(!(await list()).includes('interrupted'), 'nothing is half read')
  await page.click('#content button:text("Try again")')
  await page.waitForURL(/\/data\/\d+\/versions\/\d+/)
  await page.waitForSelector('h1:has-text("understood")')
  await w.program.halt()
  await page.click('.decide-bar .btn-primary')
  await page.waitForSelector('[role=alert]:has-text("The connection was lost")')
  await w.program.start(address)
  await page.reload()
  await page.waitForSelector('h1:has-text("understood")')
  await page.click('.decide-bar .btn-quiet:not(.show)')
  await page.click('dialog .btn-primary')
  await page.waitForSelector('h1:text("Data")')
}, 120)
