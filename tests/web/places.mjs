/**
 * Every page and dialog of the program, as a person reaches it: [name, address, what to do there]. Used by what looks at
 * all of them: the languages, the layout. What they need beside the demonstration data is made once by `furnish`.
 */
import { newcomer } from './files.mjs'

const press = (selector) => (page) => page.locator(selector).first().click()
const dialog = (selector) => async (page) => {
  await page.locator(selector).first().click()
  await page.waitForSelector('dialog[open]')
}
const offered = (page) => page.waitForSelector('section.card')

/** Who sees them, and the places. `f` is what furnish gave. */
export const places = (f) => [
  ['admin@shop.example', [
    ['home', '/'],
    ['customers', '/customers'],
    ['customers-sorted', '/customers?sort=-spend&filter=spend:ge:100'],
    ['customers-columns', '/customers', press('.page-head .menu button')],
    ['customers-filter', '/customers', press('.chip.dashed')],
    ['customers-none', '/customers?q=zzzzzz'],
    ['find', '/customers', async (page) => {
      if (await page.locator('header input[type=search]').first().isVisible()) await page.locator('header input[type=search]').first().fill('an')
      else await page.keyboard.press('/')
      await page.waitForTimeout(400)
    }],
    ['customer', '/customers/2987'],
    ['customer-none', '/customers/no-such-one'],
    ['edit', '/customers/2987/edit'],
    ['new', '/new-customer'],
    ['new-wrong', '/new-customer', async (page) => {
      await page.fill('#f-email', 'not an address')
      await page.fill('#f-phone', 'x')
      await page.locator('form button.btn-primary').click()
      await page.waitForSelector('.field-error')
    }],
    ['data', '/data'],
    ['dataset', `/data/${f.dataset}`],
    ['dataset-meaning', `/data/${f.dataset}`, async (page) => {
      await page.locator('select.form-select').first().selectOption('ignore')
      await page.waitForSelector('.save')
      page.unsaved = true
    }],
    ['next', `/data/${f.dataset}`, async (page) => {
      await page.setInputFiles('input[type=file]', { name: 'next month of all the shops together.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') })
      await page.check('dialog input[value=upsert]')
    }],
    ['delete', `/data/${f.dataset}`, dialog('.page-head .btn-danger')],
    ['check', `/data/${f.first}/versions/${f.firstVersion}`],
    ['check-unsure', `/data/${f.first}/versions/${f.firstVersion}`, dialog('.decide-bar .btn-primary')],
    ['check-throw', `/data/${f.first}/versions/${f.firstVersion}`, dialog('.decide-bar .btn-quiet:not(.show)')],
    ['check-next', `/data/${f.next}/versions/${f.nextVersion}`],
    ['check-gone', `/data/${f.next}/versions/99`],
    ['waits', `/data/${f.next}`],
    ['offers', '/offers'],
    ['offers-product', '/offers', async (page) => {
      await page.locator('[data-test=week] tbody button').first().click()
      await page.waitForSelector('[data-test=likely] tbody tr')
    }],
    ['links', '/links'],
    ['links-wrong', '/links', async (page) => {
      await page.locator('.page-head .btn-secondary').click()
      for (const input of await page.locator('.pair:last-child input').all()) await input.fill('v01')
      page.unsaved = true
    }],
    ['shop', '/shop'],
    ['voucher-limit', '/shop', async (page) => {
      await page.locator('#vouchers p .btn-quiet').click()
      await page.fill('#voucher-limit', 'much')
      await page.locator('form.limit .btn-primary').click()
    }],
    ['reports', '/reports'],
    ['reports-why', '/reports', press('details summary')],
    ['report', '/reports', dialog('tbody button:has(svg):not(.btn-danger)')],
    ['report-new', '/reports', async (page) => {
      await page.locator('.page-head .btn-primary').click()
      await page.selectOption('#report-when', 'own')
      await page.fill('#report-cron', 'never')
      await page.fill('#report-name', 'X')
      await page.locator('dialog .btn-primary').click()
      await page.waitForSelector('dialog [role=alert]')
    }],
    ['report-preview', '/reports', dialog('section:first-of-type tbody tr:last-child .btn-secondary')],
    ['report-delete', '/reports', dialog('tbody .btn-danger')],
    ['forecasts', '/forecasts'],
    ['model-sales', '/forecasts?model=sales'],
    ['model-purchase', '/forecasts?model=purchase'],
    ...(f.trained ? [['train-schedule', '/forecasts?model=sales', dialog('section.auto button')], ['model-compare', `/forecasts?model=sales&compare=1,2`], ['customers-forecasts', '/customers?sort=-probability'], ['customer-forecast', '/customers/2987']] : []),
    ['people', '/admin'],
    ['people-menu', '/admin', press('tbody .menu button')],
    ['invite', '/admin', async (page) => {
      await page.locator('.bar .btn-primary').click()
      await page.fill('#invite-email', 'nobody')
      await page.locator('dialog .btn-primary').click()
      await page.waitForSelector('dialog .field-error')
    }],
    ['tokens', '/admin?tab=tokens'],
    ['token', '/admin?tab=tokens', dialog('.card-head .btn-primary')],
    ['token-delete', '/admin?tab=tokens', dialog('tbody .btn-danger')],
    ['sending', '/admin?tab=sending'],
    ['target', '/admin?tab=sending', dialog('.card-head .btn-primary')],
    ['target-delete', '/admin?tab=sending', dialog('tbody .btn-danger')],
    ['work', '/admin?tab=jobs'],
    ['audit', '/admin?tab=audit'],
    ['health', '/admin?tab=health'],
    ['me', '/me'],
    ['me-wrong', '/me', async (page) => {
      await page.fill('#old', 'x')
      await page.fill('#new', 'y')
      await page.locator('form button.btn-primary').click()
      await page.waitForSelector('.field-error, .is-invalid, #new-help')
    }],
    ['me-menu', '/', press('header > .menu:last-child > button')],
    ['bell', '/', press('header button:has(.bell)')],
    ['nowhere', '/nowhere'],
    ['dataset-none', '/data/123'],
    ['lost', '/shop', async (page) => {
      await page.route('**/api/**', (route) => route.abort())
      await page.locator('a[href="/data"]:visible').first().click()
      await page.waitForSelector('[role=alert]')
      await page.unroute('**/api/**')
    }],
  ]],
  ['admin@bank.example', [
    ['bank-home', '/'],
    ['backups', '/admin?tab=backups'],
    ['backup-delete', '/admin?tab=backups', dialog('tbody .btn-danger')],
    ['orgs', '/admin?tab=orgs'],
    ['org', '/admin?tab=orgs', dialog('.card-head .btn-primary')],
    ['org-close', '/admin?tab=orgs', dialog('tbody .btn-danger')],
    ['bank-audit', '/admin?tab=audit'],
  ]],
  ['manager@shop.example', [
    ['forbidden', '/admin'],
    ['manager-home', '/'],
    ['manager-dataset', `/data/${f.dataset}`],
  ]],
  ['first@prima.example', ['/', '/customers', '/customers/7', '/data', '/offers', '/links', '/shop', '/reports', '/forecasts', '/admin?tab=jobs', '/admin?tab=sending', '/admin?tab=tokens'].map((to) => [`empty${to.replace(/\W+/g, '-').replace(/-$/, '')}`, to, offered].slice(0, 2))],
  [null, [
    ['sign-in', '/'],
    ['sign-in-wrong', '/', async (page) => {
      await page.fill('#email', 'someone@shop.example')
      await page.fill('#password', 'wrong')
      await page.locator('form button.btn-primary').click()
      await page.waitForSelector('form .notice.bad')
    }],
    ['invitation-gone', '/#/invitation?token=not-a-token'],
  ]],
]

