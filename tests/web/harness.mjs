/** A few words of a test runner: tests of a lane in order, each with a limit, counted at the end. */
import fs from 'node:fs'
import path from 'node:path'

import { open, screens, signIn } from './browser.mjs'

let tests = []
export const test = (name, run, seconds = 60) => tests.push({ name, run, seconds })
/** The tests that the files imported since the last call have named. */
export function taken() {
  const list = tests
  tests = []
  return list
}

export function equal(have, want, what = 'value') {
  const a = JSON.stringify(have)
  const b = JSON.stringify(want)
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`)
}
export function ok(truth, what) {
  if (!truth) throw new Error(what)
}

/** Waits until the function (run here, not in the page) gives something true. */
export async function until(what, ask, seconds = 30) {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const got = await ask()
    if (got) return got
    if (Date.now() > end) throw new Error(`not after ${seconds} s: ${what}`)
    await new Promise((wait) => setTimeout(wait, 50))
  }
}

export class World {
  constructor(browser, program) {
    Object.assign(this, { browser, program, pages: [] })
  }
  async guest(options) {
    const page = await open(this.browser, this.program.url, options)
    this.pages.push(page)
    return page
  }
  async as(email, options = {}) {
    const page = await this.guest(options)
    await signIn(page, email, this.program.people[email], options.to ?? '/')
    return page
  }
  async close() {
    for (const page of this.pages) await page.context().close().catch(() => undefined)
    this.pages = []
  }
}

export async function runAll(world, list, counts) {
  for (const t of list) {
    const began = Date.now()
    try {
      await within(t.seconds, t.run(world))
      const faults = world.pages.flatMap((p) => p.faults)
      if (faults.length) throw new Error(`the page complained: ${faults.slice(0, 3).join('; ')}`)
      counts.passed++
      console.log(`ok      ${t.name} (${((Date.now() - began) / 1000).toFixed(1)} s)`)
    } catch (e) {
      if (e instanceof Skip) {
        counts.skipped++
        console.log(`skipped ${t.name}: ${e.message}`)
      } else {
        counts.failed++
        console.log(`FAILED  ${t.name}\n        ${String(e?.stack ?? e).split('\n').slice(0, 6).join('\n        ')}`)
        await picture(world, t.name)
      }
    }
    await world.close()
  }
}

export class Skip extends Error {}

function within(seconds, work) {
  let late
  const limit = new Promise((_, reject) => (late = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), seconds * 1000)))
  return Promise.race([work, limit]).finally(() => clearTimeout(late))
}

async function picture(world, name) {
  fs.mkdirSync(screens, { recursive: true })
  const page = world.pages.at(-1)
  const file = path.join(screens, `failed-${name.replace(/\W+/g, '-')}.png`)
  if (page) await page.screenshot({ path: file }).then(() => console.log(`        ${file}`), () => undefined)
}
