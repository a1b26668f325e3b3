import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { launchAt, settle, signIn } from './browser.mjs'
import { equal, ok, test, until } from './harness.mjs'
import { become } from './seen.mjs'

const WRONG = 'The e-mail or password is not right. Check Caps Lock and the keyboard language.'

async function tryIn(page, email, password) {
  await page.fill('#email', email)
  await page.fill('#password', password)
  await page.click('form button.btn-primary')
}

test('a wrong password and an unknown e-mail are told alike', async (w) => {
  const page = await w.guest()
  await page.goto('/')
  await tryIn(page, 'analyst@shop.example', 'wrong')
  equal(await page.textContent('form .notice.bad'), WRONG)
  equal(await page.inputValue('#password'), '', 'the field')
  equal(await page.evaluate(() => document.activeElement.id), 'password', 'the focus')
  await tryIn(page, 'nobody@shop.example', 'wrong')
  equal(await page.textContent('form .notice.bad'), WRONG)
})

test('too many attempts: it is said how long to wait, in minutes', async (w) => {
  const page = await w.guest()
  await page.goto('/')
  const said = () => page.textContent('form .notice.bad').catch(() => '')
  for (let i = 0; i < 12 && !(await said()).includes('minute'); i++) {
    await tryIn(page, 'throttled@shop.example', `wrong ${i}`)
    await until('an answer', async () => !(await page.locator('form .btn-primary[aria-busy=true]').count()) && (await said()))
  }
  ok(/Too many attempts.*\b\d+ minutes?\b/.test(await said()), await said())
  await page.locator('header .menu > button').click()
  await page.click('.dropdown-item:has-text("Русский")')
  await tryIn(page, 'throttled@shop.example', 'wrong')
  await until('in the language of the page', async () => /Слишком много.*минут/.test(await said()))
})

test('remember me: the sign-in outlives the browser, and without it ends with the browser', async (w) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vitrina-profile-'))
  const email = 'manager@bank.example'
  const visit = async (act) => {
    const context = await launchAt(folder, w.program.url)
    try {
      const page = await context.newPage()
      await page.goto('/customers')
      await page.waitForSelector('#content h1, #email')
      return await act(page, context)
    } finally {
      await context.close()
    }
  }
  const isIn = (page) => page.locator('#content h1').count().then((n) => n === 1)
  const enter = (remember) => async (page, context) => {
    equal(await isIn(page), false, 'signed in before')
    await page.fill('#email', email)
    await page.fill('#password', w.program.people[email])
    if (remember) await page.check('input[type=checkbox]')
    await page.click('form button.btn-primary')
    await page.waitForSelector('#content h1')
    const cookie = (await context.cookies()).find((c) => c.httpOnly)
    equal([cookie.sameSite, cookie.path], ['Lax', '/'], 'the cookie')
    return cookie.expires
  }
  try {
    equal(await visit(enter(false)), -1, 'ends with the browser')
    equal(await visit(isIn), false, 'after closing the browser')
    const days = ((await visit(enter(true))) - Date.now() / 1000) / 86400
    ok(days > 29 && days < 31, `kept for ${days} days`)
    equal(await visit(isIn), true, 'after closing the browser, remembered')
    await visit(async (page) => {
      await page.locator('header .menu > button').last().click()
      await page.click('.dropdown-item:has-text("Sign out"):not(:has-text("everywhere"))')
      await page.waitForSelector('#email')
    })
    equal(await visit(isIn), false, 'after signing out')
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}, 120)

test('the session ends while looking around: back at the same place after signing in', async (w) => {
  const page = await w.as('manager@shop.example', { to: '/customers?q=anna&sort=-spend' })
  await page.waitForSelector('section.list [data-row]')
  await page.context().clearCookies()
  await page.locator('section.list [data-row] a').first().click()
  await page.waitForSelector('#password', { state: 'visible' })
  const there = page.url()
  ok(/\/customers\/\d+$/.test(there), there)
  await page.fill('#password', w.program.people['manager@shop.example'])
  await page.click('main.form-side form button.btn-primary')
  await page.waitForSelector('[data-test=offers]')
  equal(page.url(), there, 'the address')
  await page.goBack()
  await page.waitForSelector('section.list [data-row]')
  equal(new URL(page.url()).search, '?q=anna&sort=-spend', 'Back')
})

test('after signing in the page that was asked for opens', async (w) => {
  const page = await w.guest()
  await signIn(page, 'admin@shop.example', w.program.people['admin@shop.example'], '/customers?sort=-spend')
  equal(await page.textContent('h1'), 'Customers')
  equal(new URL(page.url()).search, '?sort=-spend')
  await page.waitForSelector('tbody tr')
  equal(await page.getAttribute('thead th[aria-sort=descending]', 'aria-sort'), 'descending')
})

