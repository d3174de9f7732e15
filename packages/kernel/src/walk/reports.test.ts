import { describe, expect, test } from 'vitest'
import { createKernel, resource, type ShutdownError, type ShutdownReport } from '../index.js'
import { handled } from '../test-support/handled.js'
import { rejection, shutdownError, startError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

const no = (message: string) => () => Promise.reject(new Error(message))

describe('D6 the order of a report', () => {
  test('D6 outcomes and errors are in the order in which they came', async () => {
    const { clock, kernel, traced, delay } = scene()
    const db = traced('db', { stop: no('still in use') })
    const cache = traced('cache', { stop: () => delay(50).then(no('slow and bad')) })
    const api = traced('api', { dependsOn: { db, cache }, drain: no('no drain'), stop: no('cannot release its lease') })
    const never = traced('never', { impact: 'none', start: no('no') })
    const app = await clock.run(kernel([never, api]).start())
    const events = recordEvents(app)
    const error = await clock.run(shutdownError(app.shutdown()))
    const told = events.events.flatMap((event) => (event.type === 'resource:error' ? [event.error] : []))
    expect(error.errors).toEqual(told)
    expect(told.map(({ resource: name, phase }) => `${name} ${phase}`)).toEqual([
      'api drain',
      'api stop',
      'db stop',
      'cache stop',
    ])
    expect(error.report.outcomes.map(({ resource: name }) => name)).toEqual(['api', 'db', 'cache', 'never'])
    expect(error.cause).toBe(told[0])
    expect(error.message).toContain('(and 3 more, see errors)')
  })

  test('S3 the failures of a start: what decided first, then the rest as it happened', async () => {
    for (const [cacheMs, dbMs] of [
      [5, 10],
      [10, 5],
    ] as const) {
      const { clock, kernel, traced, delay } = scene()
      const cache = traced('cache', { impact: 'degraded', start: () => delay(cacheMs).then(no('cache down')) })
      const db = traced('db', { start: () => delay(dbMs).then(no('db down')) })
      const error = await clock.run(startError(kernel([cache, db]).start()))
      expect(error.errors.map(({ resource: name }) => name)).toEqual(['db', 'cache'])
    }
  })

  test('S3 the errors of the rollback come after those of the start, in the error and in the report', async () => {
    const { clock, kernel, traced } = scene()
    const below = traced('below', { stop: no('stop failed') })
    const above = traced('above', { dependsOn: { below }, start: no('start failed') })
    const app = kernel([above])
    const error = await clock.run(startError(app.start()))
    expect(error.errors.map(({ code }) => code)).toEqual(['START_FAILED', 'STOP_FAILED'])
    expect(error.message).toContain('start failed')
    expect(error.report).toMatchObject({ ok: false, errors: [{ code: 'STOP_FAILED' }] })
    expect(await app.shutdown()).toBe(error.report)
  })
})

describe('S7 how an aborted start is reported', () => {
  test('S7 the outcome of one that waited for its first check has the error that says why', async () => {
    const { clock, kernel, log } = scene()
    const db = resource('db', { start: () => 1, check: no('ECONNREFUSED'), stop: () => log.push('stop') })
    const app = kernel([db])
    const failed = startError(app.start())
    await clock.advance(500)
    const report = await clock.run(app.shutdown('SIGINT'))
    expect(log).toEqual(['stop'])
    expect(report.outcomes).toMatchObject([
      {
        resource: 'db',
        outcome: 'stopped',
        error: { code: 'ABORTED', message: expect.stringContaining('ECONNREFUSED') as string },
      },
    ])
    const error = await failed
    expect(error.errors).toMatchObject([{ code: 'ABORTED', message: expect.stringContaining('SIGINT') as string }])
  })

  test('S7 one without a value was never started, and says why', async () => {
    const { clock, kernel } = scene()
    const start = (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const app = kernel([resource('db', { start })])
    const failed = startError(app.start())
    await clock.advance(500)
    const report = await clock.run(app.shutdown('SIGINT'))
    await failed
    expect(report.outcomes).toMatchObject([{ outcome: 'never-started', error: { code: 'ABORTED', resource: 'db' } }])
    expect(report.ok).toBe(true)
  })

  test('S7 D6 a shutdown asked for while a failed start is rolled back rejects when a stop fails, each time alike', async () => {
    const { clock, kernel, traced, delay } = scene()
    const db = traced('db', { stop: () => delay(100).then(no('stop broke')) })
    const api = traced('api', { dependsOn: { db }, start: no('no') })
    const app = kernel([api])
    const failed = startError(app.start())
    await clock.advance(10)
    expect(app.state).toBe('stopping')
    const error = await clock.run(shutdownError(app.shutdown()))
    expect(error.errors).toMatchObject([{ code: 'STOP_FAILED', resource: 'db' }])
    expect((await failed).report).toBe(error.report)
    expect(await rejection(app.shutdown())).toBe(error)
    expect(app.state).toBe('failed')
  })

  test('S7 D6 and resolves when the rollback goes well', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { stopMs: 100 })
    const app = kernel([traced('api', { dependsOn: { db }, start: no('no') })])
    const failed = startError(app.start())
    await clock.advance(10)
    const report = await clock.run(app.shutdown())
    expect([report.ok, (await failed).report === report]).toEqual([true, true])
  })
})

