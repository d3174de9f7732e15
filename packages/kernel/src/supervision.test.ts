import { describe, expect, test } from 'vitest'
import { type Kernel, optional, type Ref, type Resource, ref, type StartContext } from './index.js'
import { hang, type Scene, scene, type TracedOptions } from './testing/scene.js'
import { recordEvents } from './testing.js'

const ONCE = { attempts: 3, within: 60_000, delay: 0, jitter: 0 }

/** A traced resource whose contexts and instances are at hand: its value is `name#1`, then `name#2`. */
function handled({ traced, log }: Scene, name: string, { start, ...options }: TracedOptions = {}) {
  const handle = {
    ctx: undefined as unknown as StartContext,
    contexts: [] as StartContext[],
    deps: {} as Readonly<Record<string, unknown>>,
    resource: undefined as unknown as Resource<string>,
    crash: (message = 'gone') => handle.ctx.crashed(new Error(message)),
  }
  handle.resource = traced(name, {
    ...options,
    start: (deps, ctx) => {
      handle.ctx = ctx
      handle.contexts.push(ctx)
      handle.deps = deps
      log.push(`deps ${name}: ${Object.values(deps).map(String).join(' ')}`)
      return start === undefined ? `${name}#${handle.contexts.length}` : start(deps, ctx)
    },
  })
  return handle
}

const plain = (log: readonly string[]) => log.filter((line) => !line.startsWith('deps'))
const stateOf = (app: Kernel, name: string) => app.inspect().resources.find((resource) => resource.name === name)!.state

describe('H4 what triggers a restart', () => {
  test('H4 ctx.crashed() restarts a resource that has a policy', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: ONCE })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    db.crash()
    await world.clock.settle()
    expect(plain(world.log)).toEqual(['start db', 'stop db', 'start db'])
    expect(app.get(db.resource)).toBe('db#2')
    await world.clock.run(app.shutdown())
  })

  test('H4 checks that fail to the threshold restart it, and not one check sooner', async () => {
    const world = scene()
    let healthy = true
    const db = handled(world, 'db', { restart: ONCE, check: () => healthy, monitor: { interval: 10, failureThreshold: 3 } })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    healthy = false
    await world.clock.advance(20)
    expect(plain(world.log)).toEqual(['start db'])
    const log = recordEvents(app)
    world.clock.setTimeout(() => {
      healthy = true
    }, 10)
    await world.clock.advance(30)
    expect(plain(world.log)).toEqual(['start db', 'stop db', 'start db'])
    expect(log.events.find(({ type }) => type === 'restart:scheduled')).toMatchObject({ error: { code: 'CHECK_FAILED' } })
    expect(app.probe().status).toBe('ready')
    await world.clock.run(app.shutdown())
  })

  test('H6 unhealthy() restarts nothing, however often it is said', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: ONCE, check: () => true, monitor: { interval: 10, failureThreshold: 1 } })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    for (let i = 0; i < 10; i++) db.ctx.unhealthy(new Error('reconnecting'))
    expect(app.probe().status).toBe('unready')
    await world.clock.settle()
    expect(plain(world.log)).toEqual(['start db'])
    await world.clock.run(app.shutdown())
  })

  test('H6 unhealthy() and then one failing check is one failure, not a threshold reached', async () => {
    const world = scene()
    let passes = true
    const db = handled(world, 'db', { restart: ONCE, check: () => passes, monitor: { interval: 10, failureThreshold: 2 } })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    await world.clock.advance(5)
    db.ctx.unhealthy(new Error('reconnecting'))
    passes = false
    await world.clock.advance(5)
    passes = true
    await world.clock.advance(10)
    expect(plain(world.log)).toEqual(['start db'])
    expect(app.probe().status).toBe('ready')
    await world.clock.run(app.shutdown())
  })

  test('H4 without a policy a crash is the end of the resource, and its stop still runs at shutdown', async () => {
    const world = scene()
    const db = handled(world, 'db', { impact: 'degraded' })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    db.crash()
    await world.clock.settle()
    expect(stateOf(app, 'db')).toBe('failed')
    expect(app.probe()).toMatchObject({ status: 'degraded', live: true, reasons: [{ resource: 'db', state: 'failed' }] })
    expect(() => app.get(db.resource)).toThrow(/db/)
    expect(plain(world.log)).toEqual(['start db'])
    await world.clock.run(app.shutdown())
    expect(plain(world.log)).toEqual(['start db', 'stop db'])
  })

  test('H4 failing checks without a policy only make it unhealthy', async () => {
    const world = scene()
    let healthy = true
    const db = handled(world, 'db', { check: () => healthy, monitor: { interval: 10, failureThreshold: 1 } })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    healthy = false
    await world.clock.advance(50)
    expect(stateOf(app, 'db')).toBe('running')
    expect(app.probe()).toMatchObject({ status: 'unready', live: true })
    healthy = true
    await world.clock.advance(10)
    expect(app.probe().status).toBe('ready')
    await world.clock.run(app.shutdown())
  })

  test('H1 what an instance says after it was replaced is dropped', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: ONCE })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    db.crash()
    await world.clock.settle()
    const [old] = db.contexts
    old!.crashed(new Error('late'))
    old!.unhealthy(new Error('late'))
    await world.clock.settle()
    expect(plain(world.log)).toEqual(['start db', 'stop db', 'start db'])
    expect(app.probe().status).toBe('ready')
    await world.clock.run(app.shutdown())
  })

  test('H4 a crash that is said twice is one restart', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: { ...ONCE, attempts: 1 }, stopMs: 5 })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    db.crash()
    db.crash('again')
    await world.clock.advance(2)
    db.crash('and again')
    await world.clock.advance(10)
    expect(app.probe().status).toBe('ready')
    expect(app.inspect().resources[0]!.restarts).toBe(1)
    await world.clock.run(app.shutdown())
  })
})

