/** The next version of a data set: the file by itself, what it changes, one step back; templates and copies to correct. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { root, screens, settle } from './browser.mjs'
import { checked, content, file, inUse, load, newcomer, throwAway } from './files.mjs'
import { equal, ok, test, until } from './harness.mjs'

const python = (...args) => execFileSync('/usr/bin/python3', [path.join(root, 'tests/web/books.py'), ...args], { encoding: 'utf8' })
const office = ['/usr/bin/soffice', '/usr/local/bin/soffice'].some((f) => fs.existsSync(f))

async function inFolder(work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vitrina-next-'))
  try {
    await work((name) => path.join(folder, name))
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}
async function keep(page, press, to) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(press)])
  await download.saveAs(to)
}
async function picture(page, name) {
  fs.mkdirSync(screens, { recursive: true })
  await settle(page)
  await page.screenshot({ path: path.join(screens, `${name}.png`), fullPage: true })
}

/** Customers number first to last; `other` gives another text for a cell: { '7.points': 'many' }. */
function club(first, last, other = {}) {
  const lines = ['id,full_name,city,points,joined']
  for (let i = first; i <= last; i++) {
    const cell = (name, good) => other[`${i}.${name}`] ?? good
    lines.push([`C${1000 + i}`, `Anna Nowak${i}`, cell('city', ['Kraków', 'Gdańsk', 'Łódź'][i % 3]), cell('points', i * 10), cell('joined', `2024-0${1 + (i % 9)}-1${i % 9}`)].join(','))
  }
  return lines.join('\n') + '\n'
}
const BAD = { '103.points': 'few', '104.joined': 'some day' }
const sum = async (page) => (await page.textContent('[data-test=sum]')).replace(/\s+/g, ' ').trim()
const changes = async (page) => (await page.textContent('[data-test=changes]')).replace(/\s+/g, ' ')
const firstRow = (page) => page.locator('section:has(h2:text("How the first rows were read")) tbody tr').first().locator('td').first().textContent()

async function begun(w, name) {
  const page = await newcomer(w, name, { to: '/data' })
  await page.setInputFiles('input[type=file]', file('club.csv', club(1, 100, { '7.points': 'many' })))
  await checked(page)
  await load(page)
  return [page, await inUse(page)]
}
async function next(page, id, sent, mode) {
  await page.goto(`/data/${id}`)
  await page.waitForSelector('button:text("Load the next version"):not([disabled])')
  await page.setInputFiles('input[type=file]', sent)
  await page.check(`dialog input[value=${mode}]`)
  await page.click('dialog .btn-primary')
  await checked(page)
  await page.waitForSelector('[data-test=changes]')
}

test('a file that is added: its own rows, samples and rejects, what changes, and one step back', async (w) => {
  const [page, id] = await begun(w, 'adding')
  await next(page, id, file('june.csv', club(101, 150, BAD).replace(/joined/, 'joined').replace(/^id,(.*)$/m, 'id,$1,shop').replace(/^(C.*)$/gm, '$1,Centre')), 'append')
  equal(await sum(page), '50 rows read = 50 kept + 0 left out · 2 values set aside')
  const told = await changes(page)
  for (const part of ['100 rows now, 150 afterwards.', 'Rows added50', 'Rows changed0', 'Rows gone0', 'Rows as before100', 'New columns: shop']) ok(told.includes(part), `${part} in ${told}`)
  equal((await page.locator('#set-aside .reject').allTextContents()).map((x) => x.replace(/\s+/g, ' ').trim()), ['line 4points“few” not a whole number', 'line 5joined“some day” not a date'], 'its own rejects')
  ok((await page.textContent('tr:has(select[aria-label="Meaning: id"])')).includes('C1101'), 'its own samples')
  equal(await firstRow(page), 'C1101', 'its own rows')
  const button = await page.textContent('.decide-bar .btn-primary')
  equal(button.trim(), 'Load 50 rows')
  await picture(page, 'next-append')
  await load(page)
  await inUse(page)
  await until('all rows', async () => (await page.textContent('.page-head')).includes('150 rows'))
  await page.click('.notice.good button:text("Undo: return to version 1")')
  await page.waitForSelector('.notice.good:has-text("Version 1 is in use again.")')
  await until('one step back', async () => (await page.textContent('.page-head')).includes('100 rows'))
  ok(!(await content(page)).includes('shop'), 'without its column')
}, 90)

