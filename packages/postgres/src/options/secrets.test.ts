import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Secrets } from './secrets.js'

const hidden = (url: string | undefined, error: unknown, options = {}) =>
  inspect(new Secrets(url, options).hide(error), { depth: 9 })

test('an error that says nothing secret is let through untouched', () => {
  const error = Object.freeze(new TypeError('connect ECONNREFUSED 127.0.0.1:5432', { cause: 1 }))
  expect(new Secrets('postgres://ada:hunter2@127.0.0.1:5432/app').hide(error)).toBe(error)
})

test.each([
  ['plain', 'postgres://ada:hunter2@h/app', 'hunter2'],
  ['encoded as decoded', 'postgres://ada:p%40ss%2Fword@h/app', 'p@ss/word'],
  ['unencoded, with an @ in it', 'postgres://ada:p@ssword@h/app', 'p@ssword'],
  ['among the parameters', 'postgres://h/app?password=hunter2', 'hunter2'],
])('a password of the connection string, %s, is hidden in messages, causes and fields', (_how, url, secret) => {
  for (const error of [
    new Error(`no ${secret}`),
    new Error('outer', { cause: new Error(secret) }),
    Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: url }),
  ]) {
    expect(hidden(url, error)).not.toContain(secret)
  }
})

test('what the options hold is hidden', () => {
  for (const options of [
    { password: 'hunter2' },
    { pass: 'hunter2' },
    { ssl: { key: 'hunter2' } },
    { ssl: { passphrase: 'hunter2' } },
    { connectionString: 'postgres://ada:hunter2@h/app' },
  ]) {
    expect(hidden(undefined, new Error('hunter2'), options)).not.toContain('hunter2')
  }
})
