import { KeelsonError, type ShutdownReport } from '@keelson/kernel'
import { expect, it } from 'vitest'
import { ToldErrors } from '../words/told-errors.js'
import { type ShutdownFacts, shutdownSummary } from './shutdown-summary.js'

const report: ShutdownReport = { reason: 'SIGTERM', ok: true, durationMs: 14, outcomes: [], errors: [] }

const summaryOf = (facts: Partial<ShutdownFacts>, outcomes: ShutdownReport['outcomes'] = []) =>
  shutdownSummary(
    'shop',
    { ...report, outcomes },
    { budget: 0, exitCode: 0, errors: [], told: new ToldErrors(), givenUp: new Map(), ...facts },
  )

it.each([
  [25_000, 'shop stopped in 14 ms of 25 s'],
  [0, 'shop stopped in 14 ms'],
  [Infinity, 'shop stopped in 14 ms'],
])('says of how much time it was, where there was a limit: %d', (budget, text) => {
  const { message, lines } = summaryOf({ budget })
  expect(message).toBe(`${text}, exit code 0`)
  expect(lines?.[0]).toBe(`${text.padEnd(46)} exit code 0`)
})

it('says how long each resource took, and which did not stop well', () => {
  const { fields, lines } = summaryOf({}, [
    { resource: 'api', impact: 'unready', outcome: 'stopped', durationMs: 30.4 },
    { resource: 'db', impact: 'unready', outcome: 'timed-out', durationMs: 100 },
    { resource: 'mail', impact: 'unready', outcome: 'never-started', durationMs: 0 },
  ])
  expect(fields).toMatchObject({ stopMs: { api: 30, db: 100 }, unfinished: { db: 'timed-out' } })
  expect(fields.stopMs).not.toHaveProperty('mail')
  expect(lines?.slice(1)).toEqual(['   db        did not stop in time'])
})

it('says what a resource noted of its shutdown', () => {
  const outcomes = [
    { resource: 'api', impact: 'unready', outcome: 'stopped', durationMs: 30, note: 'drained 3 requests' },
    { resource: 'jobs', impact: 'unready', outcome: 'timed-out', durationMs: 30, note: '1 job cut' },
  ] as const
  const { fields, lines } = summaryOf({}, outcomes)
  expect(fields.notes).toEqual({ api: 'drained 3 requests', jobs: '1 job cut' })
  expect(lines?.slice(1)).toEqual(['   jobs      did not stop in time: 1 job cut'])
})

it('has a row for a start that was given up, with what it waited for', () => {
  const givenUp = new Map([
    ['db', 'its check fails (27 times): no route'],
    ['mail', ''],
  ])
  const { fields, lines } = summaryOf({ givenUp }, [{ resource: 'db', impact: 'unready', outcome: 'failed', durationMs: 1 }])
  expect(lines?.slice(1)).toEqual([
    '   db        had not started yet: its check fails (27 times): no route',
    '   mail      had not started yet',
  ])
  expect(fields.givenUp).toEqual({ db: 'its check fails (27 times): no route', mail: '' })
})

it.each([
  [0, [], 'info'],
  [0, [new Error('a metric was lost')], 'warn'],
  [1, [new Error('a payment was lost')], 'error'],
])('has the level of its outcome: code %i with errors %j', (exitCode, errors, level) => {
  expect(summaryOf({ exitCode, errors }).level).toBe(level)
})

it('L3 tells an error that was told before without its stack', () => {
  const told = new ToldErrors()
  const cause = new Error('the last write failed')
  const error = new KeelsonError('STOP_FAILED', 'resource "db" failed to stop: the last write failed', { resource: 'db', cause })
  expect(told.problemOf(error).stack).toBeDefined()
  const { fields, message } = summaryOf({ errors: [error], told, exitCode: 1 })
  expect(message).toBe('shop stopped with 1 error in 14 ms, exit code 1')
  expect(fields.errors).toEqual([{ message: error.message, code: 'STOP_FAILED', resource: 'db' }])
})