describe('S1 start() is one promise', () => {
  test.each([
    ['at once', () => { throw new Error('no') }], // biome-ignore format: a table
    ['later', no('no')],
  ])('S1 twice in one turn when the start fails %s', async (_, hook) => {
    const { clock, kernel } = scene()
    let starts = 0
    const start = () => {
      starts++
      return hook()
    }
    const app = kernel([resource('a', { start })])
    const [first, second] = [app.start(), app.start()]
    expect(first).toBe(second)
    await clock.run(startError(first))
    expect(starts).toBe(1)
    await clock.run(startError(app.start()))
    expect(starts).toBe(2)
  })

  test('S1 of a kernel that failed while it ran rejects, until it was shut down', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([traced('a')]).start())
    app.fail(new Error('disk gone'))
    expect(await rejection(app.start())).toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('failed') as string,
    })
    expect([app.state, app.probe().live]).toEqual(['failed', false])
    await clock.run(app.shutdown())
    await clock.run(app.start())
    expect(app.probe()).toMatchObject({ status: 'ready', live: true })
    await clock.run(app.shutdown())
  })
})

describe('fail() and kernel:state', () => {
  test('the event carries the error with its cause; no probe in between is ready and not live', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([traced('a')]).start())
    const { events } = recordEvents(app)
    const probes = [app.probe()]
    app.on('event', () => probes.push(app.probe()))
    const boom = new Error('disk gone')
    app.fail(boom)
    expect(events.find(({ type }) => type === 'kernel:state')).toMatchObject({
      to: 'failed',
      error: { code: 'CRASHED', cause: boom },
    })
    expect(probes.filter(({ ready, live }) => ready && !live)).toEqual([])
    for (const event of events) if (event.type === 'probe:change') expect(event.probe.ready && !event.probe.live).toBe(false)
    expect(app.probe()).toMatchObject({ ready: false, live: false, status: 'failed' })
    await clock.run(app.shutdown())
  })

  test('of a crash, too', async () => {
    const world = scene()
    const a = handled(world, 'a')
    const app = await world.clock.run(world.kernel([a.resource]).start())
    const { events } = recordEvents(app)
    const probes = [app.probe()]
    app.on('event', () => probes.push(app.probe()))
    a.crash('gone')
    const change = events.find(({ type }) => type === 'kernel:state')
    expect(change).toMatchObject({ to: 'failed', error: { code: 'CRASHED', resource: 'a' } })
    expect(probes.filter(({ ready, live }) => ready && !live)).toEqual([])
    await world.clock.run(app.shutdown())
  })

  test('a state that is no failure carries none', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a')])
    const { events } = recordEvents(app)
    await clock.run(app.start())
    await clock.run(app.shutdown())
    for (const event of events) if (event.type === 'kernel:state') expect(event).not.toHaveProperty('error')
  })
})

