import { describe, expect, test } from 'vitest'
import type { StartContext } from '../index.js'
import { scene, type TracedOptions } from '../test-support/scene.js'

function db(options: TracedOptions) {
  const world = scene()
  const it = { ok: true, checks: [] as number[], ctx: undefined as unknown as StartContext }
  const check = () => {
    it.checks.push(world.elapsed())
    if (!it.ok) throw new Error('no answer')
  }
  const resource = world.traced('db', {
    ...(options.monitor?.interval !== undefined && { check }),
    ...options,
    start: (_, ctx) => {
      it.ctx = ctx
      return 'db'
    },
  })
  return { ...world, it, app: world.kernel([resource]) }
}

describe('H6 monitor.tolerance', () => {
  test('H6 what ctx.unhealthy() said counts after the tolerance, and the probe says until then how long it lasts', async () => {
    const { clock, app, it } = db({ monitor: { tolerance: 3_000 } })
    await app.start()
    it.ctx.unhealthy(new Error('connection lost'))
    await clock.advance(800)
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    expect(app.inspect().resources[0]!.error).toBe('unhealthy for 0.8 s of 3 s tolerated: connection lost')
    it.ctx.unhealthy(new Error('still lost'))
    await clock.advance(1_200)
    expect(app.inspect().resources[0]!.error).toBe('unhealthy for 2 s of 3 s tolerated: still lost')
    await clock.advance(999)
    expect(app.probe().ready).toBe(true)
    await clock.advance(1)
    expect(app.probe()).toMatchObject({ status: 'unready', reasons: [{ message: 'resource "db" is unhealthy: still lost' }] })
    it.ctx.healthy()
    expect([app.probe().status, app.inspect().resources[0]!.error]).toEqual(['ready', undefined])
    await app.shutdown()
  })

  test('H6 a blip that ends in time changes nothing', async () => {
    const { clock, app, it } = db({ monitor: { tolerance: 3_000 } })
    await app.start()
    const changes: unknown[] = []
    app.on('probe:change', (event) => changes.push(event))
    it.ctx.unhealthy(new Error('connection lost'))
    await clock.advance(2_999)
    it.ctx.healthy()
    await clock.advance(10_000)
    expect(changes).toEqual([])
    expect(app.inspect().resources[0]!.error).toBeUndefined()
    await app.shutdown()
  })

  test('H6 a check that passes ends it, too; one that fails past the threshold ends the tolerance', async () => {
    const { clock, app, it } = db({ monitor: { interval: 1_000, failureThreshold: 1, tolerance: 5_000 } })
    await app.start()
    it.ctx.unhealthy(new Error('connection lost'))
    await clock.advance(1_000)
    expect(app.inspect().resources[0]!.error).toBeUndefined()
    it.ctx.unhealthy(new Error('connection lost'))
    it.ok = false
    await clock.advance(1_000)
    expect(app.probe().status).toBe('unready')
    await app.shutdown()
  })

  test.each([0, undefined])('H6 without a tolerance (%s) it counts at once', async (tolerance) => {
    const { app, it } = db({ monitor: { tolerance: tolerance as number } })
    await app.start()
    it.ctx.unhealthy(new Error('connection lost'))
    expect(app.probe().status).toBe('unready')
    await app.shutdown()
  })

  test('H6 Infinity bears it for ever, and a crash, a restart or a shutdown leaves no timer', async () => {
    const { clock, app, it } = db({ monitor: { tolerance: Infinity } })
    await app.start()
    it.ctx.unhealthy(new Error('connection lost'))
    await clock.advance(1_000_000)
    expect(app.probe().status).toBe('ready')
    await app.shutdown()
    const other = db({ monitor: { tolerance: 1_000 }, impact: 'degraded' })
    await other.app.start()
    other.it.ctx.unhealthy(new Error('connection lost'))
    other.it.ctx.crashed(new Error('gone'))
    await other.clock.advance(5_000)
    expect(other.app.probe().reasons[0]!.message).toContain('gone')
    await other.app.shutdown()
  })
})

describe('H6 ctx.recheck()', () => {
  test('H6 runs the check now; while that passes nothing has happened', async () => {
    const { clock, app, it, elapsed } = db({ monitor: { interval: 10_000 } })
    await app.start()
    await clock.advance(4_000)
    const before = it.checks.length
    it.ctx.recheck()
    await clock.settle()
    expect(it.checks.slice(before)).toEqual([4_000])
    expect(app.probe().status).toBe('ready')
    await clock.advance(10_000)
    expect([it.checks.at(-1), elapsed()]).toEqual([14_000, 14_000])
    await app.shutdown()
  })

  test('H6 when it fails the resource is unhealthy at once, and is checked every second until a check passes', async () => {
    const { clock, app, it } = db({ monitor: { interval: 10_000, failureThreshold: 100 } })
    await app.start()
    it.ok = false
    const before = it.checks.length
    it.ctx.recheck()
    await clock.settle()
    expect(app.probe()).toMatchObject({ status: 'unready', reasons: [{ message: expect.stringContaining('no answer') }] })
    await clock.advance(3_500)
    it.ok = true
    expect(it.checks.slice(before)).toEqual([0, 1_000, 2_000, 3_000])
    await clock.advance(500)
    expect(app.probe().status).toBe('ready')
    await clock.advance(10_000)
    expect(it.checks.at(-1)).toBe(14_000)
    await app.shutdown()
  })

  test('H6 a check that runs already says nothing of it: another follows at once', async () => {
    const world = scene()
    let checks = 0
    let ctx!: StartContext
    const resource = world.traced('db', {
      monitor: { interval: 1_000, failureThreshold: 3 },
      check: () => world.delay(++checks === 1 ? 0 : 100).then(() => (checks < 3 ? true : Promise.reject(new Error('no answer')))),
      start: (_, context) => {
        ctx = context
        return 'db'
      },
    })
    const app = await world.clock.run(world.kernel([resource]).start())
    await world.clock.advance(1_050)
    ctx.recheck()
    await world.clock.advance(51)
    expect([checks, app.probe().status]).toEqual([3, 'ready'])
    await world.clock.advance(100)
    expect(app.probe().status).toBe('unready')
    await app.shutdown()
  })

  test('H6 without a check, and of an instance that is gone, nothing happens', async () => {
    const { app, it } = db({})
    await app.start()
    it.ctx.recheck()
    expect(app.probe().status).toBe('ready')
    await app.shutdown()
    it.ctx.recheck()
  })
})
