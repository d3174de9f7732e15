import { createKernel, type Resource, resource, type StartError } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { startFailure } from './start-failure.js'

async function entryOf(...resources: Resource<unknown>[]) {
  const error = await createKernel(resources, { name: 'shop' })
    .start()
    .catch((error: StartError) => error)
  return startFailure('shop', error as StartError, 1)
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
    expect(fields).toMatchObject({ rollbackErrors: [{ resource: 'cache' }], stopped: [] })
  })
})
