import { describe, expect, test } from 'vitest'
import { type KernelEvent, type MonitorOptions, resource, type Timeouts } from '../index.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

/** A resource whose check does what `say` gives back, with the changes of its health. */
async function checked(options: { monitor?: MonitorOptions; timeouts?: Timeouts; impact?: 'degraded' } = {}) {
  const stage = scene()
  const state = { say: (): unknown => true, calls: 0, running: 0, most: 0, results: [] as boolean[], health: [] as string[] }
  const a = resource('a', {
    start: () => 'a',
    check: async () => {
      state.calls++
      state.most = Math.max(state.most, ++state.running)
      try {
        return await state.say()
      } finally {
        state.running--
      }
    },
    monitor: { interval: 100, ...options.monitor },
    timeouts: { check: 50, ...options.timeouts },
    ...(options.impact !== undefined && { impact: options.impact }),
  })
  const app = await stage.clock.run(stage.kernel([a]).start())
  app.on('check:result', ({ ok }) => state.results.push(ok))
  app.on('health:change', ({ from, to }) => state.health.push(`${from} → ${to}`))
  const snapshot = () => app.inspect().resources[0]!
  return { ...stage, app, state, snapshot }
}

const fails = () => Promise.reject(new Error('down'))

describe('H1 checks of one resource', () => {
  test('H1 never overlap: the interval counts from the end of one to the start of the next', async () => {
    const { clock, app, state, delay } = await checked({ timeouts: { check: 1_000 } })
    state.say = () => delay(250, true)
    await clock.advance(100 + 250 + 100 + 250 + 99)
    expect(state).toMatchObject({ calls: 3, most: 1, results: [true, true] })
    await clock.advance(1)
    expect(state.calls).toBe(4)
    await clock.run(app.shutdown())
    await clock.advance(250)
  })

  test('H1 a timeout is a failure', async () => {
    const { clock, app, state } = await checked()
    state.say = hang
    const log = recordEvents(app)
    await clock.advance(150)
    expect(log.events.filter(({ type }) => type === 'check:result')).toMatchObject([
      { resource: 'a', ok: false, durationMs: 50, error: { code: 'TIMEOUT', phase: 'check', details: { limit: 50 } } },
    ])
    await clock.run(app.shutdown())
  })

  test('H1 one that hangs is given up, and the next is called all the same, until three of them are open', async () => {
    const { clock, app, state, snapshot } = await checked()
    state.say = hang
    await clock.advance(1_000)
    expect(state).toMatchObject({ calls: 4, most: 3, health: ['healthy → unhealthy'] })
    const { health, checks, responseMs } = snapshot()
    expect(health).toBe('unhealthy')
    expect(checks.slice(0, 3).map(({ durationMs }) => durationMs)).toEqual([50, 50, 50])
    // From then on each interval fails, with the time for which the first of them has been open.
    expect(checks[3]!).toMatchObject({
      ok: false,
      durationMs: 450,
      error: expect.stringContaining('last 3 checks have not ended'),
    })
    expect(responseMs!.p50).toBeGreaterThan(0)
    await clock.run(app.shutdown())
  })

  test('H1 one that hangs once does not keep the resource unhealthy when the next passes', async () => {
    const { clock, app, state, snapshot } = await checked({ monitor: { failureThreshold: 1 } })
    state.say = hang
    await clock.advance(150)
    expect(snapshot().health).toBe('unhealthy')
    state.say = () => true
    await clock.advance(100)
    expect(snapshot().health).toBe('healthy')
    expect(state).toMatchObject({ calls: 3, results: [false, true] })
    await clock.run(app.shutdown())
  })

  test('H1 what waits for an abandoned check to end is called again once one has', async () => {
    const { clock, app, state, delay, snapshot } = await checked()
    state.say = () => delay(2_000, true)
    await clock.advance(1_000)
    state.say = () => true
    expect(state.calls).toBe(4)
    await clock.advance(1_500)
    expect(snapshot().health).toBe('healthy')
    await clock.run(app.shutdown())
  })

  test('H1 after a first failure checks come faster, until the verdict', async () => {
    const { clock, kernel, elapsed } = scene()
    const at: number[] = []
    let ok = true
    const db = resource('db', {
      start: () => 1,
      check: () => {
        at.push(elapsed())
        return ok
      },
      monitor: { failureThreshold: 4 },
    })
    const app = await clock.run(kernel([db]).start())
    ok = false
    await clock.advance(40_000)
    // Every 10 s; then after 1, 2 and 4 s; then it is unhealthy.
    expect(at.slice(1)).toEqual([10_000, 11_000, 13_000, 17_000, 27_000, 37_000])
    await clock.run(app.shutdown())
  })

  test('H1 with gate: false a check does not hold up the start, and is called at once after it', async () => {
    const { clock, kernel } = scene()
    const db = resource('db', { start: () => 1, check: () => false, monitor: { gate: false, failureThreshold: 1 } })
    const app = await clock.run(kernel([db]).start())
    expect(app.probe().status).toBe('ready')
    expect(app.inspect().resources[0]!.health).toBe('unknown')
    await clock.advance(0)
    expect(app.inspect().resources[0]!.health).toBe('unhealthy')
    await clock.run(app.shutdown())
  })

  test('H1 one that comes back late is not counted; the next is asked again', async () => {
    const { clock, app, state, delay, snapshot } = await checked()
    state.say = () => delay(80, true)
    await clock.advance(100 + 50)
    state.say = () => true
    await clock.advance(100)
    expect(state).toMatchObject({ calls: 3, most: 1, results: [false, true] })
    expect(snapshot().checks.map(({ ok }) => ok)).toEqual([false, true])
    await clock.run(app.shutdown())
  })

  test('H1 late results of an earlier generation are dropped', async () => {
    const { clock, app, state, delay } = await checked({ timeouts: { check: 5_000 }, monitor: { failureThreshold: 1 } })
    state.say = () => delay(300).then(fails)
    await clock.advance(150)
    await clock.run(app.shutdown())
    state.say = () => true
    await clock.run(app.start())
    state.results.length = state.health.length = 0
    await clock.advance(450)
    expect(state.results).toEqual([true, true, true, true])
    expect(state.health).toEqual([])
    await clock.run(app.shutdown())
  })

  test('H1 checks go on while the kernel drains, and none starts after that', async () => {
    const { clock, app, state } = await checked()
    await clock.run(app.shutdown())
    const { calls } = state
    await clock.advance(1_000)
    expect(state.calls).toBe(calls)
  })

  test('H1 resources are checked apart: one that hangs delays no other', async () => {
    const { clock, kernel } = scene()
    const results: string[] = []
    let stuck = false
    const app = kernel([
      resource('stuck', { start: () => 1, check: () => (stuck ? hang() : true), monitor: { interval: 100 } }),
      resource('fine', { start: () => 1, check: () => true, monitor: { interval: 100 } }),
    ])
    await clock.run(app.start())
    stuck = true
    app.on('check:result', ({ resource }) => results.push(resource))
    await clock.advance(300)
    expect(results).toEqual(['fine', 'fine', 'fine'])
    await clock.run(app.shutdown())
  })
})