describe('H4 the subtree', () => {
  test('H4 dependents stop first, in reverse, and come back with the new instance', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: ONCE })
    const users = handled(world, 'users', { dependsOn: { db: db.resource } })
    const api = handled(world, 'api', { dependsOn: { users: users.resource, db: db.resource } })
    const app = await world.clock.run(world.kernel([api.resource, world.traced('other')]).start())
    world.log.length = 0
    db.crash()
    await world.clock.settle()
    expect(world.log).toEqual([
      'stop api',
      'stop users',
      'stop db',
      'start db',
      'deps db: ',
      'start users',
      'deps users: db#2',
      'start api',
      'deps api: users#2 db#2',
    ])
    await world.clock.run(app.shutdown())
  })

  test('H4 optional dependents restart too', async () => {
    const world = scene()
    const cache = handled(world, 'cache', { restart: ONCE, impact: 'degraded' })
    const api = handled(world, 'api', { dependsOn: { cache: optional(cache.resource) } })
    const app = await world.clock.run(world.kernel([api.resource]).start())
    world.log.length = 0
    cache.crash()
    await world.clock.settle()
    expect(plain(world.log)).toEqual(['stop api', 'stop cache', 'start cache', 'start api'])
    expect(api.deps.cache).toBe('cache#2')
    await world.clock.run(app.shutdown())
  })

  test('H4 ref dependents run on and see the new instance; while it is away they see none', async () => {
    const world = scene()
    const flags = handled(world, 'flags', { restart: { ...ONCE, delay: 10 } })
    const api = handled(world, 'api', { dependsOn: { flags: ref(flags.resource) } })
    const app = await world.clock.run(world.kernel([api.resource]).start())
    const live = api.deps.flags as Ref<string>
    expect(live.current).toBe('flags#1')
    flags.crash()
    await world.clock.advance(5)
    expect(live.current).toBeUndefined()
    expect(() => live.get()).toThrow(/flags/)
    await world.clock.advance(5)
    expect(live.current).toBe('flags#2')
    expect(live.get()).toBe('flags#2')
    expect(plain(world.log)).toEqual(['start flags', 'start api', 'stop flags', 'start flags'])
    await world.clock.run(app.shutdown())
  })

  test('H4 what comes after it is not touched', async () => {
    const world = scene()
    const migrations = handled(world, 'migrations', { restart: ONCE })
    const api = world.traced('api', { after: [migrations.resource] })
    const app = await world.clock.run(world.kernel([api]).start())
    world.log.length = 0
    migrations.crash()
    await world.clock.settle()
    expect(plain(world.log)).toEqual(['stop migrations', 'start migrations'])
    await world.clock.run(app.shutdown())
  })

  test('H4 a dependent that failed for want of it gets another chance', async () => {
    const world = scene()
    let up = false
    const cache = handled(world, 'cache', {
      impact: 'degraded',
      start: () => {
        if (!up) throw new Error('not yet')
        return 'cache'
      },
    })
    const stats = handled(world, 'stats', { impact: 'degraded', dependsOn: { cache: cache.resource } })
    const app = await world.clock.run(world.kernel([stats.resource]).start())
    expect(stateOf(app, 'stats')).toBe('failed')
    up = true
    await world.clock.run(app.restart(cache.resource))
    expect(stateOf(app, 'stats')).toBe('running')
    expect(app.probe().status).toBe('ready')
    await world.clock.run(app.shutdown())
  })
})

