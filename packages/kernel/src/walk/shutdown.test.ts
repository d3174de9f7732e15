import { describe, expect, test } from 'vitest'
import { resource } from '../index.js'
import { shutdownError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

describe('D1 draining', () => {
  test('D1 readiness is false at once, liveness stays, and work goes on for shutdown.delay', async () => {
    const { clock, kernel, log, traced } = scene()
    const a = traced('a')
    const app = await kernel([a], { shutdown: { delay: 5_000 } }).start()
    const stopped = app.shutdown()
    expect(app.state).toBe('draining')
    expect(app.probe()).toMatchObject({ status: 'draining', started: true, ready: false, live: true })
    await clock.advance(4_999)
    expect(app.get(a)).toBe('a')
    expect(log).toEqual(['start a'])
    await clock.advance(1)
    expect(app.state).toBe('stopped')
    expect(log).toEqual(['start a', 'stop a'])
    expect((await stopped).durationMs).toBe(5_000)
  })

  test('D1 without a delay nothing is waited for, and the state is seen all the same', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const app = await kernel([traced('a')]).start()
    const log = recordEvents(app)
    await clock.run(app.shutdown('deploy'))
    expect(elapsed()).toBe(0)
    expect(log.events.filter(({ type }) => type === 'kernel:state')).toMatchObject([
      { from: 'running', to: 'draining', reason: 'deploy' },
      { from: 'draining', to: 'stopping', reason: 'deploy' },
      { from: 'stopping', to: 'stopped' },
    ])
    expect(app.probe()).toMatchObject({ status: 'stopped', started: false, ready: false, live: true })
  })

  test('X10 a kernel that is not live has no delay, whoever asked for it', async () => {
    for (const given of [{ delay: 5_000 }, undefined]) {
      const { clock, kernel, log, traced } = scene()
      const options = given === undefined ? {} : { shutdown: given }
      const app = await kernel([traced('a')], options)
        .defaults({ shutdown: { delay: 5_000 } })
        .start()
      app.fail(new Error('out of memory'))
      const report = await clock.run(app.shutdown())
      expect(report.durationMs).toBe(0)
      expect(log).toEqual(['start a', 'stop a'])
    }
  })

  test('D1 whoever asks for it may shorten the delay for this time, and as a listener it takes whatever comes', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a')], { shutdown: { delay: 5_000 } })
    const took = async (...args: unknown[]) => {
      await app.start()
      return (await clock.run((app.shutdown as (...args: unknown[]) => ReturnType<typeof app.shutdown>)(...args))).durationMs
    }
    expect(await took('Ctrl-C', { delay: 0 })).toBe(0)
    expect(await took('Ctrl-C', { delay: 70 })).toBe(70)
    expect(await took('Ctrl-C', { delay: 7_000 })).toBe(5_000)
    expect(await took('SIGTERM', 15)).toBe(5_000)
    for (const delay of [-1, Number.NaN, '0']) expect(await took('SIGTERM', { delay })).toBe(5_000)
  })

  test('D1 health is still followed during the delay', async () => {
    const { clock, kernel } = scene()
    let checks = 0
    const a = resource('a', { start: () => 1, check: () => checks++, monitor: { interval: 100 } })
    const app = await clock.run(kernel([a], { shutdown: { delay: 450 } }).start())
    await clock.run(app.shutdown())
    expect(checks).toBeGreaterThan(1)
  })

  test('D1 a delay of nearly all of the budget does not exceed it', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const app = await kernel([traced('a', { stopMs: 50 })], { shutdown: { delay: 999, timeout: 1_000 } }).start()
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(elapsed()).toBe(1_000)
    expect(report.outcomes).toMatchObject([{ resource: 'a', outcome: 'timed-out', error: { code: 'TIMEOUT' } }])
    await clock.advance(50)
  })
})

describe('D2 stopping', () => {
  test('D2 goes in reverse, per edge, in parallel: each drained and stopped once its last dependent has stopped', async () => {
    const { clock, kernel, log, traced, elapsed } = scene()
    const db = traced('db', { stopMs: 10 })
    const queue = traced('queue', { stopMs: 10 })
    const api = traced('api', { dependsOn: { db }, drainMs: 30, stopMs: 10 })
    const worker = traced('worker', { dependsOn: { db, queue }, stopMs: 5 })
    const app = await kernel([api, worker]).start()
    log.length = 0
    await clock.run(app.shutdown())
    expect(log).toEqual([
      'stop worker',
      'drain api',
      'stopped worker',
      'stop queue',
      'stopped queue',
      'drained api',
      'stop api',
      'stopped api',
      'stop db',
      'stopped db',
    ])
    expect(elapsed()).toBe(50)
  })

  test('D2 dependencies stay up, and can be used, while their dependents finish', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const db = traced('db')
    const api = resource('api', {
      dependsOn: { db },
      start: ({ db }) => db,
      drain: async (db) => {
        await delay(20)
        log.push(`drained with ${db} ${app.get(resources.db)}`)
      },
    })
    const resources = { db, api }
    const app = await kernel([api]).start()
    await clock.run(app.shutdown())
    expect(log).toEqual(['start db', 'drained with db db', 'stop db'])
  })

  test('D2 shows the states on the way', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { stopMs: 5 })
    const app = await kernel([traced('api', { dependsOn: { db }, drainMs: 5 })]).start()
    const log = recordEvents(app)
    await clock.run(app.shutdown())
    expect(log.lines().filter((line) => !line.startsWith('probe'))).toEqual([
      'kernel: running → draining',
      'kernel: draining → stopping',
      'api: running → draining',
      'api: draining → stopping',
      'api: stopping → stopped',
      'db: running → stopping',
      'db: stopping → stopped',
      'kernel: stopping → stopped',
    ])
  })
})