describe('kernel.stopped', () => {
  /** What it has settled to, if it has. */
  function peek(promise: Promise<ShutdownReport>) {
    const seen: { report?: ShutdownReport } = {}
    void promise.then((report) => {
      seen.report = report
    })
    return seen
  }

  test('asked for before the start: settles with the end of the first life, whoever ended it', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a')])
    const seen = peek(app.stopped)
    await clock.run(app.start())
    await clock.advance(1_000)
    expect([seen.report, app.state]).toEqual([undefined, 'running'])
    const report = await clock.run(app.shutdown('SIGTERM'))
    await clock.settle()
    expect(seen.report).toBe(report)
    expect(await app.stopped).toBe(report)
  })

  test('settles after a failed start, with the report of its rollback', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a', { start: no('no') })])
    const seen = peek(app.stopped)
    const { report } = await clock.run(startError(app.start()))
    await clock.settle()
    expect(seen.report).toBe(report)
  })

  test('never rejects, also when the shutdown does', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([traced('a', { stop: no('no') })]).start())
    const seen = peek(app.stopped)
    const { report } = await clock.run(shutdownError(app.shutdown()))
    await clock.settle()
    expect(seen.report).toBe(report)
    expect(report.ok).toBe(false)
    expect(await app.stopped).toBe(report)
  })

  test('after another start it is of that life; it is one promise within a life', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([traced('a')]).start())
    const first = app.stopped
    expect(app.stopped).toBe(first)
    await clock.run(app.shutdown('one'))
    await clock.run(app.start())
    const second = peek(app.stopped)
    await clock.advance(1_000)
    expect(second.report).toBeUndefined()
    await clock.run(app.shutdown('two'))
    await clock.settle()
    expect([(await first).reason, second.report!.reason]).toEqual(['one', 'two'])
  })

  test('a start() that a listener asks for at the end begins another life', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([traced('a')]).start())
    const first = peek(app.stopped)
    app.once('kernel:state', () => {}) // keeps the emitter busy
    let again: Promise<unknown> | undefined
    app.on('kernel:state', ({ to }) => {
      if (to === 'stopped' && again === undefined) again = app.start()
    })
    const report = await clock.run(app.shutdown('one'))
    await clock.run(again!)
    expect(first.report).toBe(report)
    const second = peek(app.stopped)
    await clock.settle()
    expect(second.report).toBeUndefined()
    await clock.run(app.shutdown('two'))
    await clock.settle()
    expect(second.report!.reason).toBe('two')
  })

  test('a shutdown of a kernel that never started settles it', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a')])
    const seen = peek(app.stopped)
    const report = await app.shutdown()
    await clock.settle()
    expect(seen.report).toBe(report)
  })

  test('waiting for it sets no timer', async () => {
    const { clock, kernel, traced } = scene()
    const app = await clock.run(kernel([traced('a')]).start())
    void app.stopped
    await clock.settle()
    expect(clock.pending).toBe(0)
    await clock.run(app.shutdown())
  })
})

describe('methods taken off a kernel', () => {
  test('work, each of them', async () => {
    const { clock, traced } = scene()
    const a = traced('a')
    const b = traced('b')
    const c = traced('c')
    const app = createKernel([a], { clock })
    const {
      register,
      start,
      add,
      remove,
      restart,
      get,
      probe,
      inspect,
      plan,
      timeline,
      on,
      once,
      off,
      defaults,
      fail,
      shutdown,
    } = app
    const seen: string[] = []
    const listener = ({ to }: { to: string }) => seen.push(to)
    register(b)
    defaults({ shutdown: { delay: 10 } })
    on('kernel:state', listener)
    once('kernel:state', listener)
    await clock.run(start())
    off('kernel:state', listener)
    await clock.run(add(c))
    await clock.run(restart(c))
    expect([get(c), probe().status, inspect().state, plan().resources.length]).toEqual(['c', 'ready', 'running', 3])
    await clock.run(remove(c))
    expect(timeline().length).toBeGreaterThan(0)
    fail(new Error('x'))
    expect(await clock.run(shutdown().catch((error: ShutdownError) => error.report))).toMatchObject({ reason: 'shutdown' })
    expect(seen.slice(0, 3)).toEqual(['starting', 'starting', 'running'])
  })
})