describe('H5 one cause, one restart', () => {
  test('H5 dependents that crash because it is away change nothing', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: { ...ONCE, delay: 10 } })
    const api = handled(world, 'api', { dependsOn: { db: db.resource }, restart: { ...ONCE, attempts: 1 }, stopMs: 5 })
    const app = await world.clock.run(world.kernel([api.resource]).start())
    const log = recordEvents(app)
    db.crash()
    api.crash()
    await world.clock.advance(2)
    api.crash()
    await world.clock.advance(20)
    const scheduled = log.events.filter(({ type }) => type === 'restart:scheduled')
    expect(scheduled).toMatchObject([{ resource: 'db', resources: ['db', 'api'] }])
    expect(app.inspect().resources.map(({ restarts }) => restarts)).toEqual([1, 0])
    await world.clock.run(app.shutdown())
  })

  test('H5 a failure further down takes over the restart above it, and gives its attempt back', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: ONCE })
    const api = handled(world, 'api', { dependsOn: { db: db.resource }, restart: { ...ONCE, delay: 100 } })
    const app = await world.clock.run(world.kernel([api.resource]).start())
    const log = recordEvents(app)
    api.crash()
    await world.clock.advance(10)
    expect(app.inspect().resources.map(({ restarts }) => restarts)).toEqual([0, 1])
    db.crash()
    await world.clock.settle()
    expect(app.inspect().resources.map(({ state, restarts }) => [state, restarts])).toEqual([
      ['running', 1],
      ['running', 0],
    ])
    const about = log.events.filter(({ type }) => type.startsWith('restart:'))
    expect(about.map((event) => ('resource' in event ? `${event.type} ${event.resource}` : ''))).toEqual([
      'restart:scheduled api',
      'restart:scheduled db',
      'restart:done db',
    ])
    await world.clock.advance(1_000)
    expect(plain(world.log)).toEqual(['start db', 'start api', 'stop api', 'stop db', 'start db', 'start api'])
    await world.clock.run(app.shutdown())
  })

  test('H5 two resources that fail apart are two restarts, side by side', async () => {
    const world = scene()
    const one = handled(world, 'one', { restart: { ...ONCE, delay: 10 } })
    const two = handled(world, 'two', { restart: { ...ONCE, delay: 20 } })
    const app = await world.clock.run(world.kernel([one.resource, two.resource]).start())
    one.crash()
    two.crash()
    await world.clock.advance(10)
    expect([stateOf(app, 'one'), stateOf(app, 'two')]).toEqual(['running', 'restarting'])
    await world.clock.advance(10)
    expect(app.probe().status).toBe('ready')
    await world.clock.run(app.shutdown())
  })

  test('H5 a dependent shared by two that fail waits for both', async () => {
    const world = scene()
    const one = handled(world, 'one', { restart: { ...ONCE, delay: 10 } })
    const two = handled(world, 'two', { restart: { ...ONCE, delay: 20 } })
    const api = handled(world, 'api', { dependsOn: { one: one.resource, two: two.resource } })
    const app = await world.clock.run(world.kernel([api.resource]).start())
    one.crash()
    two.crash()
    await world.clock.advance(15)
    expect(stateOf(app, 'one')).toBe('running')
    expect(stateOf(app, 'api')).toBe('restarting')
    await world.clock.advance(5)
    expect(stateOf(app, 'api')).toBe('running')
    expect(Object.values(api.deps)).toEqual(['one#2', 'two#2'])
    expect(app.probe().status).toBe('ready')
    await world.clock.run(app.shutdown())
  })
})

