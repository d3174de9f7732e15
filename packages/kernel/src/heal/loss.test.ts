import { describe, expect, test } from 'vitest'
import { type KernelEventOf, optional, type ResourceOptions, ref } from '../index.js'
import { handled, ONCE, plain, stateOf } from '../test-support/handled.js'
import { rejection } from '../test-support/rejection.js'
import { scene, type TracedOptions } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

const LIMIT = { ...ONCE, attempts: 1 }

/** A database that degrades, and what hangs on it: required, required by that, optional, ref and after. */
async function city(options: TracedOptions = {}) {
  const world = scene()
  const db = handled(world, 'db', { impact: 'degraded', ...options })
  const on = { impact: 'none', drainMs: 10 } as const
  const api = handled(world, 'api', { ...on, dependsOn: { db: db.resource } })
  const site = handled(world, 'site', { ...on, dependsOn: { api: api.resource } })
  const maybe = handled(world, 'maybe', { ...on, dependsOn: { db: optional(db.resource) } })
  const above = handled(world, 'above', { ...on, dependsOn: { maybe: maybe.resource } })
  const follower = handled(world, 'follower', { ...on, dependsOn: { db: ref(db.resource) } })
  const later = handled(world, 'later', { ...on, after: [db.resource] })
  const all = [site, above, follower, later].map(({ resource }) => resource)
  const app = await world.clock.run(world.kernel(all).start())
  world.log.length = 0
  const events = recordEvents(app)
  const lost = () => events.events.filter((event): event is KernelEventOf<'resource:lost'> => event.type === 'resource:lost')
  const states = () => Object.fromEntries(app.inspect().resources.map(({ name, state }) => [name, state]))
  return { ...world, db, maybe, above, app, events, lost, states }
}

