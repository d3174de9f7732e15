import { describe, expect, test } from 'vitest'
import { type Impact, resource, type StartContext } from './index.js'
import { shutdownError, startError } from './test-support/rejection.js'
import { hang, scene } from './test-support/scene.js'
import { recordEvents } from './testing.js'

describe('kernel.fail()', () => {
  test('live is false at once; resources stay up until shutdown(), which is an ordinary one', async () => {
    const { clock, kernel, log, traced } = scene()
    const a = traced('a', { drainMs: 5 })
    const app = await kernel([a], { name: 'shop', shutdown: { delay: 10 } }).start()
    const events = recordEvents(app)
    app.fail(new Error('out of memory'))
    expect(app.state).toBe('failed')
    expect(app.probe()).toMatchObject({
      status: 'failed',
      started: true,
      ready: false,
      live: false,
      reasons: [{ resource: 'shop', state: 'failed', message: 'out of memory' }],
    })
    expect(app.get(a)).toBe('a')
    await clock.advance(1_000)
    expect(log).toEqual(['start a'])
    const report = await clock.run(app.shutdown())
    expect(report.ok).toBe(true)
    expect(app.probe()).toMatchObject({ status: 'stopped', live: false })
    expect(events.lines().filter((line) => line.startsWith('kernel'))).toEqual([
      'kernel: running → failed',
      'kernel: failed → draining',
      'kernel: draining → stopping',
      'kernel: stopping → stopped',
    ])
    await app.start()
    expect(app.probe()).toMatchObject({ status: 'ready', live: true, reasons: [] })
    await clock.run(app.shutdown())
  })

  test('by a listener, of a kernel that another listener starts again at once, is over with that start', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a')])
    let again: Promise<unknown> | undefined
    app.once('kernel:state', () => void app.shutdown().catch(() => {}))
    app.on('kernel:state', ({ to }) => {
      if (to === 'stopped' && again === undefined) app.fail(new Error('too late'))
    })
    app.on('probe:change', ({ probe }) => {
      if (probe.status === 'stopped') again ??= app.start()
    })
    await startError(app.start())
    await again
    expect(app.probe()).toMatchObject({ status: 'ready', live: true })
    await clock.run(app.shutdown())
  })

  test('of a kernel that was just told to start again is of that start, and says why', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('a')])
    await app.start()
    let again: Promise<Error> | undefined
    app.on('kernel:state', ({ to }) => {
      if (to !== 'stopped' || again !== undefined) return
      again = startError(app.start())
      app.fail(new Error('not again'))
    })
    await clock.run(app.shutdown())
    expect((await again!).message).toContain('not again')
    expect(app.probe()).toMatchObject({ status: 'failed', live: false, reasons: [{ message: 'not again' }] })
    await clock.run(app.shutdown())
  })

  test('during start it is the first cause of a rollback', async () => {
    const { clock, kernel, log, traced } = scene()
    const thrown = new Error('uncaught')
    const app = kernel([traced('db'), traced('slow', { startMs: 50 })])
    const failed = startError(app.start())
    await clock.advance(10)
    app.fail(thrown)
    expect(app.probe().live).toBe(false)
    const { errors, report } = await clock.run(failed)
    expect(errors[0]!.cause).toBe(thrown)
    expect(log).toEqual(['start db', 'start slow', 'up slow', 'stop slow', 'stop db'])
    expect(report.ok).toBe(true)
    expect(app.state).toBe('failed')
  })

  test.each(['draining', 'stopping'])('while %s it only turns live false', async (state) => {
    const { clock, kernel, traced } = scene()
    const app = await kernel([traced('a', { stopMs: 10 })], { shutdown: { delay: 10 } }).start()
    const stopped = app.shutdown()
    if (state === 'stopping') await clock.advance(10)
    app.fail(new Error('late'))
    expect(app.state).toBe(state)
    expect(app.probe()).toMatchObject({ status: state, live: false })
    expect((await clock.run(stopped)).ok).toBe(true)
    expect(app.state).toBe('stopped')
    expect(app.probe()).toMatchObject({ status: 'stopped', live: false })
  })

  test('the first failure is the one that is told', async () => {
    const { kernel, traced } = scene()
    const app = await kernel([traced('a')]).start()
    app.fail(new Error('first'))
    app.fail(new Error('second'))
    expect(app.probe().reasons).toMatchObject([{ message: 'first' }])
    await app.shutdown()
  })

  test('before the start and after the stop it breaks nothing; the next start clears it', async () => {
    const { kernel, log, traced } = scene()
    const app = kernel([traced('a')])
    app.fail(new Error('early'))
    expect(app.probe()).toMatchObject({ live: false, ready: false })
    await app.start()
    expect(app.probe()).toMatchObject({ status: 'ready', live: true })
    await app.shutdown()
    app.fail(new Error('late'))
    expect(app.probe().live).toBe(false)
    await app.start()
    await app.shutdown()
    expect(log).toEqual(['start a', 'stop a', 'start a', 'stop a'])
  })
})

