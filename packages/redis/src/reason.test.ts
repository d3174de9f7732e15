import { KeelsonError } from '@keelson/kernel'
import { expect, it } from 'vitest'
import { markPermanent, reason, reasonOfStart } from './reason.js'

it('joins what happened at each address of a host: the message of the whole is empty', () => {
  const errors = [new Error('connect ECONNREFUSED ::1:6379'), new Error('connect ECONNREFUSED 127.0.0.1:6379')]
  const error = Object.assign(new AggregateError(errors, ''), { code: 'ECONNREFUSED' })
  expect(reason(error)).toMatchObject({
    message: 'connect ECONNREFUSED ::1:6379, connect ECONNREFUSED 127.0.0.1:6379',
    code: 'ECONNREFUSED',
    cause: error,
  })
})

it.each([
  ['Socket closed unexpectedly', {}, 'if it speaks TLS, use rediss://'],
  ['Connection is closed.', {}, 'if it speaks TLS, use rediss://'],
  ['read ECONNRESET', {}, 'if it speaks TLS, use rediss://'],
  ['Connection timeout', { socket: { tls: true } }, 'if the server does not speak TLS, use redis://'],
  ['connect ETIMEDOUT', { tls: {} }, 'if the server does not speak TLS, use redis://'],
])('says what may be wrong with the URL at a start that ends with %s', (message, options, advice) => {
  expect(String(reasonOfStart(new Error(message), options))).toContain(message)
  expect(String(reasonOfStart(new Error(message), options))).toContain(advice)
})

it('leaves alone what says enough', () => {
  const error = new Error('LOADING Redis is loading the dataset in memory')
  expect(reasonOfStart(error, {})).toBe(error)
  const timeout = new Error('connect ETIMEDOUT')
  expect(reasonOfStart(timeout, { socket: {} })).toBe(timeout)
})

it.each([
  'WRONGPASS invalid username-password pair or user is disabled.',
  'NOAUTH Authentication required.',
  'ERR AUTH <password> called without any password configured for the default user.',
  'ERR DB index is out of range',
  'Invalid URL',
])('takes %s for what no other try mends', (message) => {
  expect(markPermanent(new Error(message))).toMatchObject({ code: 'INVALID_OPTION', message })
})

it('takes a certificate that is not trusted for one, and an outage not', () => {
  const untrusted = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  expect(markPermanent(untrusted)).toBeInstanceOf(KeelsonError)
  for (const message of ['connect ECONNREFUSED', 'LOADING Redis is loading', 'getaddrinfo ENOTFOUND redis']) {
    const error = new Error(message)
    expect(markPermanent(error)).toBe(error)
  }
})
