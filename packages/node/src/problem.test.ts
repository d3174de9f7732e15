import { createServer } from 'node:net'
import { createKernel, resource, type StartError } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { adviceOf, problemOf, withoutName } from './problem.js'

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

  it('shows where an error of the application came from', async () => {
    const problem = await problemOfStart(() => {
      throw new TypeError('x is not a function')
    })
    expect(adviceOf(problem)).toMatch(/^at .*problem\.test\.ts:\d+:\d+/)
    expect(problem.stack).toContain('TypeError: x is not a function')
  })

  it('adds no advice where the message has it', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    const { listen } = await import('./listen.js')
    const problem = await problemOfStart(() => listen(createServer(), port, '127.0.0.1'))
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