describe('H2 thresholds', () => {
  test('H2 three failures in a row make it unhealthy, one pass healthy again', async () => {
    const { clock, app, state, snapshot } = await checked()
    state.say = fails
    await clock.advance(200)
    expect(state.health).toEqual([])
    expect(snapshot()).toMatchObject({ health: 'healthy', consecutiveFailures: 2 })
    expect(app.probe().status).toBe('ready')
    await clock.advance(100)
    expect(snapshot()).toMatchObject({ health: 'unhealthy', consecutiveFailures: 3 })
    expect(app.probe()).toMatchObject({ status: 'unready', ready: false, live: true })
    await clock.advance(200)
    state.say = () => true
    await clock.advance(100)
    expect(state.health).toEqual(['healthy → unhealthy', 'unhealthy → healthy'])
    expect(snapshot()).toMatchObject({ health: 'healthy', consecutiveFailures: 0 })
    expect(app.probe().status).toBe('ready')
    await clock.run(app.shutdown())
  })

  test('H2 a pass resets the failures, a failure the passes', async () => {
    const { clock, app, state } = await checked({ monitor: { failureThreshold: 3, successThreshold: 3 } })
    const script = 'FFPFFPFFFPPFPPFPPPFFF'.split('')
    state.say = () => (script.shift() === 'F' ? fails() : true)
    const at: number[] = []
    app.on('health:change', () => at.push(state.results.length))
    await clock.advance(script.length * 100)
    expect(state.health).toEqual(['healthy → unhealthy', 'unhealthy → healthy', 'healthy → unhealthy'])
    expect(at).toEqual([9, 18, 21])
    await clock.run(app.shutdown())
  })

  test('H2 a threshold of 1 is at once', async () => {
    const { clock, app, state } = await checked({ monitor: { failureThreshold: 1 } })
    state.say = fails
    await clock.advance(100)
    expect(state.health).toEqual(['healthy → unhealthy'])
    await clock.run(app.shutdown())
  })

  test('H2 the change carries the last failure, and the probe and inspect() tell of it', async () => {
    const { clock, app, state, snapshot } = await checked({ monitor: { failureThreshold: 2 }, impact: 'degraded' })
    const thrown = new Error('connection refused')
    state.say = () => Promise.reject(thrown)
    const changes: KernelEvent[] = []
    app.on('health:change', (event) => changes.push(event))
    await clock.advance(200)
    expect(changes).toMatchObject([
      { resource: 'a', to: 'unhealthy', error: { code: 'CHECK_FAILED', phase: 'check', cause: thrown } },
    ])
    expect(app.probe()).toMatchObject({ status: 'degraded', ready: true })
    expect(app.probe().reasons).toMatchObject([{ resource: 'a', state: 'running', health: 'unhealthy' }])
    expect(app.probe().reasons[0]!.message).toContain('connection refused')
    expect(snapshot().error).toContain('connection refused')
    state.say = () => true
    await clock.advance(100)
    expect(changes[1]).not.toHaveProperty('error')
    expect(snapshot()).not.toHaveProperty('error')
    await clock.run(app.shutdown())
  })

  test('H2 the defaults: every 10 s, three failures, one pass', async () => {
    const { clock, kernel } = scene()
    let ok = true
    const app = kernel([resource('a', { start: () => 1, check: () => ok })])
    const seen: string[] = []
    await clock.run(app.start())
    app.on('event', ({ type }) => type !== 'probe:change' && seen.push(type))
    await clock.advance(9_999)
    expect(seen).toEqual([])
    ok = false
    // After the first failure it is asked again after 1 s, then after 2 s more.
    await clock.advance(3_001)
    expect(seen).toEqual(['check:result', 'check:result', 'check:result', 'health:change'])
    ok = true
    await clock.advance(10_000)
    expect(seen.slice(4)).toEqual(['check:result', 'health:change'])
    await clock.run(app.shutdown())
  })

  test('H2 a resource without a check has unknown health and no checks', async () => {
    const { clock, kernel, traced } = scene()
    const app = await kernel([traced('a')]).start()
    await clock.advance(100_000)
    expect(app.inspect().resources).toMatchObject([{ health: 'unknown', checks: [] }])
    await clock.run(app.shutdown())
  })
})

