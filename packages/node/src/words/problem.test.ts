import { createServer } from 'node:net'
import { createKernel, KeelsonError, resource, type StartError } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { adviceOf, problemOf, withoutName } from './problem.js'

const UNPRINTABLE = 'a value that cannot be printed was thrown'
const fail = () => {
  throw new Error('it cannot be read')
}

async function problemOfStart(start: () => unknown) {
  const error = await createKernel([resource('db', { start })])
    .start()
    .catch((error: StartError) => error)
  return problemOf((error as StartError).errors[0])
}

describe('problemOf()', () => {
  it('knows what to do about a server that is not there', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
    const problem = await problemOfStart(() => Promise.reject(cause))
    expect(problem).toMatchObject({
      message: 'resource "db" failed to start: connect ECONNREFUSED 127.0.0.1:1',
      code: 'START_FAILED',
      resource: 'db',
      remedy: 'nothing listens there; start it, or correct the address',
    })
  })

  it('says what was tried on several addresses', async () => {
    const cause = new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED 127.0.0.1:1')])
    expect((await problemOfStart(() => Promise.reject(cause))).message).toBe(
      'resource "db" failed to start: connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1',
    )
  })

  it('says what an error came from, where its own message does not', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
    const tried = Object.assign(new AggregateError([refused, new Error('connect ECONNREFUSED ::1:1')]), { code: 'ECONNREFUSED' })
    const problem = await problemOfStart(() => Promise.reject(new TypeError('fetch failed', { cause: tried })))
    expect(problem.message).toBe(
      'resource "db" failed to start: fetch failed: connect ECONNREFUSED 127.0.0.1:1, connect ECONNREFUSED ::1:1',
    )
    expect(adviceOf(problem)).toBe('nothing listens there; start it, or correct the address')
    const any = new AggregateError([new Error('no db'), new Error('no cache')], 'All promises were rejected')
    expect(problemOf(any).message).toBe('All promises were rejected: no db, no cache')
    expect(problemOf(new Error('no config: ENOENT', { cause: new Error('ENOENT') })).message).toBe('no config: ENOENT')
  })

  it('ends where causes go round in a circle', () => {
    const own = new KeelsonError('CRASHED', 'x')
    Object.assign(own, { cause: own })
    expect(problemOf(own).message).toBe('x')
    const error = new Error('a')
    error.cause = new Error('b', { cause: error })
    expect(problemOf(error).message).toBe('a: b')
  })

  it.each([
    ['no message', Object.assign(new Error('x'), { message: undefined }), 'Error'],
    ['a message that is no text', Object.assign(new Error('x'), { message: { a: 1 } }), 'Error'],
    ['a message that cannot be read', Object.defineProperty(new Error('x'), 'message', { get: fail }), 'Error'],
    ['a stack that is no text', Object.assign(new Error('x'), { stack: [{}] }), 'x'],
    ['no list of errors', Object.assign(new AggregateError([], 'x'), { errors: undefined }), 'x'],
    ['the message of an object that is no error', { code: 1, message: 'x' }, 'x'],
    ['a proxy that says nothing', new Proxy({}, { get: fail, getPrototypeOf: fail }), UNPRINTABLE],
  ])('takes an error with %s', (_what, thrown, message) => {
    const problem = problemOf(thrown)
    expect(problem.message).toBe(message)
    expect(problem.stack ?? []).toEqual(problem.stack === undefined ? [] : expect.arrayContaining([expect.any(String)]))
  })

  it('shows where an error of the application came from', async () => {
    const problem = await problemOfStart(() => {
      throw new TypeError('x is not a function')
    })
    expect(adviceOf(problem)).toMatch(/^at .*problem\.test\.ts:\d+:\d+/)
    expect(problem.stack?.[0]).toMatch(/problem\.test\.ts:\d+:\d+/)
    expect(problem.stack?.join()).not.toMatch(/kernel\/(src|dist)|x is not a function/)
  })

  it('adds no advice where the message has it', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    const { listen } = await import('../server/listen.js')
    const problem = await problemOfStart(() => listen(createServer(), { port, host: '127.0.0.1' }))
    expect(problem.message).toContain('stop what listens there, or choose another port')
    expect(adviceOf(problem)).toBeUndefined()
    taken.close()
  })

  it.each([[undefined], ['a string'], [null], [Symbol('s')], [Object.create(null)]])(
    'takes whatever was thrown: %s',
    async (thrown) => {
      expect((await problemOfStart(() => Promise.reject(thrown))).message).toContain('resource "db" failed to start')
      expect(typeof problemOf(thrown).message).toBe('string')
    },
  )
})

it('withoutName() leaves the name to the row', () => {
  expect(withoutName('resource "db" failed to start: no', 'db')).toBe('failed to start: no')
  expect(withoutName('something else', 'db')).toBe('something else')
})
