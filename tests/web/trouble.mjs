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
