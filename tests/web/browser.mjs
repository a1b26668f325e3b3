/** Debian's Chromium without anything of its own going on, driven by playwright-core of web/. */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const require = createRequire(path.join(root, 'web/package.json'))
const { chromium } = require('playwright-core')
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

export const screens = path.join(root, 'build', 'screens')

const how = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--force-color-profile=srgb'],
}
export const launch = () => chromium.launch(how)

/** A browser with a profile on the disk: what is kept when it is closed and opened again. */
export function launchAt(folder, url) {
  return chromium.launchPersistentContext(folder, { ...how, baseURL: url, locale: 'en-GB' })
}

/** A person at a device. What the page says on its console and its failures are kept: a test ends with none. */
export async function open(browser, url, { width = 1440, height = 900, dark = false, language = 'en', ...rest } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: 1,
    locale: { en: 'en-GB', ru: 'ru-RU', pl: 'pl-PL', mk: 'mk-MK' }[language],
    timezoneId: 'Europe/Warsaw',
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    baseURL: url,
    ...rest,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000) // a sanitised program on a busy machine; nothing is measured here
  page.faults = []
  page.on('pageerror', (e) => page.faults.push(`error: ${e.message}`))
  page.on('console', (m) => {
    if (m.type() !== 'error') return
    // A refused request is told by the page itself, in words; Chromium logs each as well.
    if (!/Failed to load resource|net::ERR_/.test(m.text())) page.faults.push(`console: ${m.text()}`)
  })
  page.on('dialog', (d) => {
    page.dialogs = [...(page.dialogs ?? []), d.message()]
    void d.accept()
  })
  return page
}

/** On the sign-in page, wherever it was come upon. */
export async function enter(page, email, password) {
  await page.fill('#email', email)
  await page.fill('#password', password)
  await page.click('form button.btn-primary')
}

export async function signIn(page, email, password, to = '/') {
  await page.goto(to)
  await enter(page, email, password)
  await page.waitForSelector('#content h1')
}

/** What axe-core calls serious or critical, as lines; an empty list is wanted. */
export async function accessibility(page) {
  await page.evaluate(axe) // through the debugger: the page's own policy would refuse a script tag
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return result.violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).slice(0, 3).join(' | ')}`)
}

/** How far the page can be scrolled sideways, in pixels. */
export const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

export async function settle(page) {
  // What is being read shows .waiting; a chart is drawn when its canvas is there.
  await page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.waiting') && [...document.querySelectorAll('.chart')].every((c) => c.querySelector('canvas')), null, { timeout: 60_000 })
  await page.evaluate(() => document.fonts.ready)
  await page.waitForTimeout(120)
}
