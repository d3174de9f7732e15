import { describe, expect, test } from 'vitest'
import { optional, resource, type StopContext } from '../index.js'
import { handled, ONCE, plain, stateOf } from '../test-support/handled.js'
import { rejection, startError } from '../test-support/rejection.js'
import { hang, type Scene, scene, type TracedOptions } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

/** A handled resource that writes when it is activated. */
function active(world: Scene, name: string, { activate, ...options }: TracedOptions = {}) {
  return handled(world, name, {
    ...options,
    activate: (value, ctx) => {
      world.log.push(`activate ${name}`)
      return activate?.(value, ctx)
    },
  })
}

describe('S9 activate in a start', () => {
  test('S9 is called once everything runs, dependencies first, and before the kernel says so', async () => {
    const world = scene()
    const { clock, kernel, log, traced, delay } = world
    const db = active(world, 'db', { activate: () => delay(10).then(() => log.push('db is active')) })
    // The way from one to the other leads over a resource without the hook.
    const repo = traced('repo', { dependsOn: { db: db.resource } })
    const worker = active(world, 'worker', { dependsOn: { repo } })
    const other = active(world, 'other')
    const slow = traced('slow', { startMs: 1_000 })
    const app = kernel([worker.resource, slow, other.resource])
    app.on('kernel:state', ({ to }) => log.push(`kernel ${to}`))
    app.on('probe:change', ({ probe }) => log.push(`probe ${probe.status} ${probe.started}`))
    const started = app.start().then(() => log.push('start() resolved'))
    await clock.advance(999)
    expect(log.filter((line) => line.startsWith('activate'))).toEqual([])
    await clock.advance(5)
    expect([app.state, app.probe().ready, app.probe().started]).toEqual(['starting', false, false])
    await clock.run(started)
    expect(plain(log).slice(plain(log).indexOf('up slow'))).toEqual([
      'up slow',
      'activate db',
      'activate other',
      'db is active',
      'activate worker',
      'kernel running',
      'probe ready true',
      'start() resolved',
    ])
    await clock.run(app.shutdown())
  })

  test('S9 receives the value and a signal, and one that throws at once, rejects or runs out of time fails the start', async () => {
    for (const [activate, code] of [
      [() => { throw new Error('no queue') }, 'ACTIVATE_FAILED'], // biome-ignore format: a table
      [() => Promise.reject(new Error('no queue')), 'ACTIVATE_FAILED'],
      [hang, 'TIMEOUT'],
    ] as const) {
      const world = scene()
      const { clock, kernel, log, elapsed } = world
      let given: [unknown, string, AbortSignal] | undefined
      const db = world.traced('db')
      const worker = active(world, 'worker', {
        dependsOn: { db },
        timeouts: { start: 70 },
        activate: (value, ctx) => {
          given = [value, ctx.name, ctx.signal]
          return activate()
        },
      })
      const app = kernel([worker.resource])
      const error = await clock.run(startError(app.start()))
      expect(given!.slice(0, 2)).toEqual(['worker#1', 'worker'])
      expect(error.errors).toMatchObject([{ code, resource: 'worker', phase: 'activate' }])
      expect(given![2].aborted).toBe(code === 'TIMEOUT')
      expect(elapsed()).toBe(code === 'TIMEOUT' ? 70 : 0)
      expect([app.state, app.probe().live]).toEqual(['failed', false])
      expect(plain(log)).toEqual(['start db', 'start worker', 'activate worker', 'stop worker', 'stop db'])
      expect(error.report.outcomes).toMatchObject([{ resource: 'worker', outcome: 'stopped' }, { resource: 'db' }])
    }
  })

  test('S9 after a failure what stands further up is not activated any more', async () => {
    const world = scene()
    const db = active(world, 'db', { activate: () => Promise.reject(new Error('no')) })
    const worker = active(world, 'worker', { dependsOn: { db: db.resource } })
    await world.clock.run(startError(world.kernel([worker.resource]).start()))
    expect(plain(world.log).filter((line) => line.startsWith('activate'))).toEqual(['activate db'])
  })

  test('S9 S3 a service that is rolled back has never activated anything', async () => {
    const world = scene()
    const { clock, kernel, traced, delay, log } = world
    const worker = active(world, 'worker')
    const bad = traced('bad', { start: () => delay(50).then(() => Promise.reject(new Error('no'))) })
    const app = kernel([worker.resource, bad])
    await clock.run(startError(app.start()))
    expect(plain(log)).toEqual(['start worker', 'start bad', 'stop worker'])
  })

  test('S9 S4 one that degrades fails alone, with what requires it; what can do without comes back without', async () => {
    const world = scene()
    const { clock, kernel, log } = world
    const cache = active(world, 'cache', { impact: 'degraded', activate: () => Promise.reject(new Error('no')) })
    const pages = active(world, 'pages', { impact: 'none', dependsOn: { cache: cache.resource } })
    const api = active(world, 'api', { dependsOn: { cache: optional(cache.resource) } })
    const app = kernel([pages.resource, api.resource])
    await clock.run(app.start())
    expect(app.probe()).toMatchObject({ status: 'degraded', ready: true })
    expect(stateOf(app, 'cache')).toBe('failed')
    const snapshot = app.inspect().resources.find(({ name }) => name === 'pages')!
    expect(snapshot).toMatchObject({ state: 'failed', error: expect.stringContaining('"cache" failed') as string })
    expect([stateOf(app, 'api'), api.deps]).toEqual(['running', { cache: undefined }])
    // Neither had been activated with the value of what then failed.
    expect(plain(log).filter((line) => line.startsWith('activate'))).toEqual(['activate cache', 'activate api'])
    await clock.run(app.shutdown())
    expect(plain(log).at(-1)).toBe('stop cache')
  })

  test('S9 H9 one with a restart policy is restarted, and the start waits for it', async () => {
    const world = scene()
    const { clock, kernel, log } = world
    let fails = 2
    const worker = active(world, 'worker', {
      restart: { ...ONCE, delay: 100 },
      activate: () => (fails-- > 0 ? Promise.reject(new Error('no queue')) : undefined),
    })
    const app = kernel([worker.resource])
    const events = recordEvents(app)
    await clock.run(app.start())
    expect(plain(log)).toEqual([
      ...['start worker', 'activate worker', 'stop worker'],
      ...['start worker', 'activate worker', 'stop worker'],
      ...['start worker', 'activate worker'],
    ])
    const lines = events.lines()
    expect(lines.indexOf('kernel: starting → running')).toBeGreaterThan(lines.indexOf('worker: restart 2 done'))
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('S9 H9 what crashes and comes back while others still start is not activated before those run', async () => {
    const world = scene()
    const { clock, kernel, log, traced } = world
    const worker = active(world, 'worker', { restart: ONCE })
    const slow = traced('slow', { startMs: 1_000 })
    const app = kernel([worker.resource, slow])
    const started = app.start()
    await clock.advance(10)
    worker.crash()
    await clock.advance(500)
    expect(plain(log)).toEqual(['start worker', 'start slow', 'stop worker', 'start worker'])
    await clock.run(started)
    expect(plain(log).slice(-2)).toEqual(['up slow', 'activate worker'])
    await clock.run(app.shutdown())
  })

  test('S9 H9 one that crashes while its own activation is in flight is restarted and activated anew', async () => {
    const world = scene()
    const { clock, kernel, log, delay } = world
    const worker = active(world, 'worker', { restart: ONCE, activate: () => delay(100) })
    const app = kernel([worker.resource])
    const started = app.start()
    await clock.advance(50)
    worker.crash()
    await clock.run(started)
    expect(plain(log)).toEqual(['start worker', 'activate worker', 'stop worker', 'start worker', 'activate worker'])
    expect(app.get(worker.resource)).toBe('worker#2')
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('S9 H9 the start does not wait for the activation of an instance that crashed, and that hangs', async () => {
    const world = scene()
    const { clock, kernel, log } = world
    const worker = active(world, 'worker', {
      restart: ONCE,
      timeouts: { start: Infinity },
      activate: () => (worker.contexts.length === 1 ? hang() : undefined),
    })
    const other = active(world, 'other', { dependsOn: { worker: worker.resource } })
    const app = kernel([other.resource])
    const started = app.start()
    await clock.advance(50)
    worker.crash()
    await clock.run(started)
    expect(plain(log).slice(-2)).toEqual(['activate worker', 'activate other'])
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('S9 what an abandoned instance says of its activation is not held against the next one', async () => {
    const world = scene()
    const { clock, kernel, delay } = world
    let first = true
    const worker = active(world, 'worker', {
      restart: ONCE,
      activate: () => {
        if (!first) return
        first = false
        return delay(100).then(() => Promise.reject(new Error('connection lost')))
      },
    })
    const app = kernel([worker.resource])
    const started = app.start()
    await clock.advance(50)
    worker.crash()
    await clock.run(started)
    await clock.advance(1_000)
    expect(app.get(worker.resource)).toBe('worker#2')
    expect(app.timeline().filter(({ phase }) => phase === 'activate')).toHaveLength(1)
    await clock.run(app.shutdown())
  })
})

describe('S9 S7 a shutdown while an activation is in flight', () => {
  test('S9 its signal aborts at once, and its drain and stop come after it', async () => {
    const world = scene()
    const { clock, kernel, log, delay, elapsed } = world
    const worker = active(world, 'worker', {
      drainMs: 1,
      activate: (_, { signal }) =>
        new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            log.push('abort')
            void delay(40).then(() => {
              log.push('activation over')
              resolve()
            })
          })
        }),
    })
    const later = active(world, 'later', { dependsOn: { worker: worker.resource } })
    const app = kernel([later.resource])
    const failed = startError(app.start())
    await clock.advance(10)
    const report = await clock.run(app.shutdown('SIGTERM'))
    expect((await failed).errors).toMatchObject([{ code: 'ABORTED' }])
    expect(plain(log).slice(2)).toEqual([
      'activate worker',
      'stop later',
      'abort',
      'activation over',
      'drain worker',
      'drained worker',
      'stop worker',
    ])
    expect([report.ok, elapsed(), app.state]).toEqual([true, 51, 'stopped'])
    expect(app.timeline().find(({ phase }) => phase === 'activate')).toMatchObject({ resource: 'worker', ok: false })
  })

  test.each([
    ['with a drain', { drain: () => {} }, ['drain worker', 'stop worker']],
    ['with a stop only', {}, ['stop worker']],
  ])(
    'S9 D4 %s: one that ignores its signal is waited for, within what its teardown may take, and the rest follows',
    async (_, hooks, rest) => {
      const world = scene()
      const { clock, kernel, log, elapsed } = world
      const timeouts = { drain: 300, stop: 700, start: Infinity }
      const worker = active(world, 'worker', { activate: hang, timeouts, ...hooks })
      const app = kernel([worker.resource])
      const failed = startError(app.start())
      const report = await clock.run(app.shutdown())
      await failed
      expect(plain(log).slice(2)).toEqual(rest)
      expect(report).toMatchObject({ ok: true, outcomes: [{ outcome: 'stopped' }] })
      expect(elapsed()).toBeGreaterThanOrEqual(300)
      expect(elapsed()).toBeLessThanOrEqual(1_000)
      expect(app.timeline().find(({ phase }) => phase === 'activate')).toMatchObject({ resource: 'worker', ok: false })
    },
  )

  test('S9 D3 a budget that is spent does not wait for it, and nothing is called later', async () => {
    const world = scene()
    const { clock, kernel, log, elapsed, delay } = world
    const worker = active(world, 'worker', { activate: () => delay(60_000), timeouts: { start: Infinity } })
    const app = kernel([worker.resource], { shutdown: { timeout: 100 } })
    const failed = startError(app.start())
    await clock.run(app.shutdown())
    await failed
    expect(elapsed()).toBeLessThanOrEqual(100)
    await clock.advance(100_000)
    expect(plain(log)).toEqual(['start worker', 'activate worker', 'stop worker'])
  })

  test('S9 one without drain, stop or cleanups leaves no timer behind', async () => {
    const world = scene()
    const app = world.kernel([resource('worker', { start: () => 1, activate: hang })])
    const failed = startError(app.start())
    await world.clock.advance(10)
    await world.clock.run(app.shutdown())
    await failed
    expect(world.clock.pending).toBe(0)
  })

  test.each(['the reason', 'an AbortError'])('S9 one that ends with %s of its signal has not failed', async (what) => {
    const world = scene()
    const worker = active(world, 'worker', {
      activate: (_, { signal }) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener('abort', () =>
            reject(what === 'the reason' ? signal.reason : new DOMException('', 'AbortError')),
          )
        }),
    })
    const app = world.kernel([worker.resource])
    const failed = startError(app.start())
    await world.clock.advance(10)
    expect(await world.clock.run(app.shutdown())).toMatchObject({ ok: true })
    expect((await failed).errors).toMatchObject([{ code: 'ABORTED' }])
  })

  test('S9 X2 an activation that fails by itself meanwhile is in the report', async () => {
    const world = scene()
    const { clock, kernel, delay } = world
    const worker = active(world, 'worker', { activate: () => delay(40).then(() => Promise.reject(new Error('no queue'))) })
    const app = kernel([worker.resource])
    const failed = startError(app.start())
    await clock.advance(10)
    const { report } = (await clock.run(rejection(app.shutdown()))) as { report: { errors: unknown } }
    await failed
    expect(report.errors).toMatchObject([{ code: 'ACTIVATE_FAILED', resource: 'worker' }])
  })

  test('S9 D7 the kernel starts again, and activates again', async () => {
    const world = scene()
    const { clock, kernel, log } = world
    const app = kernel([active(world, 'worker').resource])
    for (let i = 0; i < 2; i++) {
      await clock.run(app.start())
      await clock.run(app.shutdown())
    }
    expect(plain(log).filter((line) => line === 'activate worker')).toHaveLength(2)
  })
})

