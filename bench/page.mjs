/**
 * bench/page.mjs: how fast the page is in Chromium, as JSON on standard output. VITRINA names the program.
 *
 * The figures are those of Lighthouse, taken by the browser itself without slowing anything down: first and largest
 * contentful paint, total blocking time (what tasks take beyond 50 ms, from the first paint until a second of rest),
 * cumulative layout shift. A page change is from the click to the new heading with all its data read.
 */
import { launch, open, settle, signIn } from '../tests/web/browser.mjs'
import { startProgram } from '../tests/web/program.mjs'

const LOADS = 5
const CHANGES = 12
const WHO = 'admin@shop.example'

const watch = () => {
  const seen = (window.seen = { fcp: 0, lcp: 0, cls: 0, long: [] })
  const on = (type, each) => new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true })
  on('paint', (e) => e.name === 'first-contentful-paint' && (seen.fcp = e.startTime))
  on('largest-contentful-paint', (e) => (seen.lcp = e.startTime))
  on('layout-shift', (e) => e.hadRecentInput || (seen.cls += e.value))
  on('longtask', (e) => seen.long.push([e.startTime, e.duration]))
}

/** In the page: clicks the link and waits until the page it leads to stands with its data. */
const change = (to) =>
  new Promise((done) => {
    const begun = performance.now()
    document.querySelector(`a[href="${to}"]`).click()
    const look = () => {
      const there = location.pathname === to && document.querySelector('#content h1') && !document.querySelector('#content [aria-busy=true]')
      if (there) done(performance.now() - begun)
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })

const median = (list) => list.slice().sort((a, b) => a - b)[list.length >> 1]

async function load(browser, program, path) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: program.url, storageState: program.state })
  const page = await context.newPage()
  await page.addInitScript(watch)
  await page.goto(path)
  await settle(page)
  await page.waitForTimeout(1000)
  const seen = await page.evaluate(() => window.seen)
  await context.close()
  return { fcp: seen.fcp, lcp: seen.lcp, cls: seen.cls, tbt: seen.long.filter(([at]) => at >= seen.fcp).reduce((sum, [, took]) => sum + took - 50, 0) }
}

async function firstBytes(browser, program, language) {
  const page = await open(browser, program.url, { language })
  let bytes = 0
  page.on('response', async (r) => {
    const sizes = await r.request().sizes().catch(() => null)
    if (sizes && !r.url().includes('charts')) bytes += sizes.responseBodySize
  })
  await signIn(page, WHO, program.people[WHO])
  await settle(page)
  await page.context().close()
  return bytes
}

/** A version that waits to be checked: 20,000 rows of sales. Its address. */
async function waiting(page, program) {
  const rows = Array.from({ length: 20_000 }, (_, i) => `${1 + (i % 997)},Person ${1 + (i % 997)},2025-0${1 + (i % 9)}-1${i % 9},Thing ${i % 53},${(i % 50) + 1}.50`)
  const file = { name: 'sales.csv', mimeType: 'text/csv', buffer: Buffer.from(['customer_id,name,date,item,price', ...rows, ''].join('\n')) }
  const client = page.context().request
  const { dataset, job } = await (await client.post('/api/v1/datasets', { headers: { Origin: program.url }, multipart: { confirm: 'later', file } })).json()
  for (;;) {
    const now = await (await client.get(`/api/v1/jobs/${job.id}`)).json()
    if (now.ended_at) return `/data/${dataset.id}/versions/${now.result.number}`
    await new Promise((wait) => setTimeout(wait, 100))
  }
}

async function changes(browser, program) {
  const page = await open(browser, program.url, { storageState: program.state })
  await page.goto('/')
  await settle(page)
  const took = {}
  for (let i = 0; i <= CHANGES; i++) {
    for (const to of ['/customers', '/shop', '/data', program.check, '/offers', '/reports', '/forecasts', '/links', '/admin', '/']) {
      const ms = await page.evaluate(change, to)
      if (i) (took[to === program.check ? 'the check page' : to] ??= []).push(ms) // the first time the page's own file is fetched as well
      await page.waitForTimeout(50)
    }
  }
  await page.context().close()
  return Object.fromEntries(Object.entries(took).map(([to, list]) => [to, median(list)]))
}

const program = await startProgram()
const browser = await launch()
try {
  const bytes = {}
  for (const language of ['en', 'ru', 'pl', 'mk']) bytes[language] = await firstBytes(browser, program, language)
  const page = await open(browser, program.url)
  await signIn(page, WHO, program.people[WHO])
  program.state = await page.context().storageState()
  program.check = await waiting(page, program)
  await page.context().close()
  const loads = {}
  for (const [name, path] of [['home', '/'], ['customers', '/customers'], ['customer', '/customers/2987'], ['shop', '/shop'], ['data', '/data'], ['the check page', program.check], ['offers', '/offers'], ['reports', '/reports'], ['forecasts', '/forecasts'], ['links', '/links'], ['administration', '/admin']]) {
    const list = []
    for (let i = 0; i < LOADS; i++) list.push(await load(browser, program, path))
    loads[name] = Object.fromEntries(Object.keys(list[0]).map((key) => [key, median(list.map((x) => x[key]))]))
  }
  console.log(JSON.stringify({ bytes, loads, changes: await changes(browser, program) }))
} finally {
  await browser.close()
  await program.stop()
}