test('signing in and the home page stay within 250 KB, in the languages with the longest texts', async (w) => {
  for (const language of ['ru', 'mk']) {
    const page = await w.guest({ language })
    let bytes = 0
    const read = []
    page.on('response', async (r) => {
      const sizes = await r.request().sizes().catch(() => null)
      if (!sizes || r.url().includes('charts')) return
      bytes += sizes.responseBodySize
      read.push(r.url())
    })
    await signIn(page, 'admin@shop.example', w.program.people['admin@shop.example'])
    await settle(page)
    ok(bytes > 100_000 && bytes < 250 * 1024, `${bytes} bytes until the home page stands in ${language}`)
    equal(read.filter((url) => url.includes('/more.')), [], 'texts of other pages')
    await page.click('nav a[href="/customers"] >> nth=0')
    await page.waitForSelector('thead th')
    ok(read.some((url) => url.includes(`/more.${language}`)), 'they come with the next page')
  }
})

test('another language leaves what is typed and open on the page as it is', async (w) => {
  const page = await w.as('manager@shop.example', { to: '/me' })
  await page.fill('#old', 'half of a pass')
  for (const [language, said] of [['ru', 'Учётная запись'], ['mk', 'Сметка'], ['en', 'Account']]) {
    await become(page, language, 'light')
    equal(await page.inputValue('#old'), 'half of a pass', `what is typed, in ${language}`)
    await page.waitForFunction((t) => document.querySelector('h1').textContent.includes(t), said)
  }
})

test('signing out, and signing out everywhere', async (w) => {
  const one = await w.as('manager@shop.example')
  const other = await w.as('manager@shop.example')
  await one.locator('header .menu > button').last().click()
  await one.click('text=Sign out everywhere')
  await one.waitForSelector('#password')
  await other.click('nav a[href="/customers"] >> nth=0')
  await other.waitForSelector('#password')
  ok((await other.textContent('form')).includes('You were signed out'), 'the other device is told')
})

test('the session ends: sign in again, and what was typed is still there', async (w) => {
  const page = await w.as('admin@shop.example', { to: '/customers/1001/edit' })
  await page.fill('#f-birth_place', 'Gdańsk Wrzeszcz')
  const cookies = await page.context().cookies()
  await page.context().clearCookies()
  await page.click('form button.btn-primary')
  await page.waitForSelector('#password')
  ok((await page.textContent('main.form-side')).includes('what you typed is kept'), 'it is said')
  equal(await page.inputValue('#email'), 'admin@shop.example', 'the e-mail')
  await page.fill('#password', w.program.people['admin@shop.example'])
  await page.click('main.form-side form button.btn-primary')
  await page.waitForSelector('#f-birth_place', { state: 'visible' })
  equal(await page.inputValue('#f-birth_place'), 'Gdańsk Wrzeszcz')
  equal(new URL(page.url()).pathname, '/customers/1001/edit')
  await page.click('form button.btn-primary')
  await until('the customer', () => page.url().endsWith('/customers/1001'))
  ok((await page.context().cookies()).length && cookies.length, 'a cookie')
})

test('changing the password ends the other sessions', async (w) => {
  const email = 'analyst@shop.example'
  const page = await w.as(email, { to: '/me' })
  const other = await w.as(email)
  await page.fill('#old', 'not it')
  await page.fill('#new', 'short')
  await page.click('form button.btn-primary')
  ok((await page.textContent('#new-help')).includes('10 characters'), 'too short is said')
  await page.fill('#new', 'a long new password')
  await page.click('form button.btn-primary')
  await until('the wrong one is told', async () => (await page.textContent('#old-error')).includes('not right'))
  await page.fill('#old', w.program.people[email])
  await page.fill('#new', 'a long new password')
  await page.click('form button.btn-primary')
  await page.waitForSelector('.notice.good')
  w.program.people[email] = 'a long new password'
  await other.click('nav a[href="/data"] >> nth=0')
  await other.waitForSelector('#password')
})

test('four languages, remembered, with their own words, dates and plurals', async (w) => {
  const page = await w.as('admin@shop.example')
  for (const [name, lang, home, title] of [
    ['Русский', 'ru', 'Главная', 'Клиенты'],
    ['Polski', 'pl', 'Start', 'Klienci'],
    ['Македонски', 'mk', 'Почетна', 'Клиенти'],
    ['English', 'en', 'Home', 'Customers'],
  ]) {
    await page.locator('header .menu > button').last().click()
    await page.click(`.dropdown-item:has-text("${name}")`)
    await until(lang, async () => (await page.getAttribute('html', 'lang')) === lang)
    equal((await page.textContent('#content h1')).trim(), home)
    await page.goto('/customers')
    equal(await page.textContent('#content h1'), title)
    ok((await page.title()).startsWith(title), 'the title of the document')
    await page.goto('/')
    await page.waitForSelector('#content dl')
  }
})
