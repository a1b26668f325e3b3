import { settle } from './browser.mjs'
import { equal, ok, test, until } from './harness.mjs'

const list = (page) => page.locator('#vouchers tbody tr')

test('the shop: spending by age as chart and table, a year in the address, top customers', async (w) => {
  const page = await w.as('manager@shop.example', { to: '/shop' })
  await page.waitForSelector('.top li')
  equal(await page.locator('.top li').count(), 10)
  await page.click('button[aria-label="Chart menu"]')
  await page.click('.dropdown-item:has-text("table")')
  await until('five bands', async () => (await page.locator('.table-scroll tbody tr').count()) === 5)
  const table = () => page.textContent('.table-scroll tbody')
  ok((await table()).includes('18–24') && (await table()).includes('>\u00a047'), await table())
  const records = await table()
  await page.click('button[aria-label="Chart menu"]')
  await page.click('.dropdown-item:has-text("totals")')
  await until('means of totals', async () => (await table()) !== records)
  ok(page.url().includes('per=customer'), page.url())
  const years = await page.locator('#shop-year option').allTextContents()
  if (years.length > 1) {
    const all = await page.textContent('ol.top')
    await page.selectOption('#shop-year', years[1])
    await until('another year', async () => page.url().includes(`year=${years[1]}`) && (await page.textContent('ol.top')) !== all)
  }
  await page.locator('.top li a').first().click()
  await until('the customer', async () => page.url().includes('/customers/'))
})

test('the shop: vouchers, the limit, everybody over it, the list as a file', async (w) => {
  const page = await w.as('admin@shop.example', { to: '/shop' })
  await page.waitForSelector('#vouchers')
  await page.click('#vouchers button:has-text("Change the limit")')
  await page.fill('#voucher-limit', 'much')
  await page.click('#vouchers form .btn-primary')
  ok((await page.textContent('#voucher-limit-wrong')).includes('amount'), 'a wrong amount is told')
  await page.fill('#voucher-limit', '9 000,50')
  await page.click('#vouchers form .btn-primary')
  await until('the new limit', async () => /9,000\.50/.test(await page.textContent('#vouchers')))
  await page.click('#vouchers button:has-text("Find everybody")')
  await page.waitForSelector('#vouchers .notice.good')
  const found = Number((await page.textContent('#vouchers .notice.good')).replace(/\D/g, ''))
  ok(found > 0, `${found} found`)
  await until('listed', async () => (await list(page).count()) === Math.min(found, 20))
  if (found > 20) {
    await page.click('#vouchers button:has-text("Show more")')
    await until('more', async () => (await list(page).count()) === Math.min(found, 220))
  }
  await page.click('#vouchers button:has-text("Export")')
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('#vouchers a:has-text("CSV")')])
  equal(file.suggestedFilename(), 'vouchers.csv')
  await settle(page)
})

test('the shop is not for who may only find a customer', async (w) => {
  const page = await w.as('operator@bank.example', { to: '/shop' })
  ok(!(await page.textContent('nav')).includes('Shop'), 'no entry in the menu')
  await until('closed', async () => (await page.textContent('#content')).length > 0 && !(await page.$('#vouchers')))
})
