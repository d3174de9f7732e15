import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secrets } from './secrets.js'

const hidden = (url: string, error: unknown, options = {}) => inspect(new Secrets(url, options).hide(error), { depth: 9 })

describe('Secrets', () => {
  it('lets an error through untouched when it says nothing secret', () => {
    const error = Object.freeze(new TypeError('boom', { cause: 1 }))
    expect(new Secrets('mongodb://ada:hunter2@h/').hide(error)).toBe(error)
    const refused = new Error('connect ECONNREFUSED ::1:27017, h:27018')
    expect(new Secrets('mongodb://[::1]:27017,h:27018/?appName=x').hide(refused)).toBe(refused)
  })

  it.each([
    ['in the message', new Error('no mongodb://ada:hunter2@h/')],
    ['in a cause', new Error('outer', { cause: new Error('hunter2') })],
    ['in a field', Object.assign(new Error('outer'), { reason: { at: ['hunter2'] } })],
    ['in what is not an error', { pass: 'hunter2' }],
  ])('hides a password %s', (_where, error) => {
    const text = hidden('mongodb://ada:hunter2@h/', error)
    expect(text).not.toContain('hunter2')
    expect(text).toContain('Error: ')
  })

  it('keeps name and code', () => {
    const error = Object.assign(new RangeError('hunter2 is wrong'), { code: 18 })
    expect(new Secrets('mongodb://ada:hunter2@h/').hide(error)).toMatchObject({
      name: 'RangeError',
      code: 18,
      message: '*** is wrong',
    })
  })

  it.each([
    ['encoded as decoded', 'mongodb://ada:p%40ss%2Fword@h/', 'p@ss/word'],
    ['unencoded, with an @ in it', 'mongodb://ada:p@ssword@h/', 'p@ssword'],
    ['in a string without a scheme', 'ada:hunter2@h', 'hunter2'],
    ['with its host forgotten', 'mongodb://ada:hunter2', 'hunter2'],
    ['of one letter, where it stands', 'mongodb://ada:x@h/', 'ada:x@'],
    ['among the parameters', 'mongodb://h/?tlsCertificateKeyFilePassword=hunter2', 'hunter2'],
    ['with an @ among the parameters', 'mongodb://ada:hunter2@h/?appName=x@y', 'hunter2'],
    ['that is a token', 'mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:t0ken', 't0ken'],
  ])('hides a password %s', (_how, url, secret) => {
    expect(hidden(url, new Error(`Invalid "${url}" (${secret})`))).not.toContain(secret)
  })

  it('hides what the options hold', () => {
    for (const options of [
      { auth: { password: 'hunter2' } },
      { authMechanismProperties: { AWS_SESSION_TOKEN: 'hunter2' } },
      { pass: 'hunter2' },
      { proxyPassword: 'hunter2' },
    ]) {
      expect(hidden('mongodb://h', new Error('hunter2'), options)).not.toContain('hunter2')
    }
  })
})
