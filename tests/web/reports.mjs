/** Reports: made, looked at and sent on the page, to a webhook of the test that checks the signature. */
import crypto from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'

import { accessibility, screens, settle, sideways } from './browser.mjs'
import { equal, ok, test, until } from './harness.mjs'

const phone = { isMobile: true, hasTouch: true }
const text = (page) => page.textContent('#content')

/** Keeps what it gets; answers `status`. */
async function receiver() {
  const hook = { got: [], status: 200 }
  const server = http.createServer(async (request, response) => {
    const parts = []
    for await (const part of request) parts.push(part)
    hook.got.push({ headers: request.headers, body: Buffer.concat(parts) })
    response.writeHead(hook.status).end()
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  hook.url = `http://127.0.0.1:${server.address().port}/figures`
  hook.stop = () => (server.closeAllConnections(), server.close())
  return hook
}

/** A target added on the page of sending; the secret that is shown once. */
async function addTarget(page, name, url) {
  await page.goto('/admin?tab=sending')
  await page.click('button:has-text("Add a target")')
  await page.fill('#target-name', name)
  await page.selectOption('#target-kind', 'webhook')
  await page.fill('#target-address', url)
  await page.click('dialog .btn-primary')
  await page.waitForSelector('dialog input[readonly]')
  const secret = await page.inputValue('dialog input[readonly]')
  await page.click('dialog .actions .btn-primary')
  return secret
}

async function addReport(page, name, target) {
  await page.goto('/reports')
  await page.click('button:has-text("New report")')
  await page.fill('#report-name', name)
  await page.selectOption('#report-figure', 'top_customers')
  await page.selectOption('#report-dataset', { label: 'shop' })
  await page.fill('#report-top', '40') // more than any window shows at once
  await page.check(`dialog label:has-text("${target}") input`)
}

/** The whole of an element is in sight, with nothing over it. */
const reachable = (page, selector) =>
  page.locator(selector).evaluate((node) => {
    const box = node.getBoundingClientRect()
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
    return box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth && node.contains(top)
  })

async function look(page, name) {
  await settle(page)
  await page.screenshot({ path: path.join(screens, `${name}.png`) })
  equal((await sideways(page)) > 0, false, `${name} scrolls sideways`)
  equal(await accessibility(page), [], `axe on ${name}`)
}

test('reports: made on the page, kept, looked at, sent to a webhook, in the history', async (w) => {
  fs.mkdirSync(screens, { recursive: true })
  const hook = await receiver()
  try {
    const page = await w.as('admin@shop.example')
    const secret = await addTarget(page, 'Accounting', hook.url)
    await addReport(page, 'Best of the year', 'Accounting')
    await page.fill('#report-year', '1') // nothing was bought then
    await look(page, 'report-form-en-desk')
    await page.click('dialog .btn-primary')
    await page.waitForSelector('tr:has-text("Best of the year")')
    await page.click('tr:has-text("Best of the year") button[aria-label="Change the report"]')
    equal([await page.inputValue('#report-figure'), await page.inputValue('#report-year'), await page.inputValue('#report-top')], ['top_customers', '1', '40'], 'what was kept')
    equal(await page.locator('#report-dataset option:checked').textContent(), 'shop')
    equal(await page.locator('#report-per').count(), 0, 'a choice that the figure does not listen to')
    await page.selectOption('#report-figure', 'average_spending_by_age')
    equal(await page.locator('#report-top').count(), 0, 'a choice that the figure does not listen to')
    equal(await page.locator('#report-per').count(), 1)
    await page.selectOption('#report-figure', 'top_customers')
    await page.fill('#report-year', '')
    await page.click('dialog .btn-primary')
    await page.waitForSelector('dialog', { state: 'detached' })

    for (const [width, height] of [[1440, 900], [1440, 640], [360, 640]]) {
      await page.setViewportSize({ width, height })
      await page.click('tr:has-text("Best of the year") button:has-text("Preview")')
      await page.waitForFunction(() => document.querySelector('dialog img')?.complete && document.querySelector('dialog img').naturalWidth > 0)
      equal(await page.locator('dialog tbody tr').count(), 40, 'customers')
      ok(await reachable(page, 'dialog .actions .btn-primary'), `Close can be reached at ${width} × ${height}`)
      ok(await reachable(page, 'dialog h2'), `the title is in sight at ${width} × ${height}`)
      await look(page, `report-preview-${width}-${height}`)
      await page.click('dialog .actions .btn-primary')
      await page.waitForSelector('dialog', { state: 'detached' })
    }
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.click('tr:has-text("Best of the year") button:has-text("Send now")')
    await until('it has come', () => hook.got.length)
    await until('in the history', async () => (await page.textContent('section:has(h2:text("History")) tbody tr')).includes('Arrived'))
    const row = await page.textContent('section:has(h2:text("History")) tbody tr')
    ok(row.includes('Best of the year') && row.includes('Accounting'), row)
    const { headers, body } = hook.got[0]
    const signed = crypto.createHmac('sha256', secret).update(`${headers['vitrina-timestamp']}.`).update(body).digest('hex')
    equal(headers['vitrina-signature'], `sha256=${signed}`, 'the signature')
    const said = JSON.parse(body)
    equal([said.report, said.figure.rows.length], ['Best of the year', 40])
    await look(page, 'reports-history-en-desk')

    await page.click('tr:has-text("Best of the year") .btn-danger')
    await page.fill('#confirm-words', 'Best of the year')
    await page.click('dialog .btn-danger')
    await until('deleted', async () => (await text(page)).includes('No report yet'))
    equal(hook.got.length, 1, 'sent once')
  } finally {
    hook.stop()
  }
}, 120)

test('reports: why something has not arrived, in the language of the page', async (w) => {
  const hook = await receiver()
  hook.status = 410
  try {
    const page = await w.as('admin@shop.example')
    await addTarget(page, 'Old address', hook.url)
    await addReport(page, 'To nobody', 'Old address')
    await page.click('dialog .btn-primary')
    await page.click('tr:has-text("To nobody") button:has-text("Send now")')
    await until('refused', async () => (await text(page)).includes('gone for good'))
    for (const [language, said, options] of [['en', 'says that this address is gone', {}], ['ru', 'сообщает, что адреса больше нет', { width: 360, height: 740, ...phone }], ['pl', 'mówi, że tego adresu już nie ma', {}], ['mk', 'вели дека адресата повеќе ја нема', { width: 360, height: 740, ...phone }]]) {
      const other = await w.as('admin@shop.example', { ...options, language, to: '/reports' })
      await until(`the reason in ${language}`, async () => (await text(other)).includes(said))
      ok((await other.textContent('[lang=en]:has-text("410")')).includes('the webhook answers 410'), 'the words of the server')
      await look(other, `reports-failed-${language}`)
    }
    await page.click('tr:has-text("To nobody") .btn-danger')
    await page.fill('#confirm-words', 'To nobody')
    await page.click('dialog .btn-danger')
    await page.waitForSelector('dialog', { state: 'detached' })
  } finally {
    hook.stop()
  }
}, 120)
