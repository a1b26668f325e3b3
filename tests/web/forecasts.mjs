import { equal, ok, test, until } from './harness.mjs'

/** The models of the shop, trained from the page; slow on a busy machine, so it may take its time. */
const trained = (page) => page.waitForSelector('.pill.good', { timeout: 120_000 })

test('forecasts: both models trained from the page, their figures, the threshold, an earlier version back', async (w) => {
  const page = await w.as('admin@shop.example', { to: '/forecasts' })
  await page.waitForSelector('#content .tabs')
  await page.click('.tabs a:has-text("Spend")')
  await page.click('#content .btn-primary:has-text("Train")')
  await trained(page)
  equal(await page.locator('table').first().locator('tbody tr').count(), 6)
  ok((await page.textContent('#content')).includes('As the last 30 days'), 'naive forecasts stand beside')
  const file = await Promise.all([page.waitForEvent('download'), page.click('a:has-text("Model file")')])
  ok(/^sales-\d+\.model\.json$/.test(file[0].suggestedFilename()), file[0].suggestedFilename())

  await page.click('.tabs a:has-text("Buys")')
  await page.click('#content .btn-primary:has-text("Train")')
  await trained(page)
  const contacted = () => page.textContent('.does div:first-child dd')
  const before = Number((await contacted()).replace(/\D/g, ''))
  await page.fill('#threshold', '20')
  await until('more to contact', async () => Number((await contacted()).replace(/\D/g, '')) > before)
  await page.click('button:has-text("Save the threshold")')
  await until('saved', async () => (await page.$('button:has-text("Save the threshold")')) === null)
  await page.reload()
  await page.waitForSelector('#threshold')
  await until('still there', async () => (await page.inputValue('#threshold')) === '20')
  await page.click('#content .btn-primary:has-text("Train again")')
  await until('a second version', async () => (await page.locator('section:has-text("Trainings") tbody tr').count()) === 2, 120_000)
  await page.click('button:has-text("Let it serve")')
  await until('the first serves', async () => (await page.textContent('section:has-text("Trainings") tbody tr:nth-child(2)')).includes('serves'))

  await page.goto('/forecasts')
  await page.waitForSelector('.strip')
  ok((await page.textContent('.strip')).includes('Likely to buy'), 'the cards')
  ok(await page.$('svg[role=img]'), 'the trend')
})

test('forecasts: what a manager sees has no buttons to train', async (w) => {
  const page = await w.as('manager@shop.example', { to: '/forecasts?model=sales' })
  await page.waitForSelector('#content .tabs')
  equal(await page.locator('#content .btn-primary').count(), 0)
})
