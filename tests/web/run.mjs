/** tests/web/run.mjs [--report FILE] [--parts data,loading] [--only WORDS]: the page in a real browser against the real program ($VITRINA). */
import fs from 'node:fs'

import { launch } from './browser.mjs'
import { runAll, taken, World } from './harness.mjs'
import { startProgram } from './program.mjs'

const option = (name) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? null : (process.argv[at + 1] ?? '')
}

// Most of the time is waiting, so two lanes run beside each other; what changes the shop's newest data set, and what stops
// the program, comes when both are through.
const only = option('--only')
const parts = option('--parts')?.split(',')
const lanes = {}
for (const [lane, files] of Object.entries({ one: ['sign_in', 'customers', 'admin', 'shop', 'forecasts', 'reports'], two: ['data', 'loading', 'next', 'refused', 'look'], last: ['look_check', 'languages', 'trouble'] })) {
  for (const part of files) if (!parts || parts.includes(part)) await import(`./${part}.mjs`)
  lanes[lane] = taken().filter((t) => !only || t.name.includes(only))
}

const program = await startProgram()
const browser = await launch()
const counts = { passed: 0, failed: 0, skipped: 0 }
const run = (list) => runAll(new World(browser, program), list, counts)
try {
  await Promise.all([run(lanes.one), run(lanes.two)])
  await run(lanes.last)
} catch (e) {
  counts.failed++
  console.log(e)
} finally {
  await browser.close()
  await program.stop()
}
const report = option('--report')
if (report) fs.writeFileSync(report, JSON.stringify(counts))
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exit(counts.failed || !counts.passed ? 1 : 0)