test('a file that updates by key: which cells, its own rows; one that replaces: rows and columns gone', async (w) => {
  const [page, id] = await begun(w, 'updating')
  await next(page, id, file('june.csv', club(91, 140, { ...BAD, '95.city': 'Opole', '96.city': 'Opole' })), 'upsert')
  equal(await sum(page), '50 rows read = 50 kept + 0 left out · 2 values set aside')
  let told = await changes(page)
  for (const part of ['100 rows now, 140 afterwards.', 'Rows added40', 'Rows changed2', 'Rows gone0', 'Rows as before98', 'city · 2', 'C1095', 'Opole']) ok(told.includes(part), `${part} in ${told}`)
  equal(await firstRow(page), 'C1091', 'its own rows')
  equal(await page.locator('#set-aside .reject').count(), 2, 'its own rejects')
  await picture(page, 'next-upsert')
  await throwAway(page)
  await page.waitForURL(`**/data/${id}`)

  await next(page, id, file('all.csv', club(11, 120, BAD).replace(/^([^,]*,[^,]*),[^,]*/gm, '$1')), 'replace')
  equal(await sum(page), '110 rows read = 110 kept + 0 left out · 2 values set aside')
  told = await changes(page)
  for (const part of ['100 rows now, 110 afterwards.', 'Rows added20', 'Rows gone10', 'Columns that go: city']) ok(told.includes(part), `${part} in ${told}`)
  equal(await firstRow(page), 'C1011', 'its own rows')
  await picture(page, 'next-replace')
  await load(page)
  await inUse(page)
  await page.click('.notice.good button:text("Undo: return to version 1")')
  await until('one step back', async () => (await page.textContent('.page-head')).includes('100 rows'))
  ok((await content(page)).includes('city'), 'with its column')
}, 90)

test('the copy of a file that is added: only its rows, the reason beside each bad cell; corrected and sent again', (w) => inFolder(async (at) => {
  const [page, id] = await begun(w, 'correcting')
  await next(page, id, file('june.csv', club(101, 150, BAD)), 'append')
  await keep(page, 'text=Download a workbook to correct', at('copy.xlsx'))
  const { rows, notes } = JSON.parse(python('show', at('copy.xlsx')))
  equal([rows.length, rows[1][0], rows[50][0]], [51, 'C1101', 'C1150'], 'rows of the copy')
  equal(notes, { D4: 'not a whole number', E5: 'not a date' }, 'reasons')
  equal([rows[3][5], rows[4][5], rows[5][5]], ['points: not a whole number', 'joined: not a date', null], 'the column of reasons')
  python('fill', at('copy.xlsx'), at('right.xlsx'), JSON.stringify({ D4: 1030, E5: '2024-05-14' }))
  await throwAway(page)
  await page.waitForURL(`**/data/${id}`)
  await next(page, id, at('right.xlsx'), 'append')
  equal(await sum(page), '50 rows read = 50 kept + 0 left out')
  const told = await changes(page)
  ok(!told.includes('New columns') && told.includes('Rows added50'), told)
  await load(page)
  await inUse(page)
  await until('all rows', async () => (await page.textContent('.page-head')).includes('150 rows'))
}), 90)

test('a template: downloaded, filled in, known again as the next version; a wrong cell is set aside with its line', (w) => inFolder(async (at) => {
  const [page, id] = await begun(w, 'forms')
  await keep(page, 'text=Download a template to fill in', at('template.xlsx'))
  const shown = JSON.parse(python('show', at('template.xlsx')))
  equal(shown.rows, [['id', 'full_name', 'city', 'points', 'joined']], 'its heads')
  equal(shown.sheets, [['club', 'visible'], ['_vitrina', 'veryHidden']], 'its sheets')
  equal([shown.checks.C2, shown.checks.D2[0], shown.checks.E2[0]], [['list', '_vitrina!$D$1:$D$3'], 'whole', 'date'], 'drop-downs and checks')
  const cells = {}
  for (let i = 0; i < 30; i++) Object.assign(cells, { [`A${i + 2}`]: `C2${100 + i}`, [`B${i + 2}`]: `Jan Kowalski${i}`, [`C${i + 2}`]: 'Opole', [`D${i + 2}`]: i, [`E${i + 2}`]: '2025-02-03' })
  cells.D5 = 'a lot'
  python('fill', at('template.xlsx'), at('filled.xlsx'), JSON.stringify(cells))
  if (office) python('office', at('filled.xlsx'), at('by office.xlsx'))
  for (const name of office ? ['filled.xlsx', 'by office.xlsx'] : ['filled.xlsx']) {
    // Sent where any file is sent, whatever it is called.
    await page.goto('/data')
    await page.waitForSelector('#content .zone')
    await page.setInputFiles('input[type=file]', at(name))
    await checked(page)
    equal(/\/data\/(\d+)\//.exec(page.url())[1], id, `${name} is known`)
    equal(await sum(page), '30 rows read = 30 kept + 0 left out · 1 value set aside', name)
    ok((await changes(page)).includes('100 rows now, 130 afterwards.'), 'they are added')
    equal((await page.locator('#set-aside .reject').allTextContents()).map((x) => x.replace(/\s+/g, ' ').trim()), ['line 5points“a lot” not a whole number'], 'the wrong cell')
    if (name === 'filled.xlsx') await picture(page, 'next-template')
    await throwAway(page)
    await page.waitForURL(`**/data/${id}`)
  }
}), 120)
