import { describe, expect, test } from 'vitest'
import { handled, ONCE, plain, stateOf } from '../test-support/handled.js'
import { scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

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