describe('H4 nothing runs without what it requires', () => {
  const GONE = {
    db: 'failed',
    api: 'failed',
    site: 'failed',
    maybe: 'running',
    above: 'running',
    follower: 'running',
    later: 'running',
  }

  test('H4 a crash without a policy: those that require it drain, stop and fail; what can do without comes back without', async () => {
    const { db, maybe, above, app, clock, log, lost, states, events } = await city()
    db.crash()
    // At once nobody is given a value any more that is gone.
    expect(states()).toMatchObject({ db: 'failed', site: 'draining', above: 'draining' })
    await clock.advance(1_000)
    expect(states()).toEqual(GONE)
    expect(plain(log).filter((line) => !/maybe|above/.test(line))).toEqual([
      ...['drain site', 'drained site', 'stop site'],
      ...['drain api', 'drained api', 'stop api'],
    ])
    expect([maybe.deps, above.deps]).toEqual([{ db: undefined }, { maybe: 'maybe#2' }])
    expect(lost()[0]).toMatchObject({ resource: 'db', resources: ['api', 'site', 'maybe', 'above'], error: { code: 'CRASHED' } })
    const failures = events.events.flatMap((event) => (event.type === 'resource:error' ? [event.error] : []))
    expect(failures.map(({ resource, code }) => `${resource} ${code}`)).toEqual([
      'db CRASHED',
      'api DEPENDENCY_FAILED',
      'site DEPENDENCY_FAILED',
    ])
    expect(failures[1]!.cause).toBe(failures[0])
    expect(app.probe()).toMatchObject({ status: 'degraded', live: true })
    await clock.run(app.shutdown())
    expect(plain(log).filter((line) => /^stop (db|api|site)$/.test(line))).toEqual(['stop site', 'stop api', 'stop db'])
  })

  test('H4 more crashes than its policy allows', async () => {
    const { db, app, clock, lost, states } = await city({ restart: LIMIT })
    db.crash()
    await clock.advance(1_000)
    expect([states().db, lost()]).toEqual(['running', []])
    db.crash()
    await clock.advance(1_000)
    expect(states()).toEqual(GONE)
    expect(lost()[0]).toMatchObject({ resource: 'db', error: { code: 'RESTART_LIMIT' } })
    await clock.run(app.shutdown())
  })

  test('H4 more failures of its checks than its policy allows', async () => {
    let well = true
    const { app, clock, lost, states, db } = await city({
      restart: LIMIT,
      check: () => well,
      monitor: { interval: 100, failureThreshold: 1 },
    })
    well = false
    clock.setTimeout(() => { well = true }, 101) // biome-ignore format: one line
    await clock.advance(150)
    expect(db.contexts).toHaveLength(2)
    well = false
    await clock.advance(1_000)
    expect(states()).toEqual(GONE)
    expect(lost()[0]).toMatchObject({ resource: 'db', error: { code: 'RESTART_LIMIT' } })
    expect(db.contexts).toHaveLength(2)
    await clock.run(app.shutdown())
  })

  test('H4 restarts that fail to start', async () => {
    let there = true
    const { db, app, clock, states } = await city({
      restart: { ...ONCE, attempts: 2 },
      start: () => {
        if (!there) throw new Error('no')
        return 'db'
      },
    })
    there = false
    db.crash()
    await clock.advance(1_000)
    expect(states()).toEqual(GONE)
    await clock.run(app.shutdown())
  })

  test('H4 failing checks without a policy only make it unhealthy: nobody goes down for that', async () => {
    let well = true
    const { app, clock, states, lost, log } = await city({ check: () => well, monitor: { interval: 100, failureThreshold: 1 } })
    well = false
    await clock.advance(5_000)
    expect(states().db).toBe('running')
    expect([lost(), log]).toEqual([[], []])
    await clock.run(app.shutdown())
  })

  test('H4 a dependent whose impact is unready fails the kernel, which says why', async () => {
    const world = scene()
    const db = handled(world, 'db', { impact: 'degraded' })
    const api = world.traced('api', { dependsOn: { db: db.resource } })
    const app = await world.clock.run(world.kernel([api]).start())
    db.crash('disk gone')
    await world.clock.settle()
    expect(app.probe()).toMatchObject({ status: 'failed', ready: false, live: false, reasons: [{ kernel: true }, {}, {}] })
    expect(app.probe().reasons[0]!.message).toContain('"db" failed')
    expect(world.log.slice(-1)).toEqual(['stop api'])
    await world.clock.run(app.shutdown())
  })

  test('H4 D2 a shutdown while they go down stops each of them once, and starts nothing again', async () => {
    const { db, app, clock, log } = await city()
    db.crash()
    await clock.advance(5)
    await clock.run(app.shutdown())
    const stops = plain(log).filter((line) => line.startsWith('stop '))
    expect([...stops].sort()).toEqual([
      'stop above',
      'stop api',
      'stop db',
      'stop follower',
      'stop later',
      'stop maybe',
      'stop site',
    ])
    expect(plain(log).filter((line) => line.startsWith('start'))).toEqual([])
    expect(stops.indexOf('stop db')).toBeGreaterThan(stops.indexOf('stop api'))
  })

  test('H4 H9 what comes back without one that is lost brings along what had failed for want of it', async () => {
    const { maybe, db, app, clock, states } = await city()
    maybe.crash()
    await clock.advance(100)
    expect(states()).toMatchObject({ maybe: 'failed', above: 'failed' })
    db.crash()
    await clock.advance(1_000)
    expect(states()).toEqual(GONE)
    expect(maybe.deps).toEqual({ db: undefined })
    await clock.run(app.shutdown())
  })

  test('H4 kernel.restart() brings it back, with all that missed it', async () => {
    const { db, maybe, app, clock, states } = await city()
    db.crash()
    await clock.advance(1_000)
    await clock.run(app.restart(db.resource))
    expect(new Set(Object.values(states()))).toEqual(new Set(['running']))
    expect(maybe.deps).toEqual({ db: 'db#2' })
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('H4 one that fails while it is on its way back with others takes only its own dependents down', async () => {
    const world = scene()
    let there = true
    const db = handled(world, 'db')
    const left = handled(world, 'left', {
      impact: 'degraded',
      dependsOn: { db: db.resource },
      start: () => {
        if (!there) throw new Error('no')
        return 'left'
      },
    })
    const onLeft = handled(world, 'onLeft', { impact: 'none', dependsOn: { left: left.resource } })
    const right = handled(world, 'right', { dependsOn: { db: db.resource } })
    const app = await world.clock.run(world.kernel([onLeft.resource, right.resource]).start())
    there = false
    await world.clock.run(app.restart(db.resource))
    expect(['db', 'left', 'onLeft', 'right'].map((name) => stateOf(app, name))).toEqual([
      'running',
      'failed',
      'failed',
      'running',
    ])
    expect(app.probe().status).toBe('degraded')
    await world.clock.run(app.shutdown())
  })
})

describe('H8 what had failed for its checks alone is revived by them', () => {
  type Monitor = NonNullable<ResourceOptions<string, never>['monitor']>

  /** Up to the point where the limit is used up, because checks fail. */
  async function exhausted(monitor: Monitor, options: TracedOptions = {}) {
    const health = { well: true }
    const stage = await city({
      restart: { ...LIMIT, within: 3_600_000 },
      check: () => health.well,
      monitor: { interval: 100, failureThreshold: 1, ...monitor },
      ...options,
    })
    const { clock, db, app } = stage
    health.well = false
    clock.setTimeout(() => { health.well = true }, 101) // biome-ignore format: one line
    await clock.advance(400)
    health.well = false
    await clock.advance(1_000)
    expect([db.contexts.length, stateOf(app, 'db')]).toEqual([2, 'failed'])
    return { ...stage, health }
  }

  test('H8 successThreshold passes, and not one less; what failed for want of it comes back, what did without goes on', async () => {
    const { app, clock, health, states, events, db, maybe } = await exhausted({ successThreshold: 3 })
    health.well = true
    await clock.advance(190) // two passes
    expect(states().db).toBe('failed')
    await clock.advance(1_000)
    expect(new Set(Object.values(states()))).toEqual(new Set(['running']))
    expect(db.contexts).toHaveLength(2)
    expect(app.get(db.resource)).toBe('db#2')
    expect(maybe.deps).toEqual({ db: undefined })
    expect(events.events.filter(({ type }) => type === 'resource:regained')).toMatchObject([
      { resource: 'db', resources: ['api', 'site'] },
    ])
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    await clock.run(app.shutdown())
  })

  test('H8 its restarts count anew after that', async () => {
    const { app, clock, health, db } = await exhausted({})
    health.well = true
    await clock.advance(1_000)
    health.well = false
    clock.setTimeout(() => { health.well = true }, 150) // biome-ignore format: one line
    await clock.advance(1_000)
    expect([db.contexts.length, stateOf(app, 'db'), app.probe().status]).toEqual([3, 'running', 'ready'])
    await clock.run(app.shutdown())
  })

  test('H8 a kernel that had failed for that alone runs again', async () => {
    const { app, clock, health, events } = await exhausted({}, { impact: 'unready' })
    expect(app.probe()).toMatchObject({ status: 'failed', live: false })
    expect(app.state).toBe('failed')
    health.well = true
    await clock.advance(1_000)
    expect(app.state).toBe('running')
    expect(app.probe()).toMatchObject({ status: 'ready', ready: true, live: true, reasons: [] })
    expect(events.lines().filter((line) => line.startsWith('kernel:'))).toEqual([
      'kernel: running → failed',
      'kernel: failed → running',
    ])
    await clock.run(app.shutdown())
  })

  test('H8 one that somebody told to fail does not', async () => {
    const { app, clock, health } = await exhausted({}, { impact: 'unready' })
    app.fail(new Error('disk gone'))
    health.well = true
    await clock.advance(1_000)
    expect(app.state).toBe('failed')
    expect(app.probe()).toMatchObject({ live: false, reasons: [{ kernel: true, message: 'disk gone' }] })
    await clock.run(app.shutdown())
  })

  test('H8 one that crashed is not revived, whatever its check would say', async () => {
    const { db, app, clock, states, log } = await city({ check: () => true, monitor: { interval: 100 } })
    db.crash()
    await clock.advance(10_000)
    expect(states().db).toBe('failed')
    expect(plain(log)).not.toContain('start db')
    await clock.run(app.shutdown())
  })

  test('H8 one that crashes once its checks have used up the limit stays failed', async () => {
    const { db, app, clock, health, states } = await exhausted({})
    db.crash()
    health.well = true
    await clock.advance(10_000)
    expect(states().db).toBe('failed')
    expect(app.probe().status).toBe('degraded')
    await clock.run(app.shutdown())
  })

  test('H8 a pass that comes while the kernel stops revives nothing', async () => {
    const { app, clock, health, log } = await exhausted({})
    log.length = 0
    health.well = true
    const work = app.shutdown()
    await clock.run(work)
    await clock.advance(1_000)
    expect(plain(log).filter((line) => line.startsWith('start'))).toEqual([])
    expect((await work).outcomes.find(({ resource }) => resource === 'db')).toMatchObject({ outcome: 'stopped' })
  })

  test('H8 it may fail again while what missed it is still on its way down', async () => {
    const { app, clock, health, states } = await exhausted({ interval: 10 })
    for (let i = 0; i < 20; i++) {
      health.well = i % 2 === 0
      await clock.advance(12)
    }
    health.well = true
    await clock.advance(5_000)
    expect(new Set(Object.values(states()))).toEqual(new Set(['running']))
    await clock.run(app.shutdown())
  })
})

describe('H4 only what failed is tried again', () => {
  /** db crashes and is back at once; api does not come back for a while. */
  async function stubborn(fails: number, { own }: { own?: typeof ONCE } = {}) {
    const world = scene()
    let left = 0
    const db = handled(world, 'db', { restart: { attempts: 3, within: 60_000, delay: 100, factor: 2, jitter: 0 } })
    const api = handled(world, 'api', {
      dependsOn: { db: db.resource },
      ...(own === undefined ? {} : { restart: own }),
      start: () => {
        if (left-- > 0) throw new Error('port still in use')
        return 'api'
      },
    })
    const app = await world.clock.run(world.kernel([api.resource]).start())
    left = fails
    const events = recordEvents(app)
    const scheduled = () =>
      events.events.flatMap((event) =>
        event.type === 'restart:scheduled' ? [`${event.resource} ${event.attempt} after ${event.delayMs}`] : [],
      )
    return { ...world, db, api, app, events, scheduled }
  }

  test("H4 at the root's pace, counted on itself", async () => {
    const { db, api, app, clock, scheduled, events } = await stubborn(2)
    db.crash()
    await clock.advance(5_000)
    expect([db.contexts.length, api.contexts.length]).toEqual([2, 4])
    expect(scheduled()).toEqual(['db 1 after 100', 'api 1 after 100', 'api 2 after 200'])
    const restarts = Object.fromEntries(app.inspect().resources.map(({ name, restarts: used }) => [name, used]))
    expect(restarts.db).toBe(1)
    expect(app.probe().status).toBe('ready')
    // The restart of db is not done before what it took down is back.
    expect(events.lines().filter((line) => line.endsWith('done'))).toEqual(['api: restart 2 done', 'db: restart 1 done'])
    await clock.run(app.shutdown())
  })

  test('H4 when its attempts are used up, it has failed, and db runs on', async () => {
    const { db, api, app, clock } = await stubborn(99)
    db.crash()
    await clock.advance(60_000)
    expect([db.contexts.length, stateOf(app, 'db'), stateOf(app, 'api')]).toEqual([2, 'running', 'failed'])
    expect(api.contexts).toHaveLength(1 + 1 + 3)
    expect(app.probe()).toMatchObject({ live: false })
    await clock.run(app.shutdown())
  })

  test('H4 kernel.restart() by hand gives the attempts back', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: LIMIT })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    db.crash()
    await world.clock.settle()
    expect(app.inspect().resources[0]!.restarts).toBe(1)
    await world.clock.run(app.restart(db.resource))
    expect(app.inspect().resources[0]!.restarts).toBe(0)
    db.crash()
    await world.clock.settle()
    expect([stateOf(app, 'db'), db.contexts.length]).toEqual(['running', 4])
    await world.clock.run(app.shutdown())
  })

  test('H4 kernel.restart() is refused once the kernel has failed: that is for whoever runs it', async () => {
    const world = scene()
    const db = handled(world, 'db', { restart: LIMIT })
    const app = await world.clock.run(world.kernel([db.resource]).start())
    db.crash()
    await world.clock.settle()
    db.crash()
    await world.clock.settle()
    expect([app.state, app.probe().live]).toEqual(['failed', false])
    expect(await rejection(app.restart(db.resource))).toMatchObject({ code: 'INVALID_STATE' })
    await world.clock.run(app.shutdown())
  })
})
