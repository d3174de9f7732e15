import { describe, expect, test } from 'vitest'
import { resource, type StartContext } from '../index.js'
import { scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

/** A running resource whose context is in hand. */
async function held(options: { check?: () => unknown; impact?: 'degraded' | 'none' } = {}) {
  const stage = scene()
  let ctx: StartContext | undefined
  const a = resource('a', {
    start: (_, given) => {
      ctx = given
      return 'a'
    },
    ...(options.check !== undefined && { monitor: { interval: 100 } }),
    ...options,
  })
  const app = await stage.clock.run(stage.kernel([a]).start())
  return { ...stage, app, a, ctx: ctx!, events: recordEvents(app), snapshot: () => app.inspect().resources[0]! }
}

describe('H6 health pushed by the resource itself', () => {
  test('H6 takes effect at once, without thresholds, both ways', async () => {
    const { app, ctx, events, snapshot } = await held()
    ctx.unhealthy(new Error('connection lost'))
    expect(app.probe()).toMatchObject({ status: 'unready', ready: false, live: true })
    expect(app.probe().reasons[0]!.message).toContain('connection lost')
    expect(snapshot()).toMatchObject({ state: 'running', health: 'unhealthy' })
    ctx.healthy()
    expect(app.probe()).toMatchObject({ status: 'ready', reasons: [] })
    expect(snapshot()).toMatchObject({ health: 'healthy' })
    expect(events.lines()).toEqual([
      'a: unknown → unhealthy',
      'probe: ready → unready',
      'a: unhealthy → healthy',
      'probe: unready → ready',
    ])
    await app.shutdown()
  })

  test('H6 never stops or restarts anything', async () => {
    const { clock, app, ctx, a, events } = await held()
    ctx.unhealthy(new Error('lost'))
    await clock.advance(100_000)
    expect(app.get(a)).toBe('a')
    expect(app.state).toBe('running')
    expect(events.events.some(({ type }) => type === 'resource:state')).toBe(false)
    expect((await app.shutdown()).ok).toBe(true)
  })

  test('H6 the same news twice is no news', async () => {
    const { app, ctx, events } = await held()
    ctx.unhealthy(new Error('one'))
    const probe = app.probe()
    ctx.unhealthy(new Error('one'))
    expect(app.probe()).toBe(probe)
    expect(events.events.filter(({ type }) => type === 'health:change')).toHaveLength(1)
    await app.shutdown()
  })

  test('H6 with a check beside it, the next pass makes it healthy', async () => {
    const { clock, app, ctx, events } = await held({ check: () => true })
    ctx.unhealthy(new Error('lost'))
    await clock.advance(100)
    expect(events.events.filter(({ type }) => type === 'health:change')).toMatchObject([{ to: 'unhealthy' }, { to: 'healthy' }])
    await clock.run(app.shutdown())
  })

  test('H6 with a check beside it, healthy() resets the failures that were counted', async () => {
    let ok = true
    const { clock, app, ctx, snapshot } = await held({ check: () => ok })
    ok = false
    await clock.advance(200)
    expect(snapshot().consecutiveFailures).toBe(2)
    ctx.healthy()
    expect(snapshot().consecutiveFailures).toBe(0)
    await clock.advance(200)
    expect(snapshot().health).toBe('healthy')
    await clock.run(app.shutdown())
  })

  test('H6 said during start it counts from the moment the resource runs', async () => {
    const { clock, kernel } = scene()
    const app = kernel([resource('a', { start: (_, { unhealthy }) => unhealthy(new Error('not connected yet')) })])
    await clock.run(app.start())
    expect(app.probe()).toMatchObject({ status: 'unready', started: true, reasons: [{ resource: 'a', health: 'unhealthy' }] })
    await app.shutdown()
  })

  test('H6 after the resource has stopped it is dropped', async () => {
    const { app, ctx, events } = await held()
    await app.shutdown()
    const count = events.events.length
    ctx.unhealthy(new Error('late'))
    ctx.healthy()
    ctx.crashed(new Error('late'))
    expect(events.events).toHaveLength(count)
    expect(app.probe()).toMatchObject({ status: 'stopped', live: true, reasons: [] })
  })

  test.each([
    ['degraded', 'degraded'],
    ['none', 'ready'],
  ] as const)('H6 impact %s: the probe is %s', async (impact, status) => {
    const { app, ctx } = await held({ impact })
    ctx.unhealthy(new Error('lost'))
    expect(app.probe()).toMatchObject({ status, ready: true, reasons: [{ resource: 'a' }] })
    await app.shutdown()
  })
})
