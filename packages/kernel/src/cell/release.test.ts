import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { resource, type ShutdownError, type StartContext } from '../index.js'
import { handled, ONCE } from '../test-support/handled.js'
import { shutdownError, startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

describe('D4 kill is for a stop that did not end', () => {
  test('D4 it is not called when the stop ended and a cleanup hangs; the error says cleanups', async () => {
    const { clock, kernel, log, elapsed } = scene()
    const child = resource('child', {
      start: (_, ctx) => {
        ctx.defer(hang)
        return 1
      },
      stop: () => log.push('stop'),
      kill: () => log.push('kill'),
      timeouts: { stop: 100 },
    })
    const app = await clock.run(kernel([child]).start())
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(log).toEqual(['stop'])
    expect(report.outcomes).toMatchObject([{ outcome: 'timed-out' }])
    expect(report.errors).toMatchObject([{ code: 'TIMEOUT', phase: 'stop', message: expect.stringContaining('its cleanups within 100 ms') as string }]) // biome-ignore format: one expectation
    expect(elapsed()).toBe(100)
  })

  test('D4 cleanups that had not had their turn run at once, the last first, when the time is up', async () => {
    const { clock, kernel, log, delay, elapsed } = scene()
    const child = resource('child', {
      start: (_, { defer }) => {
        defer(() => log.push('first'))
        defer(() => delay(50).then(() => log.push('second')))
        defer(hang)
        return 1
      },
      timeouts: { stop: 100 },
    })
    const app = await clock.run(kernel([child]).start())
    await clock.run(shutdownError(app.shutdown()))
    expect(log).toEqual(['first', 'second'])
    expect(elapsed()).toBe(150)
  })

  test('D4 a kill that hangs is told', async () => {
    const { clock, kernel, elapsed } = scene()
    const child = resource('child', { start: () => 1, stop: hang, kill: hang, timeouts: { stop: 200 } })
    const app = await clock.run(kernel([child]).start())
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(report.outcomes).toMatchObject([{ outcome: 'timed-out', error: { phase: 'stop' } }])
    expect(report.errors.map(({ code, phase }) => `${phase} ${code}`)).toEqual(['stop TIMEOUT', 'kill TIMEOUT'])
    expect(report.errors[1]!.message).toContain('did not finish its kill')
    expect(elapsed()).toBe(400)
  })
})

describe('D5 defer() when there is no later any more', () => {
  /** A resource whose context outlives it. */
  async function gone() {
    const world = scene()
    let ctx: StartContext | undefined
    const pool = world.traced('pool', {
      start: (_, context) => {
        ctx = context
        return 'pool'
      },
    })
    const app = await world.clock.run(world.kernel([pool]).start())
    const events = recordEvents(app)
    await world.clock.run(app.shutdown())
    return { ...world, ctx: ctx!, events, app }
  }

  test('D5 what is deferred after the release runs at once', async () => {
    const { ctx, log } = await gone()
    ctx.defer(() => log.push('late'))
    expect(log.at(-1)).toBe('late')
  })

  test.each([
    ['throws', () => { throw new Error('late leak') }], // biome-ignore format: a table
    ['rejects', () => Promise.reject(new Error('late leak'))],
  ])('D5 when it %s that is told', async (_, cleanup) => {
    const { ctx, clock, events } = await gone()
    ctx.defer(cleanup)
    await clock.settle()
    const told = events.events.flatMap((event) => (event.type === 'resource:error' ? [event.error] : []))
    expect(told).toMatchObject([
      { code: 'STOP_FAILED', resource: 'pool', message: expect.stringContaining('late leak') as string },
    ])
  })

  test('D5 what is deferred while its last cleanup runs is one of them', async () => {
    const { clock, kernel, log, delay } = scene()
    const pool = resource('pool', {
      start: (_, { defer }) => {
        defer(() =>
          delay(10).then(() => {
            log.push('first')
            defer(() => log.push('second'))
          }),
        )
        return 1
      },
    })
    const app = await clock.run(kernel([pool]).start())
    await clock.run(app.shutdown())
    expect(log).toEqual(['first', 'second'])
  })

  test('D5 after a failed start, too', async () => {
    const { clock, kernel, log } = scene()
    let ctx: StartContext | undefined
    const pool = resource('pool', {
      start: (_, context) => {
        ctx = context
        return Promise.reject(new Error('no'))
      },
    })
    await clock.run(startError(kernel([pool]).start()))
    ctx!.defer(() => log.push('late'))
    expect(log).toEqual(['late'])
  })
})

describe('what is kept of errors that come late', () => {
  test('while the kernel runs they are told, and are not in the report of its shutdown', async () => {
    const { clock, kernel, traced, delay } = scene()
    const a = traced('a', { timeouts: { stop: 1 }, stop: () => delay(5).then(() => Promise.reject(new Error('late'))) })
    const app = await clock.run(kernel([a]).start())
    const events = recordEvents(app)
    await clock.run(app.restart(a))
    await clock.advance(10)
    expect(events.events.filter((event) => event.type === 'resource:error' && event.error.code === 'STOP_FAILED')).toHaveLength(1)
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(report.errors).toMatchObject([{ code: 'TIMEOUT' }])
    await clock.advance(10)
  })

  test('while the kernel runs nobody holds them', async () => {
    const { clock, kernel, delay } = scene()
    let late: WeakRef<Error> | undefined
    let first = true
    const a = resource('a', {
      start: () => 1,
      timeouts: { stop: 1 },
      stop: () => {
        if (!first) return
        first = false
        return delay(5).then(() => {
          const error = new Error('late')
          late = new WeakRef(error)
          return Promise.reject(error)
        })
      },
    })
    const app = await clock.run(kernel([a]).start())
    await clock.run(app.restart(a))
    await clock.advance(10)
    expect(late).toBeDefined()
    await collectGarbage()
    expect(late!.deref()).toBeUndefined()
    await clock.run(app.shutdown())
  })

  test('after the teardown is over a later one is told in an event, and the report does not change', async () => {
    const { clock, kernel, traced, delay } = scene()
    const a = traced('a', { timeouts: { stop: 1 }, stop: () => delay(50).then(() => Promise.reject(new Error('late'))) })
    const app = await clock.run(kernel([a]).start())
    const events = recordEvents(app)
    const { report } = await clock.run(shutdownError(app.shutdown()))
    await clock.advance(100)
    expect(report.errors).toHaveLength(1)
    expect(events.lines().filter((line) => line === 'a: STOP_FAILED')).toHaveLength(1)
  })
})

describe('what the report says of a teardown', () => {
  test('D6 a value whose first check never passed is stopped, and reported so', async () => {
    const { clock, kernel, log } = scene()
    const db = resource('db', {
      start: () => 'db',
      check: () => Promise.reject(new Error('ECONNREFUSED')),
      stop: (value) => log.push(`stop ${value}`),
      timeouts: { start: 300 },
    })
    const error = await clock.run(startError(kernel([db]).start()))
    expect(log).toEqual(['stop db'])
    expect(error.report.outcomes).toMatchObject([{ resource: 'db', outcome: 'stopped', error: { code: 'TIMEOUT' } }])
    expect(error.errors).toMatchObject([{ code: 'TIMEOUT', message: expect.stringContaining('ECONNREFUSED') as string }])
  })

  test.each([
    ['fails', () => Promise.reject(new Error('no')), 'failed'],
    ['hangs', hang, 'timed-out'],
  ])('D6 its stop %s', async (_, stop, outcome) => {
    const { clock, kernel } = scene()
    const db = resource('db', { start: () => 1, check: () => false, stop, timeouts: { start: 300, stop: 100 } })
    const error = await clock.run(startError(kernel([db]).start()))
    expect(error.report.outcomes).toMatchObject([{ resource: 'db', outcome }])
    expect(error.errors).toHaveLength(2)
  })

  test('D6 a start that failed without a value was never started, and says why', async () => {
    const { clock, kernel } = scene()
    const error = await clock.run(startError(kernel([resource('db', { start: () => Promise.reject(new Error('no')) })]).start()))
    expect(error.report.outcomes).toMatchObject([{ resource: 'db', outcome: 'never-started', error: { code: 'START_FAILED' } }])
  })

  test.each([
    [{ note: 'finished 3 jobs' }, 'finished 3 jobs'],
    [{ note: 3 }, undefined],
    [{ jobs: 3 }, undefined],
    [null, undefined],
    ['finished', undefined],
  ])('a drain that resolves to %j has the note %j', async (result, note) => {
    const { clock, kernel } = scene()
    const app = await clock.run(kernel([resource('worker', { start: () => 1, drain: async () => result })]).start())
    const [outcome] = (await clock.run(app.shutdown())).outcomes
    expect(outcome!.note).toBe(note)
    expect('note' in outcome!).toBe(note !== undefined)
    expect(app.inspect().resources[0]!.note).toBe(note)
  })

  test('a drain that was given up has its note when it comes before the stop has ended', async () => {
    const { clock, kernel } = scene()
    const worker = resource('worker', {
      start: () => 1,
      drain: (_value, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve({ note: 'finished 2 jobs, 1 cut' }))),
      stop: () => new Promise<void>((resolve) => void clock.setTimeout(resolve, 10)),
      timeouts: { drain: 100 },
    })
    const app = await clock.run(kernel([worker]).start())
    const error = await clock.run(app.shutdown().catch((error: ShutdownError) => error))
    expect((error as ShutdownError).report.outcomes).toMatchObject([
      { note: 'finished 2 jobs, 1 cut', error: { code: 'TIMEOUT' } },
    ])
    expect(app.inspect().resources[0]!.note).toBe('finished 2 jobs, 1 cut')
  })

  test('a drain at once has a note, too, and the next life has none of the last', async () => {
    const { clock, kernel } = scene()
    let result: unknown = { note: 'nothing to do' }
    const worker = resource('worker', { start: () => 1, drain: () => result })
    const app = await clock.run(kernel([worker]).start())
    expect((await clock.run(app.shutdown())).outcomes).toMatchObject([{ note: 'nothing to do' }])
    result = undefined
    await clock.run(app.start())
    expect((await clock.run(app.shutdown())).outcomes[0]!.note).toBeUndefined()
  })

  test('a drain with leases keeps its note', async () => {
    const world = scene()
    const worker = world.traced('worker', { drain: () => ({ note: 'finished 3 jobs' }) })
    const { ref } = await import('../index.js')
    const user = resource('user', { dependsOn: { worker: ref(worker) }, start: ({ worker: held }) => held })
    const app = await world.clock.run(world.kernel([user]).start())
    void app.get(user).use(() => world.delay(50))
    const { outcomes } = await world.clock.run(app.shutdown())
    expect(outcomes.find(({ resource: name }) => name === 'worker')).toMatchObject({ note: 'finished 3 jobs', durationMs: 50 })
  })

  test.each(['draining', 'stopping'] as const)('X2 a crash while the kernel is %s is in the report', async (state) => {
    const world = scene()
    const { clock, kernel, traced } = world
    const db = handled(world, 'db', { restart: ONCE })
    const worker = traced('worker', { dependsOn: { db: db.resource }, drainMs: 100 })
    const app = await clock.run(kernel([worker], { shutdown: { delay: 100 } }).start())
    const stopped = app.shutdown().catch((error: ShutdownError) => error.report)
    await clock.advance(state === 'draining' ? 50 : 150)
    expect(app.state).toBe(state)
    db.crash('connection lost')
    const report = await clock.run(stopped)
    expect(report).toMatchObject({ ok: false, errors: [{ code: 'CRASHED', resource: 'db' }] })
    expect(report.outcomes.find(({ resource: name }) => name === 'db')).toMatchObject({
      outcome: 'stopped',
      error: { code: 'CRASHED' },
    })
    expect(db.contexts).toHaveLength(1)
  })

  test('X2 what ends while its own stop runs has not crashed', async () => {
    const world = scene()
    const db = handled(world, 'db', { stopMs: 100 })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    const events = recordEvents(app)
    const stopped = app.shutdown()
    await world.clock.advance(50)
    db.crash()
    expect(await world.clock.run(stopped)).toMatchObject({ ok: true, errors: [] })
    expect(events.lines()).not.toContain('db: CRASHED')
  })
})

/** A full collection, also where node was not started with --expose-gc. */
async function collectGarbage(): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 0))
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
