import { createKernel, type Resource, resource, type StartError } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { ToldErrors } from '../words/told-errors.js'
import { startFailure } from './start-failure.js'

const known = (failed = 0) => ({ told: new ToldErrors(), troubles: { failedChecks: () => failed } })

async function entryOf(...resources: Resource<unknown>[]) {
  const error = await createKernel(resources, { name: 'shop' })
    .start()
    .catch((error: StartError) => error)
  return startFailure('shop', error as StartError, 1, known())
}

const refuse = (name: string, cause: Error, cache?: Resource<unknown>) =>
  resource(name, { ...(cache && { dependsOn: { cache } }), start: () => Promise.reject(cause) })
const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })

describe('startFailure()', () => {
  it('is about the one thing that failed, and what became of the rest', async () => {
    const cache = resource('cache', { start: () => 1, stop: () => {} })
    const { lines, message } = await entryOf(refuse('db', refused, cache))
    expect(lines).toEqual([
      'shop did not start: resource "db" failed to start: connect ECONNREFUSED 127.0.0.1:1',
      '   nothing listens there; start it, or correct the address',
      expect.stringMatching(/^ {3}everything that had started was stopped again in \d+ ms: cache {3,}exit code 1$/),
    ])
    expect(message).toMatch(
      /; nothing listens there; start it, or correct the address; everything that had started was stopped again in/,
    )
  })

  it('has a row for each of several failures', async () => {
    const { lines } = await entryOf(refuse('db', refused), refuse('queue', new Error('no')))
    expect(lines).toEqual([
      'shop did not start: 2 failures',
      '   db        failed to start: connect ECONNREFUSED 127.0.0.1:1',
      '             nothing listens there; start it, or correct the address',
      '   queue     failed to start: no',
      expect.stringMatching(/^ {13}at .*start-failure\.test\.ts/),
      expect.stringMatching(/^ {3}nothing else had started {3,}exit code 1$/),
    ])
  })

  it('does not claim that everything was stopped when it was not', async () => {
    const cache = resource('cache', { start: () => 1, stop: () => Promise.reject(new Error('stuck')) })
    const { lines, fields } = await entryOf(refuse('db', refused, cache))
    expect(lines?.at(-1)).toMatch(
      /^ {3}not everything that had started could be stopped: resource "cache" failed to stop: stuck {3,}exit code 1$/,
    )
    expect(fields).toMatchObject({ errors: [{ resource: 'db' }], rollbackErrors: [{ resource: 'cache' }], stopped: [] })
    expect(lines?.[0]).toBe('shop did not start: resource "db" failed to start: connect ECONNREFUSED 127.0.0.1:1')
  })

  it.each([
    [
      'its check',
      () => Promise.reject(refused),
      /did not start within 50 ms: its check fails \(27 times\): connect ECONNREFUSED 127.0.0.1:1$/,
    ],
    ['an error without a code', () => Promise.reject(new Error('not yet')), /its check fails \(27 times\): not yet$/],
  ])('L3 has one remedy that fits for a start that took too long because of %s', async (_what, check, text) => {
    const db = resource('db', { start: () => 1, check, timeouts: { start: 50 } })
    const error = await createKernel([db])
      .start()
      .catch((error: StartError) => error)
    const { lines, fields } = startFailure('shop', error as StartError, 1, known(27))
    expect(lines?.[0]).toMatch(text)
    expect(lines?.[0]).not.toMatch(/raise|faster/)
    expect(lines?.[1]).toMatch(
      /^ {3}(nothing listens there; start it, or correct the address|mend what its check says, or raise .*)$/,
    )
    expect(fields.errors).toMatchObject([{ code: 'TIMEOUT', resource: 'db' }])
  })

  it('tells a start that never returns that it has to', async () => {
    const { lines } = await entryOf(resource('loop', { start: () => new Promise(() => {}), timeouts: { start: 50 } }))
    expect(lines?.slice(0, 2)).toEqual([
      'shop did not start: resource "loop" did not start within 50 ms',
      '   start has to return: a loop is a task; if it only takes longer, call ctx.extend() or raise timeouts.start',
    ])
  })

  it('counts failures that are too many to read', async () => {
    const many = Array.from({ length: 30 }, (_, i) => refuse(`r${i}`, new Error('no')))
    const { lines, fields } = await entryOf(...many)
    expect(lines?.[0]).toBe('shop did not start: 30 failures')
    expect(lines).toContain('   and 10 more')
    expect(fields).toMatchObject({ moreErrors: 10 })
    expect(fields.errors).toHaveLength(20)
  })
})