describe('D6 the report', () => {
  test('D6 has one outcome per resource, in the order in which they ended, with durations', async () => {
    const { clock, kernel, traced } = scene()
    const db = traced('db', { stopMs: 20 })
    const api = traced('api', { dependsOn: { db }, drainMs: 30, stopMs: 10 })
    const app = await kernel([api, traced('plain')], { shutdown: { delay: 100 } }).start()
    const report = await clock.run(app.shutdown('deploy'))
    expect(report).toEqual({
      reason: 'deploy',
      ok: true,
      durationMs: 160,
      errors: [],
      outcomes: [
        { resource: 'plain', impact: 'unready', outcome: 'stopped', durationMs: 0 },
        { resource: 'api', impact: 'unready', outcome: 'stopped', durationMs: 40 },
        { resource: 'db', impact: 'unready', outcome: 'stopped', durationMs: 20 },
      ],
    })
  })

  test('D6 shutdown() is one promise and one report, before, while and after it runs', async () => {
    const { clock, kernel, log, traced } = scene()
    const app = await kernel([traced('a', { stopMs: 10 })], { shutdown: { delay: 10 } }).start()
    const first = app.shutdown('one')
    expect(app.shutdown('two')).toBe(first)
    await clock.advance(15)
    expect(app.state).toBe('stopping')
    expect(app.shutdown('three')).toBe(first)
    const report = await clock.run(first)
    expect(app.shutdown()).toBe(first)
    expect(await app.shutdown()).toBe(report)
    expect(report.reason).toBe('one')
    expect(log).toEqual(['start a', 'stop a', 'stopped a'])
  })

  test('D6 a failed shutdown is one promise too, with every error and the report inside', async () => {
    const { clock, kernel, traced } = scene()
    const thrown = [new Error('a'), new Error('b')]
    const app = await kernel(
      ['a', 'b'].map((name, i) => traced(name, { stop: () => Promise.reject(thrown[i]) })),
      { name: 'shop' },
    ).start()
    const first = app.shutdown()
    const error = await clock.run(shutdownError(first))
    expect(app.shutdown()).toBe(first)
    expect(error).toBeInstanceOf(AggregateError)
    expect(error).toMatchObject({ name: 'ShutdownError', code: 'SHUTDOWN_FAILED' })
    expect(error.message).toContain('shop')
    expect(new Set(error.errors.map(({ cause }) => cause))).toEqual(new Set(thrown))
    expect(error.report.errors).toEqual(error.errors)
    expect(error.report).toMatchObject({ ok: false, outcomes: [{ outcome: 'failed' }, { outcome: 'failed' }] })
    expect(app.state).toBe('stopped')
  })

  test('D6 a drain that failed leaves the outcome stopped, with the error, and the report not ok', async () => {
    const { clock, kernel, log, traced } = scene()
    const app = await kernel([traced('a', { drain: () => Promise.reject(new Error('no')) })]).start()
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(log).toEqual(['start a', 'drain a', 'stop a'])
    expect(report).toMatchObject({
      ok: false,
      outcomes: [{ outcome: 'stopped', error: { code: 'DRAIN_FAILED', phase: 'drain' } }],
    })
  })

  test('D7 shutdown() of a kernel that never started resolves at once and leaves it idle', async () => {
    const { kernel, traced } = scene()
    const app = kernel([traced('a'), traced('b')])
    const report = await app.shutdown()
    expect(report).toEqual({
      reason: 'shutdown',
      ok: true,
      durationMs: 0,
      errors: [],
      outcomes: [
        { resource: 'a', impact: 'unready', outcome: 'never-started', durationMs: 0 },
        { resource: 'b', impact: 'unready', outcome: 'never-started', durationMs: 0 },
      ],
    })
    expect(app.state).toBe('idle')
    expect(app.probe()).toMatchObject({ status: 'idle', started: false, ready: false, live: true })
  })

  test('D6 what is registered between an idle shutdown() and the next has its outcome', async () => {
    const { kernel, traced } = scene()
    const app = kernel([traced('a')])
    await app.shutdown()
    app.register(traced('b'))
    await app.start()
    expect((await app.shutdown()).outcomes).toHaveLength(2)
  })
})

test('D4 one failure never stops the rest', async () => {
  const { clock, kernel, log, traced } = scene()
  const db = traced('db')
  const cache = traced('cache', {
    dependsOn: { db },
    stop: () => {
      throw new Error('cache')
    },
  })
  const api = traced('api', { dependsOn: { cache }, stop: hang, timeouts: { stop: 10 } })
  const web = traced('web', {
    dependsOn: { api },
    drain: () => {
      throw new Error('web')
    },
  })
  const app = await kernel([web]).start()
  log.length = 0
  const { report } = await clock.run(shutdownError(app.shutdown()))
  expect(log).toEqual(['drain web', 'stop web', 'stop api', 'stop cache', 'stop db'])
  expect(report.outcomes.map(({ resource, outcome }) => `${resource} ${outcome}`)).toEqual([
    'web stopped',
    'api timed-out',
    'cache failed',
    'db stopped',
  ])
  expect(report.errors.map(({ resource, code }) => `${resource} ${code}`).sort()).toEqual([
    'api TIMEOUT',
    'cache STOP_FAILED',
    'web DRAIN_FAILED',
  ])
})
