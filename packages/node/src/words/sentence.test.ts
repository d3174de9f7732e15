import { KeelsonError } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { checkSaid, remedyFor, sentenceOf } from './sentence.js'

const timeout = (phase: 'start' | 'check' | 'drain', message: string, limit: number, cause?: unknown) =>
  new KeelsonError('TIMEOUT', `resource "db" ${message}`, {
    resource: 'db',
    phase,
    details: { limit },
    ...(cause !== undefined && { cause }),
  })

describe('sentenceOf()', () => {
  it('has durations as a reader wants them', () => {
    const drain = timeout('drain', 'did not finish its drain within 5833.3 ms, its share of the shutdown; raise it', 5_833.3)
    expect(sentenceOf(drain)).toBe('resource "db" did not finish its drain within 5.8 s, its share of the shutdown; raise it')
  })

  it('leaves the words of the application as they are', () => {
    const error = new KeelsonError('STOP_FAILED', 'resource "db" failed to stop: took 1500 ms', { resource: 'db' })
    expect(sentenceOf(error)).toBe('resource "db" failed to stop: took 1500 ms')
    expect(sentenceOf(new Error('took 1500 ms'))).toBe('took 1500 ms')
  })

  it('L3 says of a start that took too long what its check said last', () => {
    const check = timeout('check', 'did not finish its check within 5000 ms; make the check cheaper', 5_000)
    const start = timeout('start', 'did not finish its start within 30000 ms; make it start faster', 30_000, check)
    expect(sentenceOf(start)).toBe(
      'resource "db" did not start within 30 s: its check fails: it did not end within 5 s; make the check cheaper',
    )
  })
})

it('names the step of a start that took too long, and what to do about that', () => {
  const details = { limit: 30_000, step: 'lock', path: ['migrate', 'lock'] }
  const error = new KeelsonError('TIMEOUT', 'x', { resource: 'db', phase: 'start', details })
  expect(sentenceOf(error)).toBe('resource "db" did not start within 30 s, in its steps migrate, lock')
  expect(remedyFor(error, undefined)).toBe('let lock end sooner, call ctx.extend() or raise timeouts.start')
})

describe('checkSaid()', () => {
  it.each([
    [
      new KeelsonError('CHECK_FAILED', 'resource "db" failed its check: it returned false', { resource: 'db' }),
      'it returned false',
    ],
    [new KeelsonError('CHECK_FAILED', 'x', { cause: new Error('no answer') }), 'no answer'],
    [new Error('no answer'), 'no answer'],
  ])('does not say once more whose check it is: %s', (error, text) => {
    expect(checkSaid(error)).toBe(text)
  })
})

it('L3 remedyFor() has one remedy: by the code of the cause before anything else', () => {
  const start = timeout('start', 'did not finish its start', 30_000)
  expect(remedyFor(start, undefined)).toMatch(/^start has to return: a loop is a task;/)
  expect(remedyFor(timeout('start', '', 1, new Error('no')), undefined)).toBe('mend what its check says, or raise timeouts.start')
  expect(remedyFor(timeout('start', '', 1, new Error('no')), 'ECONNREFUSED')).toBe(
    'nothing listens there; start it, or correct the address',
  )
  const dependent = new KeelsonError('DEPENDENCY_FAILED', 'resource "api" cannot start')
  expect(remedyFor(dependent, 'ECONNREFUSED')).toBeUndefined()
})