describe('H4 restarts that fail', () => {
  test('H4 an attempt that fails counts, and the next one waits longer', async () => {
    const world = scene()
    const starts: number[] = []
    const db = handled(world, 'db', {
      restart: { attempts: 3, within: 60_000, delay: 10, jitter: 0 },
      start: () => {
        starts.push(world.elapsed())
        if (starts.length === 2 || starts.length === 3) throw new Error('still down')
        return 'db'
      },
    })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    db.crash()
    await world.clock.advance(100)
    expect(starts).toEqual([0, 10, 30, 70])
    expect(app.inspect().resources[0]).toMatchObject({ state: 'running', restarts: 3 })
    await world.clock.run(app.shutdown())
  })

  test.each([
    ['unready', { status: 'failed', live: false, ready: false }, 'failed'],
    ['degraded', { status: 'degraded', live: true, ready: true }, 'running'],
    ['none', { status: 'ready', live: true, ready: true }, 'running'],
  ] as const)('H4 over the limit a resource of impact %s fails for good', async (impact, probe, state) => {
    const world = scene()
    const db = handled(world, 'db', { restart: { ...ONCE, attempts: 1 }, impact })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    const log = recordEvents(app)
    db.crash()
    await world.clock.settle()
    db.crash('once more')
    await world.clock.settle()
    expect(app.state).toBe(state)
    expect(app.probe()).toMatchObject(probe)
    expect(app.probe().reasons.at(-1)).toMatchObject({ resource: 'db', state: 'failed' })
    expect(app.probe().reasons.at(-1)!.message).toContain('1 restart')
    expect(log.events.filter(({ type }) => type === 'resource:error').at(-1)).toMatchObject({
      resource: 'db',
      error: { code: 'RESTART_LIMIT', cause: { code: 'CRASHED' }, details: { attempts: 1 } },
    })
    await world.clock.run(app.shutdown())
  })

  test('H4 dependents of a resource that fails for good do not come back', async () => {
    const world = scene()
    let broken = false
    const db = handled(world, 'db', {
      impact: 'degraded',
      restart: { ...ONCE, attempts: 2 },
      start: () => {
        if (broken) throw new Error('disk full')
        return 'db'
      },
    })
    const api = handled(world, 'api', { impact: 'degraded', dependsOn: { db: db.resource } })
    const page = handled(world, 'page', { impact: 'degraded', dependsOn: { db: optional(db.resource) } })
    const app = await world.clock.run(world.kernel([api.resource, page.resource]).start())
    broken = true
    db.crash()
    await world.clock.settle()
    expect(app.inspect().resources.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'db failed',
      'api failed',
      'page running',
    ])
    expect(page.deps).toEqual({ db: undefined })
    expect(app.probe()).toMatchObject({ status: 'degraded', live: true })
    expect(
      app
        .probe()
        .reasons.map(({ resource }) => resource)
        .sort(),
    ).toEqual(['api', 'db'])
    await world.clock.run(app.shutdown())
  })

  test('H4 a start that hangs in a restart is an attempt that ran out of time', async () => {
    const world = scene()
    let hangs = false
    const db = handled(world, 'db', { restart: ONCE, timeouts: { start: 50 }, start: () => (hangs ? hang() : 'db') })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    hangs = true
    db.crash()
    await world.clock.advance(49)
    hangs = false
    expect(app.probe().ready).toBe(false)
    await world.clock.advance(1)
    expect(app.probe().ready).toBe(true)
    expect(app.inspect().resources[0]!.restarts).toBe(2)
    await world.clock.run(app.shutdown())
  })

  test('H4 a dependent with a policy of its own uses that when its own start fails', async () => {
    const world = scene()
    let fails = 0
    const db = handled(world, 'db', { restart: { ...ONCE, attempts: 1 } })
    const api = handled(world, 'api', {
      dependsOn: { db: db.resource },
      restart: { ...ONCE, attempts: 2 },
      start: () => {
        if (fails-- > 0) throw new Error('port in use')
        return 'api'
      },
    })
    const app = await world.clock.run(world.kernel([api.resource]).start())
    fails = 2
    db.crash()
    await world.clock.settle()
    expect(app.probe().status).toBe('ready')
    expect(app.inspect().resources.map(({ restarts }) => restarts)).toEqual([1, 2])
    await world.clock.run(app.shutdown())
  })

  test('H4 a stop that fails does not keep it from coming back, and is told', async () => {
    const world = scene()
    const thrown = new Error('already closed')
    let stuck = true
    const db = handled(world, 'db', {
      restart: { ...ONCE, delay: 10 },
      stop: () => {
        if (stuck) throw thrown
      },
    })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    const log = recordEvents(app)
    db.crash()
    await world.clock.settle()
    expect(app.probe().status).toBe('unready')
    expect(log.events.filter(({ type }) => type === 'resource:error')).toMatchObject([
      { error: { code: 'CRASHED' } },
      { phase: 'stop', error: { code: 'STOP_FAILED', cause: thrown } },
    ])
    stuck = false
    await world.clock.advance(10)
    expect(app.probe().status).toBe('ready')
    // What a restart left behind is no error of the shutdown.
    expect(await world.clock.run(app.shutdown())).toMatchObject({ ok: true })
  })

  test('H4 a stop that hangs is given up, and it comes back', async () => {
    const world = scene()
    let hangs = true
    const db = handled(world, 'db', { restart: ONCE, timeouts: { stop: 50 }, stop: () => (hangs ? hang() : undefined) })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    db.crash()
    await world.clock.advance(49)
    expect(stateOf(app, 'db')).toBe('stopping')
    await world.clock.advance(1)
    expect(app.get(db.resource)).toBe('db#2')
    hangs = false
    await world.clock.run(app.shutdown())
  })
})

