import { describe, expect, test } from 'vitest'
import { KeelsonError, resource } from './index.js'
import { shutdownError, startError } from './test-support/rejection.js'
import { hang, scene } from './test-support/scene.js'

class Hostile extends Error {
  override get message(): string {
    throw new Error('do not read me')
  }
}

const circular: Record<string, unknown> = {}
circular.self = circular

/** Everything that can be thrown; made anew for each test. */
const THROWN: readonly (readonly [string, () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['a string', () => 'just a string'],
  ['an empty string', () => ''],
  ['a number', () => 0],
  ['NaN', () => Number.NaN],
  ['a symbol', () => Symbol('oops')],
  ['a bigint', () => 5n],
  ['a plain object', () => ({ code: 'ECONNREFUSED' })],
  ['an object without prototype', () => Object.create(null)],
  [
    'an object that cannot be printed',
    () => ({
      toString: () => {
        throw new Error('do not print me')
      },
    }),
  ],
  ['a circular object', () => circular],
  ['a revoked proxy', () => revoked()],
  ['a frozen error', () => Object.freeze(new Error('frozen'))],
  ['an error whose message throws', () => new Hostile()],
  ['an error without a message', () => new Error('')],
  ['an AbortError without an abort', () => Object.assign(new Error('aborted'), { name: 'AbortError' })],
  ['a KeelsonError', () => new KeelsonError('ABORTED', 'thrown by a user')],
  ['an AggregateError', () => new AggregateError([new Error('a'), new Error('b')], 'both')],
  ['a function', () => () => 'f'],
]

/** Own property descriptors of what may have any; a thrown value is never touched. */
const shapeOf = (value: unknown) => {
  try {
    return JSON.stringify(Reflect.ownKeys(value as object).map(String))
  } catch {
    return 'not an object'
  }
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const WAYS: readonly (readonly [string, (thrown: unknown) => unknown])[] = [
  [
    'thrown',
    (thrown) => {
      throw thrown
    },
  ],
  ['rejected', (thrown) => Promise.reject(thrown)],
  ['rejected by a thenable', (thrown) => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(thrown) })],
]

describe.each(THROWN)('S6 %s is a failure like any other', (_, make) => {
  describe.each(WAYS)('%s', (_, raise) => {
    test('S6 by start: START_FAILED with it as cause', async () => {
      const { clock, kernel, traced } = scene()
      const thrown = make()
      const shape = shapeOf(thrown)
      const app = kernel([traced('a', { start: () => raise(thrown) })])
      const { errors } = await clock.run(startError(app.start()))
      expect(errors).toHaveLength(1)
      expect(errors[0]!.code).toBe('START_FAILED')
      expect(Object.hasOwn(errors[0]!, 'cause')).toBe(true)
      expect(Object.is(errors[0]!.cause, thrown)).toBe(true)
      expect(errors[0]!.message).toMatch(/^resource "a" failed to start: ./)
      expect(shapeOf(thrown)).toBe(shape)
    })

    test('S6 by drain and stop: DRAIN_FAILED and STOP_FAILED with it as cause', async () => {
      const { clock, kernel, traced } = scene()
      const thrown = make()
      const app = await kernel([traced('a', { drain: () => raise(thrown), stop: () => raise(thrown) })]).start()
      const { errors } = await clock.run(shutdownError(app.shutdown()))
      expect(errors.map(({ code }) => code)).toEqual(['DRAIN_FAILED', 'STOP_FAILED'])
      for (const error of errors) expect(Object.is(error.cause, thrown)).toBe(true)
    })

    test('S6 by check: CHECK_FAILED with it as cause', async () => {
      const { clock, kernel } = scene()
      const thrown = make()
      let checks = 0
      const app = kernel([resource('a', { start: () => 1, check: () => (checks++ === 0 ? true : raise(thrown)) })])
      const errors: (KeelsonError | undefined)[] = []
      app.on('check:result', ({ error }) => errors.push(error))
      await app.start()
      errors.length = 0
      await clock.advance(10_000)
      expect(errors.map((error) => error?.code)).toEqual(['CHECK_FAILED'])
      expect(Object.is(errors[0]!.cause, thrown)).toBe(true)
      await app.shutdown()
    })

    test('S6 by kill and by a deferred cleanup: KILL_FAILED and STOP_FAILED with it as cause', async () => {
      const { clock, kernel, traced } = scene()
      const thrown = make()
      const app = await kernel([
        traced('killed', { stop: hang, timeouts: { stop: 10 }, kill: () => raise(thrown) }),
        traced('cleaned', { start: (_, { defer }) => defer(() => raise(thrown)) }),
      ]).start()
      const { errors } = await clock.run(shutdownError(app.shutdown()))
      const codes = errors.map(({ resource, code }) => `${resource} ${code}`)
      expect(codes.sort()).toEqual(['cleaned STOP_FAILED', 'killed KILL_FAILED', 'killed TIMEOUT'])
      for (const error of errors) if (error.code !== 'TIMEOUT') expect(Object.is(error.cause, thrown)).toBe(true)
    })
  })

  test('S6 said through unhealthy(), crashed() and fail()', async () => {
    const { kernel, traced } = scene()
    const thrown = make()
    let say: { unhealthy(error: unknown): void; crashed(error: unknown): void } | undefined
    const app = kernel([
      traced('a', {
        impact: 'degraded',
        start: (_, ctx) => {
          say = ctx
        },
      }),
    ])
    const causes: unknown[] = []
    app.on('health:change', ({ error }) => causes.push(error?.cause))
    app.on('resource:error', ({ error }) => causes.push(error.cause))
    await app.start()
    say!.unhealthy(thrown)
    say!.crashed(thrown)
    app.fail(thrown)
    expect(causes).toHaveLength(2)
    for (const cause of causes) expect(Object.is(cause, thrown)).toBe(true)
    for (const { message } of app.probe().reasons) expect(message).toMatch(/./)
    JSON.stringify(app.inspect())
    await app.shutdown()
  })
})

test('S6 one frozen error thrown by many is the cause of each, and stays as it is', async () => {
  const { clock, kernel, traced } = scene()
  const thrown = Object.freeze(new Error('shared'))
  const app = kernel(['a', 'b', 'c'].map((name) => traced(name, { start: () => Promise.reject(thrown) })))
  const { errors } = await clock.run(startError(app.start()))
  expect(errors.map(({ cause }) => cause)).toEqual([thrown, thrown, thrown])
  expect(new Set(errors).size).toBe(3)
})
