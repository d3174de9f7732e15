import { expect, it } from 'vitest'
import { secretIn } from './secret-hunt.js'

const SECRET = 'p@ss wörd'

it.each<[string, unknown]>([
  ['a text', `redis://ada:${SECRET}@h`],
  ['a text, encoded as in a URL', `redis://ada:${encodeURIComponent(SECRET)}@h`],
  ['the message of an error', new Error(SECRET)],
  ['the cause of a cause', new Error('a', { cause: new Error('b', { cause: SECRET }) })],
  ['one of several errors', new AggregateError([new Error('a'), new Error(SECRET)])],
  ['a field deep inside', { a: [{ b: { c: { d: { e: { f: SECRET } } } } }] }],
  ['a field that is not enumerable', Object.defineProperty(new Error('a'), 'options', { value: { password: SECRET } })],
  ['a key of a map', new Map([[SECRET, 1]])],
  ['what only JSON shows', { toJSON: () => SECRET }],
  ['the end of a long list', [...Array.from({ length: 500 }, (_, n) => n), SECRET]],
])('finds a secret in %s, and does not repeat it', (_, said) => {
  const found = secretIn(['nothing', said], [SECRET])
  expect(found).toContain('***')
  expect(found).not.toContain('wörd')
})

it('finds nothing where nothing is, also in what cannot be written as JSON', () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  expect(secretIn([circle, 1n, undefined, null, new Error('fine')], [SECRET])).toBeUndefined()
})