describe('ctx.crashed() without a restart policy', () => {
  const crashing = async (impact: Impact, options: { startMs?: number } = {}) => {
    const stage = scene()
    let ctx: StartContext | undefined
    const a = stage.traced('a', {
      impact,
      start: (_, given) => {
        ctx = given
        return 'a'
      },
    })
    const user = stage.traced('user', { dependsOn: { a }, impact, ...options })
    const app = stage.kernel([user])
    return { ...stage, app, a, crash: (error: unknown) => ctx!.crashed(error) }
  }

  test('impact unready: the kernel fails, the resource is failed with CRASHED, and its stop still runs', async () => {
    const { app, a, crash, log } = await crashing('unready')
    await app.start()
    const events = recordEvents(app)
    const thrown = new Error('exit 137')
    crash(thrown)
    expect(app.state).toBe('failed')
    expect(app.probe()).toMatchObject({ status: 'failed', live: false })
    expect(events.events.find(({ type }) => type === 'resource:error')).toMatchObject({
      resource: 'a',
      error: { code: 'CRASHED', resource: 'a', cause: thrown },
    })
    expect(app.inspect().resources[0]).toMatchObject({ name: 'a', state: 'failed' })
    expect(() => app.get(a)).toThrow('has no value')
    const report = await app.shutdown()
    expect(report.outcomes.map(({ resource, outcome }) => `${resource} ${outcome}`)).toEqual(['user stopped', 'a stopped'])
    expect(log).toEqual(['start a', 'start user', 'stop user', 'stop a'])
  })

  test.each([
    ['degraded', 'degraded'],
    ['none', 'ready'],
  ] as const)('impact %s: the kernel goes on, its probe %s', async (impact, status) => {
    const { app, crash } = await crashing(impact)
    await app.start()
    crash(new Error('gone'))
    expect(app.state).toBe('running')
    expect(app.probe()).toMatchObject({ status, live: true })
    expect(app.probe().reasons.some(({ resource, message }) => resource === 'a' && message.includes('gone'))).toBe(true)
    await app.shutdown()
  })

  test('it is not drained: there is nobody left to finish work', async () => {
    const { clock, kernel, log } = scene()
    let ctx: StartContext | undefined
    const a = resource('a', {
      impact: 'degraded',
      start: (_, given) => {
        ctx = given
      },
      drain: () => log.push('drain'),
      stop: () => log.push('stop'),
    })
    const app = await kernel([a]).start()
    ctx!.crashed(new Error('gone'))
    await clock.run(app.shutdown())
    expect(log).toEqual(['stop'])
  })

  test('it is no longer checked', async () => {
    const { clock, kernel } = scene()
    let ctx: StartContext | undefined
    let checks = 0
    const a = resource('a', {
      impact: 'degraded',
      start: (_, given) => {
        ctx = given
      },
      check: () => ++checks,
      monitor: { interval: 10 },
    })
    const app = await clock.run(kernel([a]).start())
    ctx!.crashed(new Error('gone'))
    await clock.advance(1_000)
    expect(checks).toBe(1)
    await clock.run(app.shutdown())
  })

  test('twice is once', async () => {
    const { app, crash } = await crashing('degraded')
    await app.start()
    const events = recordEvents(app)
    crash(new Error('one'))
    crash(new Error('two'))
    expect(events.events.filter((event) => event.type === 'resource:error' && event.resource === 'a')).toHaveLength(1)
    await app.shutdown()
  })

  test('in the start hook it fails the start', async () => {
    const { clock, kernel } = scene()
    const thrown = new Error('exit 1')
    const a = resource('a', {
      start: (_, { crashed }) => {
        crashed(thrown)
        return hang()
      },
    })
    const { errors } = await clock.run(startError(kernel([a]).start()))
    expect(errors).toMatchObject([{ code: 'CRASHED', resource: 'a', cause: thrown }])
  })

  test('while others still start: unready rolls everything back', async () => {
    const { app, crash, clock, log } = await crashing('unready', { startMs: 50 })
    const failed = startError(app.start())
    await clock.advance(10)
    const thrown = new Error('gone')
    crash(thrown)
    const { errors } = await clock.run(failed)
    expect(JSON.stringify(errors.map(({ message }) => message))).toContain('gone')
    expect(app.state).toBe('failed')
    expect(log).toEqual(['start a', 'start user', 'up user', 'stop user', 'stop a'])
  })

  test('while the kernel stops it is in the report, and does not keep its stop from running', async () => {
    const { clock, kernel, log, traced } = scene()
    let ctx: StartContext | undefined
    const a = traced('a', {
      start: (_, given) => {
        ctx = given
      },
    })
    const app = await kernel([traced('user', { dependsOn: { a }, stopMs: 10 })]).start()
    const failed = shutdownError(app.shutdown())
    ctx!.crashed(new Error('gone'))
    const { report } = await clock.run(failed)
    expect(log.at(-1)).toBe('stop a')
    expect(report.outcomes).toMatchObject([{ outcome: 'stopped' }, { resource: 'a', outcome: 'stopped' }])
    expect(report.errors).toMatchObject([{ code: 'CRASHED', resource: 'a' }])
    expect(app.state).toBe('stopped')
  })
})
