import { describe, expect, test } from 'vitest'
import { optional } from '../index.js'
import { handled, ONCE, stateOf } from '../test-support/handled.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

describe('H4 restarts that fail', () => {
  test('H4 what has no policy is tried again alone, by the policy of the restart that took it down, counted on itself', async () => {
    const world = scene()
    let down = false
    const failing = (ms: number) => () => (down ? world.delay(ms).then(() => Promise.reject(new Error('no'))) : 'up')
    const db = handled(world, 'db', { restart: { attempts: 1, within: 60_000, delay: 0 }, impact: 'none' })
    const cache = handled(world, 'cache', { dependsOn: { db: db.resource }, impact: 'none', start: failing(50) })
    const api = handled(world, 'api', { dependsOn: { cache: optional(cache.resource) }, start: failing(100) })
    const app = await world.clock.run(world.kernel([api.resource]).start())
    down = true
    db.crash()
    await world.clock.advance(1_000)
    expect(['db', 'cache', 'api'].map((name) => stateOf(app, name))).toEqual(['running', 'failed', 'failed'])
    expect(app.probe()).toMatchObject({ status: 'failed', live: false })
    await world.clock.run(app.shutdown())
  })

  test('H4 one that is given up is never said to be done, though its dependents have settled', async () => {
    const world = scene()
    let broken = false
    const db = handled(world, 'db', {
      restart: { ...ONCE, attempts: 1 },
      impact: 'degraded',
      start: () => {
        if (broken) throw new Error('gone')
        return 'db'
      },
    })
    const api = handled(world, 'api', { dependsOn: { db: db.resource }, impact: 'degraded' })
    const app = await world.clock.run(world.kernel([api.resource]).start())
    const log = recordEvents(app)
    broken = true
    db.crash()
    await world.clock.advance(1_000)
    expect([stateOf(app, 'db'), stateOf(app, 'api')]).toEqual(['failed', 'failed'])
    expect(log.events.map(({ type }) => type)).toContain('restart:exhausted')
    expect(log.events.filter(({ type }) => type === 'restart:done')).toEqual([])
    await app.shutdown()
  })

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
