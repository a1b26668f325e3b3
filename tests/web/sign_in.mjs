import { settle, signIn } from './browser.mjs'
import { equal, ok, test, until } from './harness.mjs'

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

test('after signing in the page that was asked for opens', async (w) => {
  const page = await w.guest()
  await signIn(page, 'admin@shop.example', w.program.people['admin@shop.example'], '/customers?sort=-spend')
  equal(await page.textContent('h1'), 'Customers')
  equal(new URL(page.url()).search, '?sort=-spend')
  await page.waitForSelector('tbody tr')
  equal(await page.getAttribute('thead th[aria-sort=descending]', 'aria-sort'), 'descending')
})

test('the first load stays within 250 KB', async (w) => {
  const page = await w.guest()
  let bytes = 0
  page.on('response', async (r) => {
    const sizes = await r.request().sizes().catch(() => null)
    if (sizes && !r.url().includes('charts')) bytes += sizes.responseBodySize
  })
  await page.goto('/')
  await settle(page)
  ok(bytes > 20000 && bytes < 250 * 1024, `${bytes} bytes until the sign-in page stands`)
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