const long = 'Przedsiębiorstwo Handlowo-Usługowe „Pod Starą Lipą” Krzysztof Brzęczyszczykiewicz i Wspólnicy'
const people = (n, bump) => ['id,full_name,phone,points,city,nr2', ...Array.from({ length: n }, (_, i) => `C${100 + i},${i === 2 ? `"${long}"` : ['Anna Nowak', 'Jan Kowalski', 'Ewa Zielińska'][i % 3]},+4860010${1000 + i},${i % 7 ? i * 10 : i * 10 + bump},${['Kraków', 'Gdańsk', 'Łódź'][i % 3]},${i % 11 ? 4000 + i : ''}`)].join('\n') + '\nC9999,Lech Wrona,+48600999999,12 or so,Opole,1\n'

// Who handled an order looks like the customer's surname: one column that is not sure.
const clerks = ['Kowalski', 'Wiśniewska', 'Kamiński', 'Иванов', 'Петрова', 'Смирнов']
const orders = (n) => ['customer_id,handled by,item,price,bought at,"remark of the warehouse, kept as it was written"', ...Array.from({ length: n }, (_, i) => `${1 + (i % 37)},${clerks[i % 6]},${i % 5 ? `Thing ${i % 13}` : `"${long}"`},${(i % 50) + 1}.50,2025-0${1 + (i % 9)}-1${i % 9},${i % 3 ? '' : 'on a pallet'}`), '7,Kowalski,Thing 1,3.50,some day,'].join('\n') + '\n'