describe('H3 history', () => {
  test('H3 is a ring of the latest results, oldest first', async () => {
    const { clock, app, state, snapshot } = await checked({ monitor: { history: 3, failureThreshold: 99 } })
    const script = 'PFPFF'.split('')
    state.say = () => (script.shift() === 'F' ? fails() : true)
    const origin = clock.now()
    await clock.advance(200)
    expect(snapshot().checks.map(({ ok }) => ok)).toEqual([true, false])
    await clock.advance(300)
    const { checks } = snapshot()
    expect(checks.map(({ at, ok, durationMs }) => [at - origin, ok, durationMs])).toEqual([
      [300, true, 0],
      [400, false, 0],
      [500, false, 0],
    ])
    expect(checks[0]).not.toHaveProperty('error')
    expect(checks[1]!.error).toContain('down')
    expect(JSON.parse(JSON.stringify(checks))).toEqual(checks)
    await clock.run(app.shutdown())
  })

  test('H3 keeps 50 unless told otherwise', async () => {
    const { clock, app, snapshot } = await checked()
    await clock.advance(100 * 75)
    expect(snapshot().checks).toHaveLength(50)
    await clock.run(app.shutdown())
  })

  test('H3 of 1 keeps the last', async () => {
    const { clock, app, snapshot } = await checked({ monitor: { history: 1 } })
    await clock.advance(500)
    expect(snapshot().checks).toHaveLength(1)
    await clock.run(app.shutdown())
  })
})
