import { describe, expect, test } from 'vitest'
import { KeelsonError, resource, StartError } from '../index.js'
import { startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

describe('S3 a failed start', () => {
  test('S3 rolls back only what had started, in reverse, and launches nothing new', async () => {
    const { clock, kernel, log, traced } = scene()
    const db = traced('db', { startMs: 5, stopMs: 5 })
    const cache = traced('cache', { startMs: 5, dependsOn: { db } })
    const broken = traced('broken', { dependsOn: { cache }, start: () => Promise.reject(new Error('no')) })
    const never = traced('never', { dependsOn: { broken } })
    const app = kernel([never])
    const error = await clock.run(startError(app.start()))
    expect(log).toEqual(['start db', 'up db', 'start cache', 'up cache', 'start broken', 'stop cache', 'stop db', 'stopped db'])
    expect(error.report.outcomes.map(({ resource, outcome }) => `${resource} ${outcome}`)).toEqual([
      'cache stopped',
      'db stopped',
      'broken never-started',
      'never never-started',
    ])
    expect(app.state).toBe('failed')
  })

  test('S3 rejects StartError with the thrown value as cause, and the kernel in the message', async () => {
    const { clock, kernel, traced } = scene()
    const thrown = new Error('EADDRINUSE')
    const app = kernel([traced('api', { start: () => Promise.reject(thrown) })], { name: 'shop' })
    const error = await clock.run(startError(app.start()))
    expect(error).toBeInstanceOf(AggregateError)
    expect(error).toMatchObject({ name: 'StartError', code: 'START_FAILED' })
    expect(error.message).toContain('shop')
    expect(error.message).toContain('EADDRINUSE')
    const [first] = error.errors
    expect(first).toBeInstanceOf(KeelsonError)
    expect(first).toMatchObject({ code: 'START_FAILED', resource: 'api', phase: 'start' })
    expect(first!.cause).toBe(thrown)
    expect(error.cause).toBe(first)
  })

  test('S3 aborts the signals of starts in flight and waits until they settle', async () => {
    const { clock, kernel, log, traced, delay, elapsed } = scene()
    const signals: AbortSignal[] = []
    const stubborn = traced('stubborn', {
      start: (_, { signal }) => {
        signals.push(signal)
        return delay(100, 'came anyway')
      },
    })
    const polite = traced('polite', {
      start: (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    })
    const broken = traced('broken', { start: () => delay(10).then(() => Promise.reject(new Error('no'))) })
    const app = kernel([stubborn, polite, broken])
    const error = await clock.run(startError(app.start()))
    expect(elapsed()).toBe(100)
    expect(signals[0]!.aborted).toBe(true)
    expect(signals[0]!.reason).toBeInstanceOf(KeelsonError)
    expect(log, 'what came in spite of the abort is stopped').toEqual([
      'start stubborn',
      'start polite',
      'start broken',
      'stop stubborn',
    ])
    expect(error.errors.map((error) => [error.resource, error.code])).toEqual([['broken', 'START_FAILED']])
    expect(error.report.outcomes).toMatchObject([
      { outcome: 'stopped' },
      { outcome: 'never-started' },
      { outcome: 'never-started' },
    ])
  })

  test('S3 holds every failure, first cause first', async () => {
    const { clock, kernel, traced, delay } = scene()
    const fails = (name: string, ms: number) =>
      traced(name, { start: () => delay(ms).then(() => Promise.reject(new Error(name))) })
    const app = kernel([
      fails('third', 30),
      fails('first', 10),
      fails('second', 20),
      traced('hangs', { timeouts: { start: 40 }, start: hang }),
    ])
    const error = await clock.run(startError(app.start()))
    expect(error.errors.map((error) => `${error.resource} ${error.code}`)).toEqual([
      'first START_FAILED',
      'second START_FAILED',
      'third START_FAILED',
      'hangs TIMEOUT',
    ])
  })

  test('S3 two that fail in one turn are both told of, in the order in which they failed', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([
      traced('a', { start: () => Promise.reject(new Error('a')) }),
      traced('b', { start: () => Promise.reject(new Error('b')) }),
    ])
    const error = await clock.run(startError(app.start()))
    expect(error.errors.map((error) => error.resource)).toEqual(['a', 'b'])
  })

  test('S3 an AbortError that an aborted start rejects with is its answer, not another failure', async () => {
    const { clock, kernel, traced, delay } = scene()
    const abortError = Object.assign(new Error('The operation was aborted'), { name: 'AbortError' })
    const fetches = traced('fetches', {
      start: (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(abortError))),
    })
    const broken = traced('broken', { start: () => delay(1).then(() => Promise.reject(new Error('no'))) })
    const error = await clock.run(startError(kernel([fetches, broken]).start()))
    expect(error.errors.map((error) => error.resource)).toEqual(['broken'])
  })

  test('S3 a failure in a start hook that was told to abort is kept', async () => {
    const { clock, kernel, traced, delay } = scene()
    const dirty = traced('dirty', {
      start: (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('could not undo')))),
    })
    const broken = traced('broken', { start: () => delay(1).then(() => Promise.reject(new Error('no'))) })
    const error = await clock.run(startError(kernel([dirty, broken]).start()))
    expect(error.errors.map((error) => error.message).join()).toContain('could not undo')
  })

  test('S3 the rollback has a fresh budget, without the delay', async () => {
    const { clock, kernel, traced, delay, elapsed } = scene()
    let deadline = 0
    const db = traced('db', {
      stop: (_, ctx) => {
        deadline = ctx.deadline
        return hang()
      },
      timeouts: { stop: Infinity },
    })
    const slow = traced('slow', { dependsOn: { db }, start: () => delay(20_000).then(() => Promise.reject(new Error('late'))) })
    const app = kernel([slow], { shutdown: { delay: 500, timeout: 1_000 } })
    const error = await clock.run(startError(app.start()))
    expect(elapsed()).toBe(21_000)
    expect(deadline).toBe(clock.now())
    expect(error.report).toMatchObject({ ok: false, durationMs: 1_000, outcomes: [{ outcome: 'timed-out' }, {}] })
  })

  test('S3 what goes wrong in the rollback is in the report, and comes after the causes', async () => {
    const { clock, kernel, traced } = scene()
    const thrown = new Error('cannot close')
    const db = traced('db', { stop: () => Promise.reject(thrown) })
    const broken = traced('broken', { dependsOn: { db }, start: () => Promise.reject(new Error('no')) })
    const error = await clock.run(startError(kernel([broken]).start()))
    expect(error.errors.map((error) => error.code)).toEqual(['START_FAILED', 'STOP_FAILED'])
    expect(error.report).toMatchObject({
      ok: false,
      outcomes: [{ resource: 'db', outcome: 'failed' }, { outcome: 'never-started' }],
    })
    expect(error.report.errors).toMatchObject([{ code: 'STOP_FAILED', resource: 'db', phase: 'stop' }])
    expect(error.report.errors[0]!.cause).toBe(thrown)
  })

  test('S3 narrates itself in order', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db')
    const app = kernel([traced('broken', { dependsOn: { db }, start: () => Promise.reject(new Error('no')) })])
    const log = recordEvents(app)
    await clock.run(startError(app.start()))
    expect(log.lines().filter((line) => !line.startsWith('probe'))).toEqual([
      'kernel: idle → starting',
      'db: idle → starting',
      'db: starting → running',
      'broken: idle → starting',
      'broken: starting → failed',
      'broken: START_FAILED',
      'kernel: starting → stopping',
      'db: running → stopping',
      'db: stopping → stopped',
      'kernel: stopping → failed',
    ])
  })

  test('S3 a synchronous failure launches no neighbour that comes after it', async () => {
    const { clock, kernel, log, traced } = scene()
    const app = kernel([
      traced('a'),
      traced('broken', {
        start: () => {
          throw new Error('no')
        },
      }),
      traced('never'),
    ])
    await clock.run(startError(app.start()))
    expect(log).toEqual(['start a', 'start broken', 'stop a'])
  })

  test('D7 shutdown() of a kernel that failed to start gives the report of the rollback', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { start: () => Promise.reject(new Error('no')) })])
    const error = await clock.run(startError(app.start()))
    expect(error).toBeInstanceOf(StartError)
    expect(await app.shutdown()).toBe(error.report)
    expect(app.state).toBe('failed')
  })

  test('D7 shutdown() during the rollback waits for it and gives its report', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { stopMs: 100 })
    const app = kernel([traced('a', { dependsOn: { db }, start: () => Promise.reject(new Error('no')) })])
    const failed = startError(app.start())
    await clock.advance(50)
    expect(app.state).toBe('stopping')
    const stopped = app.shutdown()
    expect(app.shutdown()).toBe(stopped)
    expect(await clock.run(stopped)).toBe((await failed).report)
    expect(app.state).toBe('failed')
  })

  test('S3 a resource with a value that is not there yet is reported once', async () => {
    const { clock, kernel } = scene()
    const app = kernel([resource('a', { start: () => Promise.reject(new Error('a')) }), resource('b', { start: () => 1 })])
    const { report } = await clock.run(startError(app.start()))
    expect(report.outcomes.map(({ resource, outcome }) => `${resource} ${outcome}`)).toEqual(['b stopped', 'a never-started'])
  })
})
