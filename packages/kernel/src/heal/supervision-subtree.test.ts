import { describe, expect, test } from 'vitest'
import { optional, type Ref, ref } from '../index.js'
import { handled, ONCE, plain, stateOf } from '../test-support/handled.js'
import { scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

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