describe('S9 activate in restarts and additions', () => {
  test('S9 H4 a subtree is activated again, dependencies first, before restart:done, the probe and kernel.restart()', async () => {
    const world = scene()
    const { clock, kernel, log, traced, delay } = world
    const db = active(world, 'db', { activate: () => delay(10).then(() => log.push('db is active')) })
    const repo = traced('repo', { dependsOn: { db: db.resource } })
    const worker = active(world, 'worker', { dependsOn: { repo } })
    const bystander = active(world, 'bystander')
    const app = await clock.run(kernel([worker.resource, bystander.resource]).start())
    log.length = 0
    app.on('restart:done', () => log.push('restart:done'))
    app.on('probe:change', ({ probe, previous }) => probe.status !== previous.status && log.push(`probe ${probe.status}`))
    await clock.run(app.restart(db.resource).then(() => log.push('restarted')))
    expect(plain(log)).toEqual([
      ...['probe unready', 'stop worker', 'stop repo', 'stop db'],
      ...['start db', 'start repo', 'start worker'],
      ...['activate db', 'db is active', 'activate worker'],
      ...['restart:done', 'probe ready', 'restarted'].sort((a, b) => log.indexOf(a) - log.indexOf(b)),
    ])
    await clock.run(app.shutdown())
  })

  test('S9 H4 an activation that fails in a restart is an attempt of its policy', async () => {
    const world = scene()
    const { clock, kernel } = world
    let fails = 0
    const worker = active(world, 'worker', {
      restart: { ...ONCE, attempts: 2 },
      activate: () => (fails-- > 0 ? Promise.reject(new Error('no queue')) : undefined),
    })
    const app = await clock.run(kernel([worker.resource]).start())
    fails = 1
    worker.crash()
    await clock.settle()
    expect([app.probe().status, worker.contexts.length]).toEqual(['ready', 3])
    fails = 9
    worker.crash()
    await clock.settle()
    expect(app.probe()).toMatchObject({ live: false, status: 'failed' })
    expect(app.inspect().resources[0]!.error).toContain('after 2 restarts')
    await clock.run(app.shutdown())
  })

  test('S9 H4 kernel.restart() without a policy rejects with what the activation failed of', async () => {
    const world = scene()
    const { clock, kernel } = world
    let fails = false
    const worker = active(world, 'worker', {
      impact: 'degraded',
      activate: () => (fails ? Promise.reject(new Error('no')) : undefined),
    })
    const app = await clock.run(kernel([worker.resource]).start())
    fails = true
    expect(await clock.run(rejection(app.restart(worker.resource)))).toMatchObject({
      code: 'ACTIVATE_FAILED',
      resource: 'worker',
    })
    expect([stateOf(app, 'worker'), app.probe().status]).toEqual(['failed', 'degraded'])
    await clock.run(app.shutdown())
  })

  test('S9 H4 one that crashes while it is activated in a restart is restarted once more, and never called back to life', async () => {
    const world = scene()
    const { clock, kernel, delay } = world
    let slow = false
    const worker = active(world, 'worker', { restart: ONCE, activate: () => (slow ? delay(100) : undefined) })
    const app = await clock.run(kernel([worker.resource]).start())
    slow = true
    worker.crash()
    await clock.advance(50)
    expect(worker.contexts).toHaveLength(2)
    worker.crash('gone again')
    await clock.advance(500)
    expect([app.get(worker.resource), app.probe().status]).toEqual(['worker#3', 'ready'])
    await clock.run(app.shutdown())
  })

  test('S9 H4 a restart does not wait for the activation of an instance that crashed, and that hangs', async () => {
    const world = scene()
    const { clock, kernel } = world
    const db = active(world, 'db', {
      restart: ONCE,
      timeouts: { start: Infinity },
      activate: () => (db.contexts.length === 2 ? hang() : undefined),
    })
    const worker = active(world, 'worker', { dependsOn: { db: db.resource } })
    const app = await clock.run(kernel([worker.resource]).start())
    const restarted = app.restart(db.resource)
    await clock.advance(50)
    db.crash()
    await clock.run(restarted)
    expect([db.contexts.length, worker.deps.db, app.probe().status]).toEqual([3, 'db#3', 'ready'])
    await clock.run(app.shutdown())
  })

  test('S9 H4 one without a policy that crashes while it is activated in a restart has failed', async () => {
    const world = scene()
    const { clock, kernel, delay } = world
    let slow = false
    const worker = active(world, 'worker', { impact: 'degraded', activate: () => (slow ? delay(100) : undefined) })
    const app = await clock.run(kernel([worker.resource]).start())
    slow = true
    const restarted = rejection(app.restart(worker.resource))
    await clock.advance(50)
    worker.crash('gone again')
    expect(await clock.run(restarted)).toMatchObject({ code: 'CRASHED' })
    await clock.advance(500)
    expect([stateOf(app, 'worker'), app.probe().status]).toEqual(['failed', 'degraded'])
    await clock.run(app.shutdown())
  })

  test('S9 add() activates what it added once all of it runs, and resolves after that', async () => {
    const world = scene()
    const { clock, kernel, log, traced, delay } = world
    const app = await clock.run(kernel([active(world, 'old').resource]).start())
    log.length = 0
    const queue = active(world, 'queue')
    const worker = active(world, 'worker', { dependsOn: { queue: queue.resource }, activate: () => delay(5) })
    const slow = traced('slow', { startMs: 50 })
    await clock.run(app.add(worker.resource, slow).then(() => log.push('added')))
    expect(plain(log).slice(-4)).toEqual(['up slow', 'activate queue', 'activate worker', 'added'])
    await clock.run(app.shutdown())
  })

  test('S9 add() whose activation fails takes everything out again', async () => {
    const world = scene()
    const { clock, kernel, log } = world
    const app = await clock.run(kernel([]).start())
    const queue = active(world, 'queue')
    const worker = active(world, 'worker', {
      dependsOn: { queue: queue.resource },
      activate: () => Promise.reject(new Error('no')),
    })
    const error = await clock.run(startError(app.add(worker.resource)))
    expect(error.errors).toMatchObject([{ code: 'ACTIVATE_FAILED' }])
    expect(app.inspect().resources).toEqual([])
    expect(plain(log).slice(-2)).toEqual(['stop worker', 'stop queue'])
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('S9 add() does not wait for the activation of an instance that crashed, and that hangs', async () => {
    const world = scene()
    const { clock, kernel } = world
    const app = await clock.run(kernel([]).start())
    const worker = active(world, 'worker', {
      restart: ONCE,
      timeouts: { start: Infinity },
      activate: () => (worker.contexts.length === 1 ? hang() : undefined),
    })
    const added = app.add(worker.resource)
    await clock.advance(50)
    worker.crash()
    await clock.run(added)
    await clock.advance(1_000)
    expect([app.get(worker.resource), app.probe().status]).toEqual(['worker#2', 'ready'])
    await clock.run(app.shutdown())
  })

  test('S9 add() activates what is on its way back when the others run, before what depends on it', async () => {
    const world = scene()
    const { clock, kernel, log, traced } = world
    const app = await clock.run(kernel([]).start())
    const queue = active(world, 'queue', { restart: { ...ONCE, delay: 1_000 } })
    const slow = traced('slow', { startMs: 100 })
    const worker = active(world, 'worker', { dependsOn: { slow }, after: [queue.resource] })
    const user = active(world, 'user', { dependsOn: { queue: queue.resource } })
    const added = app.add(worker.resource, user.resource)
    await clock.advance(10)
    queue.crash()
    await clock.run(added)
    expect(plain(log).filter((line) => line.startsWith('activate'))).toEqual([
      'activate queue',
      'activate worker',
      'activate user',
    ])
    await clock.run(app.shutdown())
  })

  test('S9 add() does not activate what crashed and came back before all of it runs', async () => {
    const world = scene()
    const { clock, kernel, log, traced } = world
    const app = await clock.run(kernel([]).start())
    const worker = active(world, 'worker', { restart: ONCE })
    const added = app.add(worker.resource, traced('slow', { startMs: 1_000 }))
    await clock.advance(10)
    worker.crash()
    await clock.run(added)
    expect(plain(log).slice(-2)).toEqual(['up slow', 'activate worker'])
    await clock.run(app.shutdown())
  })
})

describe('S9 quiesce', () => {
  /** A traced resource that writes when it is told to take no more. */
  const polite = ({ log, traced }: Scene, name: string, { quiesce, ...options }: TracedOptions = {}) =>
    traced(name, {
      ...options,
      quiesce: (value, ctx) => {
        log.push(`quiesce ${name}`)
        return quiesce?.(value, ctx)
      },
    })

  test('S9 is called at the instant of the shutdown, before its delay, dependents first, without waiting for each other', async () => {
    const world = scene()
    const { clock, kernel, log, delay, elapsed } = world
    let ctx: StopContext | undefined
    const queue = polite(world, 'queue')
    const worker = polite(world, 'worker', {
      dependsOn: { queue },
      drain: () => {},
      quiesce: (_, context) => {
        ctx = context
        return delay(30).then(() => log.push('worker is quiet'))
      },
    })
    const app = await clock.run(kernel([worker], { shutdown: { delay: 100, timeout: 5_000 } }).start())
    log.length = 0
    const stopped = app.shutdown('SIGTERM')
    expect(log).toEqual(['quiesce worker', 'quiesce queue'])
    expect([ctx!.name, ctx!.reason, app.state]).toEqual(['worker', 'SIGTERM', 'draining'])
    expect(ctx!.deadline).toBe(clock.now() + 5_000)
    await clock.run(stopped)
    expect(log.slice(2)).toEqual(['worker is quiet', 'drain worker', 'stop worker', 'stop queue'])
    expect(elapsed()).toBe(100)
  })

  test('S9 its drain, or else its stop, comes after it', async () => {
    const world = scene()
    const { clock, kernel, log, delay } = world
    const slow = (name: string) => () => delay(50).then(() => log.push(`quiet ${name}`))
    const a = polite(world, 'a', { drain: () => {}, quiesce: slow('a') })
    const b = polite(world, 'b', { quiesce: slow('b') })
    const app = await clock.run(kernel([a, b]).start())
    log.length = 0
    await clock.run(app.shutdown())
    const order = (...lines: string[]) => lines.map((line) => log.indexOf(line))
    for (const places of [order('quiesce a', 'quiet a', 'drain a', 'stop a'), order('quiesce b', 'quiet b', 'stop b')]) {
      expect(places).not.toContain(-1)
      expect(places).toEqual([...places].sort((x, y) => x - y))
    }
  })

  test('S9 its errors are in the report, and nothing waits for it longer than for a drain', async () => {
    const world = scene()
    const { clock, kernel, log, elapsed } = world
    const bad = polite(world, 'bad', { quiesce: () => Promise.reject(new Error('no')) })
    const hanging = polite(world, 'hanging', { quiesce: hang, timeouts: { drain: 70 } })
    const app = await clock.run(kernel([bad, hanging]).start())
    const { report } = (await clock.run(rejection(app.shutdown()))) as {
      report: { errors: unknown; outcomes: { outcome: string }[] }
    }
    expect(report.errors).toMatchObject([
      { code: 'QUIESCE_FAILED', resource: 'bad', phase: 'quiesce' },
      { code: 'TIMEOUT', resource: 'hanging', phase: 'quiesce' },
    ])
    expect(report.outcomes.map(({ outcome }) => outcome)).toEqual(['stopped', 'stopped'])
    expect(log.slice(-2)).toEqual(['stop bad', 'stop hanging'])
    expect(elapsed()).toBe(70)
  })

  test('S9 is not called for what never was activated, crashed, or failed to start', async () => {
    const world = scene()
    const { clock, kernel, log } = world
    const crashed = handled(world, 'crashed', { impact: 'none', quiesce: () => log.push('quiesce crashed') })
    const failed = polite(world, 'failed', { impact: 'none', start: () => Promise.reject(new Error('no')) })
    const inactive = polite(world, 'inactive', { activate: () => Promise.reject(new Error('no')), impact: 'none' })
    const app = await clock.run(kernel([crashed.resource, failed, inactive]).start())
    crashed.crash()
    await clock.run(app.shutdown())
    expect(log.filter((line) => line.startsWith('quiesce'))).toEqual([])
  })

  test('S9 S3 is not called in the rollback of what was not activated yet', async () => {
    const world = scene()
    const { clock, kernel, log, delay, traced } = world
    const worker = polite(world, 'worker', { activate: () => {} })
    const bad = traced('bad', { start: () => delay(5).then(() => Promise.reject(new Error('no'))) })
    await clock.run(startError(kernel([worker, bad]).start()))
    expect(log).toEqual(['start worker', 'start bad', 'stop worker'])
  })

  test('S9 H4 is called for a subtree that restarts, and in remove(), once each', async () => {
    const world = scene()
    const { clock, kernel, log } = world
    const db = polite(world, 'db')
    const worker = polite(world, 'worker', { dependsOn: { db }, drain: () => {} })
    const app = await clock.run(kernel([worker]).start())
    log.length = 0
    await clock.run(app.restart(db))
    expect(log).toEqual(['quiesce worker', 'quiesce db', 'drain worker', 'stop worker', 'stop db', 'start db', 'start worker'])
    log.length = 0
    await clock.run(app.remove(worker))
    expect(log).toEqual(['quiesce worker', 'drain worker', 'stop worker'])
    log.length = 0
    await clock.run(app.shutdown())
    expect(log).toEqual(['quiesce db', 'stop db'])
  })

  test('S9 is called once, also when a shutdown comes while the restart drains', async () => {
    const world = scene()
    const { clock, kernel, log } = world
    const worker = polite(world, 'worker', { drainMs: 100 })
    const app = await clock.run(kernel([worker], { shutdown: { delay: 10 } }).start())
    log.length = 0
    const restarted = rejection(app.restart(worker))
    await clock.advance(50)
    await clock.run(app.shutdown())
    await restarted
    expect(log).toEqual(['quiesce worker', 'drain worker', 'drained worker', 'stop worker'])
  })

  test('S9 activate and quiesce are in timeline()', async () => {
    const world = scene()
    const { clock, kernel, delay } = world
    const worker = resource('worker', {
      start: () => delay(10),
      activate: () => delay(20),
      quiesce: () => delay(30),
      drain: () => delay(40),
      stop: () => delay(50),
    })
    const app = await clock.run(kernel([worker]).start())
    const from = clock.now() - 30
    await clock.run(app.shutdown())
    expect(app.timeline().map(({ phase, start, end, ok }) => [phase, start - from, end! - from, ok])).toEqual([
      ['start', 0, 10, true],
      ['activate', 10, 30, true],
      ['quiesce', 30, 60, true],
      ['drain', 60, 100, true],
      ['stop', 100, 150, true],
    ])
  })
})

describe('S9 additions that overlap', () => {
  test('S9 what one of them adds is activated after what it needs of another', async () => {
    const world = scene()
    const { clock, kernel, log, delay } = world
    const app = await clock.run(kernel([]).start())
    const queue = active(world, 'queue', { activate: () => delay(100).then(() => log.push('queue is active')) })
    const worker = active(world, 'worker', { dependsOn: { queue: queue.resource } })
    const first = app.add(queue.resource)
    await clock.advance(50)
    await clock.run(Promise.all([first, app.add(worker.resource)]))
    expect(plain(log).slice(-2)).toEqual(['queue is active', 'activate worker'])
    await clock.run(app.shutdown())
  })

  test('S9 what stays of one that failed, because another needs it, is activated all the same', async () => {
    const world = scene()
    const { clock, kernel, log, traced, delay } = world
    const app = await clock.run(kernel([]).start())
    const queue = active(world, 'queue')
    const bad = traced('bad', {
      dependsOn: { queue: queue.resource },
      start: () => delay(100).then(() => Promise.reject(new Error('no'))),
    })
    const worker = active(world, 'worker', { dependsOn: { queue: queue.resource } })
    const failed = startError(app.add(bad))
    await clock.advance(50)
    await clock.run(app.add(worker.resource))
    await failed
    expect(plain(log).filter((line) => line.startsWith('activate'))).toEqual(['activate queue', 'activate worker'])
    expect(app.inspect().resources.map(({ name }) => name)).toEqual(['queue', 'worker'])
    await clock.run(app.shutdown())
  })
  test('S9 what stays of one that failed because it could not be activated has failed, by its own policy', async () => {
    const world = scene()
    const { clock, kernel, delay } = world
    const app = await clock.run(kernel([]).start())
    const queue = active(world, 'queue', { activate: () => delay(100).then(() => Promise.reject(new Error('no'))) })
    const failed = startError(app.add(queue.resource))
    await clock.advance(50)
    const worker = app.add(handled(world, 'worker', { impact: 'none', dependsOn: { queue: queue.resource } }).resource)
    await clock.run(Promise.all([failed, worker]))
    expect(app.inspect().resources.map(({ name, state }) => [name, state])).toEqual([
      ['queue', 'failed'],
      ['worker', 'failed'],
    ])
    expect(app.probe()).toMatchObject({ live: false, ready: false })
    await clock.run(app.shutdown())
  })
})

describe('S9 H5 restarts that overlap', () => {
  test('S9 a restart of one that waits for its activation leaves that of the others alone', async () => {
    const world = scene()
    const { clock, kernel, delay, log } = world
    const db = active(world, 'db', { activate: () => delay(100) })
    const top = active(world, 'top', { dependsOn: { db: db.resource } })
    const app = await clock.run(kernel([top.resource]).start())
    log.length = 0
    const first = app.restart(db.resource)
    await clock.advance(50)
    await clock.run(Promise.all([first, app.restart(top.resource)]))
    expect(plain(log).slice(-1)).toEqual(['activate top'])
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    await clock.run(app.shutdown())
  })

  test('S9 what another restart had taken away is activated when it becomes part of the first one again', async () => {
    const world = scene()
    const { clock, kernel, log } = world
    let fails = 0
    const db = active(world, 'db')
    const mid = active(world, 'mid', {
      dependsOn: { db: db.resource },
      restart: { ...ONCE, delay: 100 },
      start: () => (fails-- > 0 ? Promise.reject(new Error('port in use')) : 'mid'),
    })
    const top = active(world, 'top', { dependsOn: { mid: mid.resource } })
    const app = await clock.run(kernel([top.resource]).start())
    log.length = 0
    fails = 2
    const first = app.restart(db.resource)
    await clock.advance(50)
    await clock.run(Promise.all([first, app.restart(top.resource)]))
    expect(plain(log).filter((line) => line.startsWith('activate'))).toEqual(['activate db', 'activate mid', 'activate top'])
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    await clock.run(app.shutdown())
  })

  test('S9 what was on its way out of a failed addition when a shutdown came is activated in the next life', async () => {
    const world = scene()
    const { clock, kernel, log } = world
    let fails = true
    const late = active(world, 'late', {
      drainMs: 10,
      activate: () => {
        if (fails) throw new Error('no')
      },
    })
    const app = await clock.run(kernel([]).start())
    const added = rejection(app.add(late.resource))
    const stopped = app.shutdown().catch(() => {})
    await clock.run(Promise.all([added, stopped]))
    log.length = 0
    fails = false
    await clock.run(app.start())
    expect(plain(log)).toEqual(['start late', 'activate late'])
    await clock.run(app.shutdown())
  })
})
