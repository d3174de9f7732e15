import { expect, test } from 'vitest'
import { reasonOf } from './reason-of.js'

test('a connection that was refused at every address of a name says so', () => {
  const refused = (address: string) => Object.assign(new Error(`connect ECONNREFUSED ${address}`), { code: 'ECONNREFUSED' })
  const both = Object.assign(new AggregateError([refused('::1:80'), refused('127.0.0.1:80')]), { code: 'ECONNREFUSED' })
  expect(both.message).toBe('')
  expect(reasonOf(both)).toBe('connect ECONNREFUSED ::1:80; connect ECONNREFUSED 127.0.0.1:80')
})

test('whatever is thrown has a reason', () => {
  expect(reasonOf(new Error(' (HTTP code 500) no \n'))).toBe('(HTTP code 500) no')
  expect(reasonOf(Object.assign(new Error(), { code: 'EPIPE' }))).toBe('EPIPE')
  expect(reasonOf(new TypeError())).toBe('TypeError')
  expect(reasonOf(undefined)).toBe('undefined')
})
