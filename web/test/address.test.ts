import { expect, test } from 'vitest'

import { changed, match } from '../src/lib/address'

test.each([
  ['', '/', {}],
  ['/customers', '/customers', {}],
  ['/customers', '/customers/', {}],
  ['/customers/{id}', '/customers/7', { id: '7' }],
  ['/customers/{id}', '/customers/a%2Fb%20%D0%B6', { id: 'a/b ж' }],
  ['/customers/{id}/edit', '/customers/7/edit', { id: '7' }],
])('%s takes %s', (pattern, path, found) => expect(match(pattern, path)).toEqual(found))

test.each([
  ['', '/customers'],
  ['/customers', '/'],
  ['/customers', '/customer'],
  ['/customers/{id}', '/customers'],
  ['/customers/{id}', '/customers/7/edit'],
  ['/customers/{id}', '/customers/%'],
  ['/customers/{id}', '/customers/%D0'],
])('%s does not take %s', (pattern, path) => expect(match(pattern, path)).toBeNull())

test('parameters are set, changed and removed', () => {
  const now = new URLSearchParams('q=a&sort=-spend')
  expect(changed(now, { q: 'b' })).toBe('?q=b&sort=-spend')
  expect(changed(now, { q: null, sort: '' })).toBe('')
  expect(changed(now, { filter: 'age:ge:30' })).toBe('?q=a&sort=-spend&filter=age%3Age%3A30')
  expect(now.toString()).toBe('q=a&sort=-spend')
})