/** Versions that wait, reports and targets that fail, a backup, a token, an organisation without data; models, which take longer. */
export async function furnish(w, { models = false } = {}) {
  const origin = { headers: { Origin: w.program.url } }
  const ask = async (client, method, to, data) => {
    const answer = await client[method](to, { ...origin, ...(data === undefined ? {} : { data }) })
    if (!answer.ok()) throw new Error(`${method} ${to}: ${await answer.text()}`)
    return answer.status() === 204 ? null : answer.json()
  }
  const shop = (await w.as('admin@shop.example')).context().request
  const bank = (await w.as('admin@bank.example')).context().request
  const ended = async (client, id) => {
    for (;;) {
      const now = await (await client.get(`/api/v1/jobs/${id}`)).json()
      if (now.ended_at) return now
      await new Promise((wait) => setTimeout(wait, 100))
    }
  }
  const send = async (to, name, text, more) => {
    const answer = await shop.post(to, { ...origin, multipart: { confirm: 'later', file: { name, mimeType: 'text/csv', buffer: Buffer.from(text) }, ...more } })
    const { dataset, job } = await answer.json()
    if (!job) return [] // it failed at once
    const now = await ended(shop, job.id)
    return [dataset.id, now.result?.number]
  }
  const dataset = (await ask(shop, 'get', '/api/v1/datasets')).items.find((d) => d.name === 'shop').id
  const [first, firstVersion] = await send('/api/v1/datasets', 'wholesale orders of the whole year.csv', orders(200))
  const [next, before] = await send('/api/v1/datasets', 'club.csv', people(40, 0))
  await ask(shop, 'post', `/api/v1/datasets/${next}/versions/${before}/confirm`)
  for (let now; now?.state !== 'current'; ) now = await ask(shop, 'get', `/api/v1/datasets/${next}/versions/${before}`)
  const [, nextVersion] = await send(`/api/v1/datasets/${next}/versions`, 'club.csv', people(44, 5), { mode: 'upsert' })
  await send('/api/v1/datasets', 'minutes.pdf', '%PDF-1.7\n1 0 obj\n') // work that failed

  const target = (body) => ask(shop, 'post', '/api/v1/targets', body)
  const dead = await target({ name: 'Warehouse', kind: 'webhook', address: 'http://127.0.0.1:9/in' })
  const off = await target({ name: 'Board', kind: 'telegram', address: '@board_of_shop' })
  await ask(shop, 'patch', `/api/v1/targets/${off.id}`, { on: false })
  const report = { dataset: '', year: 0, per: 'record', top: 10, language: 'en', parts: ['text', 'table', 'chart'], schedule: '', zone: 'Europe/Warsaw' }
  await ask(shop, 'post', '/api/v1/reports', { ...report, name: 'Weekly', figure: 'average_spending_by_age', targets: [dead.id, off.id], schedule: '0 9 * * 1' })
  await ask(shop, 'post', '/api/v1/reports/Weekly/send')
  for (const kind of models ? ['sales', 'sales', 'purchase'] : []) await ended(shop, (await ask(shop, 'post', `/api/v1/models/${kind}/train`, { dataset })).job.id)
  await ask(shop, 'post', '/api/v1/tokens', { name: 'accounting' })
  await ended(bank, (await ask(bank, 'post', '/api/v1/backups')).job.id)

  await newcomer(w, 'prima', { called: 'Prima Banka' })
  await w.close()
  return { dataset, first, firstVersion, next, nextVersion, trained: models }
}

/** The pages are about the demonstration's data, not about the newest that was loaded here. */
export const prefer = (page, who, f) => (who?.endsWith('@shop.example') ? page.addInitScript((id) => location.protocol === 'http:' && sessionStorage.setItem('dataset', id), f.dataset) : null)

/** Goes to a place and does what is to be done there. */
export async function reach(page, [, to, act], settle) {
  if (page.unsaved) {
    page.unsaved = false
    await page.goto('about:blank')
  }
  if (to.includes('#')) await page.goto('about:blank')
  await page.goto(to)
  await settle(page)
  if (!act) return
  await act(page)
  await settle(page)
}
