import { expect, test } from 'vitest'
import { resourceView } from '../test-support/views.js'
import { EVERYTHING, hasWords, isEverything, matches } from './search.js'

const db = resourceView('orders-db', { labels: { team: 'Orders' }, health: 'unhealthy' })

test('a resource is found by every word in its name, labels, state or health', () => {
  const found = (text: string) => matches(db, { ...EVERYTHING, text })
  expect(['', 'db', 'ORDERS', 'team=orders db', 'unhealthy', '  running  '].map(found)).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
  ])
  expect(['cache', 'db cache', 'team=billing', 'stopped'].map(found)).toEqual([false, false, false, false])
})

test('and by how it is', () => {
  expect(matches(db, { text: '', tones: new Set(['bad', 'warn']) })).toBe(true)
  expect(matches(db, { text: 'db', tones: new Set(['ok']) })).toBe(false)
})

test('a search for nothing is for everything', () => {
  expect(isEverything(EVERYTHING)).toBe(true)
  expect(isEverything({ text: '  ', tones: new Set() })).toBe(true)
  expect(isEverything({ text: '', tones: new Set(['ok']) })).toBe(false)
  expect(hasWords([], '')).toBe(true)
  expect(hasWords([], 'x')).toBe(false)
})