describe('readiness while a subtree is away', () => {
  test('H7 readiness is false exactly from the failure until the last of the subtree is back', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: { ...ONCE, delay: 10 }, stopMs: 5 })
    const api = handled(world, 'api', {
      dependsOn: { db: db.resource },
      stopMs: 5,
      startMs: undefined!,
      start: () => world.delay(7, 'api'),
    })
    const app = await world.clock.run(world.kernel([api.resource]).start())
    const changes: [number, boolean][] = []
    const origin = world.elapsed()
    app.on('probe:change', ({ probe, previous }) => {
      if (probe.ready !== previous.ready) changes.push([world.elapsed() - origin, probe.ready])
    })
    await world.clock.advance(3)
    db.crash()
    expect(app.probe().ready).toBe(false)
    await world.clock.advance(100)
    // Both stop for 5 ms, the delay is 10 ms, api takes 7 ms to start.
    expect(changes).toEqual([
      [3, false],
      [30, true],
    ])
    await world.clock.run(app.shutdown())
  })

  test('H7 a subtree without impact leaves readiness alone, and degraded is said for one that degrades', async () => {
    const world = scene()
    const none = handled(world, 'none', { restart: { ...ONCE, delay: 10 }, impact: 'none' })
    const some = handled(world, 'some', { restart: { ...ONCE, delay: 10 }, impact: 'degraded' })
    const app = await world.clock.run(world.kernel([none.resource, some.resource]).start())
    none.crash()
    expect(app.probe()).toMatchObject({ status: 'ready', ready: true, reasons: [{ resource: 'none' }] })
    some.crash()
    expect(app.probe()).toMatchObject({ status: 'degraded', ready: true })
    await world.clock.advance(10)
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    await world.clock.run(app.shutdown())
  })
})

describe('H5 shutdown beats restart', () => {
  // db stops for 5 ms, waits 10 ms, starts for 5 ms; api the same without waiting: from 0 to 30 ms something goes on.
  test.each(Array.from({ length: 33 }, (_, i) => i))(
    'H5 a shutdown %d ms after the failure ends with everything stopped',
    async (at) => {
      const world = scene()
      const db = handled(world, 'db', { restart: { ...ONCE, delay: 10 }, stopMs: 5, start: () => world.delay(5, 'db') })
      const api = handled(world, 'api', { dependsOn: { db: db.resource }, stopMs: 5, start: () => world.delay(5, 'api') })
      const app = await world.clock.run(world.kernel([api.resource]).start())
      world.log.length = 0
      db.crash()
      await world.clock.advance(at)
      let late = false
      app.on('resource:state', ({ to }) => {
        if (to === 'starting') late = true
      })
      const report = await world.clock.run(app.shutdown())
      expect(report.ok).toBe(true)
      expect(late).toBe(false)
      expect(world.clock.pending).toBe(0)
      const lines = plain(world.log)
      for (const name of ['db', 'api']) {
        const ups = 1 + lines.filter((line) => line === `start ${name}`).length
        const downs = lines.filter((line) => line === `stop ${name}`).length
        // An aborted start that still brings its value is stopped as well.
        expect(downs, `${name} in ${lines.join(', ')}`).toBe(ups)
      }
      expect(report.outcomes.map(({ resource }) => resource).sort()).toEqual(['api', 'db'])
      await world.clock.advance(60_000)
      expect(plain(world.log)).toEqual(lines)
    },
  )

  test('H5 a restart by hand that a shutdown overtakes rejects', async () => {
    const world = scene()
    const db = handled(world, 'db', { stopMs: 5 })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    const restarted = app.restart(db.resource).then(
      () => 'done',
      (error: { code: string }) => error.code,
    )
    await world.clock.run(app.shutdown())
    expect(await restarted).toBe('ABORTED')
  })

  test('H5 a crash while the kernel drains starts nothing', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: ONCE })
    const app = await world.clock.run(world.kernel([db.resource], { shutdown: { delay: 50 } }).start())
    const stopped = app.shutdown()
    await world.clock.advance(10)
    db.crash()
    await world.clock.run(stopped)
    expect(plain(world.log)).toEqual(['start db', 'stop db'])
  })
})
