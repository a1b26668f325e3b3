/** Loading files: what the tests send, and the steps from there to data in use. */
export const file = (name, text) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
export const content = (page) => page.textContent('#content')

/** Whoever stays is led to what was read… */
export const checked = (page, seconds = 60) => page.waitForURL(/\/data\/\d+\/versions\/\d+/, { timeout: seconds * 1000 }).then(() => page.waitForSelector('h1:has-text("understood")'))
/** …loads it from there, knowingly where a meaning is not sure… */
export const load = async (page) => {
  await page.click('.decide-bar .btn-primary')
  if (await page.locator('tr.decide').count()) await page.click('dialog .btn-primary')
}
/** …and then it is in use; gives the data set's number. */
export const inUse = async (page, seconds = 60) => {
  await page.waitForURL(/\/data\/\d+(\?|$)/, { timeout: seconds * 1000 })
  await page.waitForSelector('h1')
  return /\/data\/(\d+)/.exec(page.url())[1]
}
export const throwAway = async (page) => {
  await page.click('.decide-bar button:has-text("Throw away")')
  await page.click('dialog .btn-primary')
}

export function sales(n) {
  const lines = ['customer_id,name,date,item,price']
  for (let i = 0; i < n; i++) lines.push(`${1 + (i % 97)},Person ${1 + (i % 97)},2024-0${1 + (i % 9)}-1${i % 9},Thing ${i % 13},${(i % 50) + 1}.50`)
  return lines.join('\n') + '\n'
}
export const people = (rows) => ['id,full_name,phone,points', ...rows.map((r) => r.join(','))].join('\n') + '\n'

/** Of everybody who was invited here. */
export const password = 'first day at work'
/** The administrator of an organisation that has nothing yet, signed in. */
export async function newcomer(w, name, { called = name, ...options } = {}) {
  const bank = await w.as('admin@bank.example')
  const ask = async (to, data) => (await bank.context().request.post(to, { data, headers: { Origin: w.program.url } })).json()
  const email = `first@${name}.example`
  const { org } = await ask('/api/v1/orgs', { name: called })
  const { invitation } = await ask('/api/v1/users', { email, role: 'admin', org: org.id })
  await ask('/api/v1/invitation', { token: invitation.token, password })
  await bank.context().close()
  w.program.people[email] = password
  return w.as(email, options)
}
