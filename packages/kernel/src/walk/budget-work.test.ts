import { describe, expect, test } from 'vitest'
import { type Kernel, type Resource, ref, resource, type ShutdownError, type StopContext } from '../index.js'
import { hang, type Scene, scene, type TracedOptions } from '../test-support/scene.js'

/** Shuts down and returns the report, whether or not everything went well. */
async function report({ clock }: Scene, app: Kernel) {
  return clock.run(app.shutdown().catch((error: ShutdownError) => error.report))
}

const outcomesOf = ({ outcomes }: { outcomes: readonly { resource: string; outcome: string }[] }) =>
  Object.fromEntries(outcomes.map(({ resource: name, outcome }) => [name, outcome]))

/** A chain of resources with a stop, one below the other; returns the uppermost. */
function chainOf({ traced }: Scene, length: number, options: TracedOptions = {}): Resource<string> {
  let upper = traced('r1', options)
  for (let i = 2; i <= length; i++) upper = traced(`r${i}`, { ...options, dependsOn: { upper } })
  return upper
}

describe('D3 work comes first', () => {
  test('D3 a drain of 8 s above others with all the defaults is not cut at 25 s', async () => {
    const world = scene()
    const { traced, kernel, clock, delay, elapsed } = world
    const otel = traced('otel', { timeouts: { stop: 3_000 } })
    const crunch = traced('crunch', { after: [otel], drain: () => {} })
    const db = traced('db', { after: [otel] })
    const redis = traced('redis', { after: [otel] })
    const worker = traced('worker', { dependsOn: { db, redis, crunch }, drain: () => delay(8_000) })
    const app = await clock.run(kernel([worker]).start())
    expect(await report(world, app)).toMatchObject({ ok: true, durationMs: 8_000 })
    expect(elapsed()).toBe(8_000)
  })

  test('D3 a drain of 15 s above ten trivial resources has what they do not need', async () => {
    const world = scene()
    const { traced, kernel, clock, delay } = world
    let deadline = 0
    const server = traced('server', {
      dependsOn: { below: chainOf(world, 10) },
      timeouts: { drain: Infinity },
      drain: (_, ctx) => {
        deadline = ctx.deadline - clock.now()
        return delay(15_000)
      },
    })
    const app = await clock.run(kernel([server]).start())
    expect(await report(world, app)).toMatchObject({ ok: true })
    // Half a second for each stop, its own included.
    expect(deadline).toBe(25_000 - 11 * 500)
  })

  test('D3 what drains below keeps up to two seconds for that', async () => {
    const world = scene()
    const { traced, kernel, clock } = world
    let granted = 0
    const slow = traced('slow', { drain: () => {} })
    const quick = traced('quick', { dependsOn: { slow }, drain: () => {}, timeouts: { drain: 300, stop: 200 } })
    const server = resource('server', {
      dependsOn: { quick },
      start: () => 1,
      drain: (_, ctx) => {
        granted = ctx.deadline - clock.now()
      },
      timeouts: { drain: Infinity },
    })
    const app = await clock.run(kernel([server], { shutdown: { timeout: 10_000 } }).start())
    await report(world, app)
    expect(granted).toBe(10_000 - (2_000 + 500) - (300 + 200))
  })

  test('D3 what is kept grows to twice the longest stop that was seen', async () => {
    const world = scene()
    const { traced, kernel, clock } = world
    let stopMs = 1_500
    let granted = 0
    const db = traced('db', { stop: () => world.delay(stopMs) })
    const server = traced('server', {
      dependsOn: { db },
      timeouts: { drain: Infinity },
      drain: (_, ctx) => {
        granted = ctx.deadline - clock.now()
      },
    })
    const app = await clock.run(kernel([server], { shutdown: { timeout: 10_000 } }).start())
    await clock.run(app.restart(db))
    expect(granted).toBe(10_000 - 500 - 500)
    stopMs = 10 // the longest counts, not the last
    await clock.run(app.restart(db))
    await report(world, app)
    expect(granted).toBe(10_000 - 500 - 3_000)
  })

  test('D3 what is kept never exceeds its own timeouts', async () => {
    const world = scene()
    const { traced, kernel, clock } = world
    let granted = 0
    const db = traced('db', { stopMs: 90, timeouts: { stop: 100 } })
    const server = traced('server', {
      dependsOn: { db },
      timeouts: { drain: Infinity },
      drain: (_, ctx) => {
        granted = ctx.deadline - clock.now()
      },
    })
    const app = await clock.run(kernel([server], { shutdown: { timeout: 10_000 } }).start())
    await clock.run(app.restart(db))
    await report(world, app)
    expect(granted).toBe(10_000 - 500 - 100)
  })
})

describe('D3 nobody starves', () => {
  test('D3 in a chain of 30 whose stops all hang each is asked, for their reserves fit', async () => {
    const world = scene()
    const { kernel, clock, log, elapsed } = world
    const app = await clock.run(kernel([chainOf(world, 30, { stop: hang })]).start())
    const { outcomes } = await report(world, app)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(30).fill('timed-out'))
    expect(log.filter((line) => line.startsWith('stop'))).toHaveLength(30)
    expect(elapsed()).toBeLessThanOrEqual(25_000)
    for (const { durationMs } of outcomes) expect(durationMs).toBeGreaterThanOrEqual(499)
  })

  /** A database below what may take a lease on the cache, or defer a cleanup, once the teardown has begun. */
  async function late(what: 'lease' | 'defer' | 'nothing') {
    const world = scene()
    const { traced, kernel, clock, elapsed } = world
    let left: number | undefined
    let deferIn: ((cleanup: () => unknown) => void) | undefined
    const db = traced('db', {
      stop: (_, ctx) => {
        left = ctx.deadline - clock.now()
      },
    })
    const cache = traced('cache', {
      dependsOn: { db },
      start: (_, ctx) => {
        deferIn = ctx.defer
        return 'cache'
      },
    })
    const user = resource('user', {
      dependsOn: { cache: ref(cache) },
      start: (deps) => deps.cache,
      stop: (follows) => {
        if (what === 'lease') void follows.use(hang)
        if (what === 'defer') deferIn!(hang)
      },
    })
    const app = await clock.run(kernel([user], { shutdown: { timeout: 10_000 } }).start())
    const told = await report(world, app)
    return { told, left, elapsed: elapsed() }
  }

  test.each(['lease', 'defer'] as const)('D3 a %s that comes late cannot take what is kept for those below', async (what) => {
    const { told, left, elapsed } = await late(what)
    expect(outcomesOf(told)).toMatchObject({ user: 'stopped', db: 'stopped' })
    expect(left).toBeGreaterThanOrEqual(500)
    expect(elapsed).toBeLessThanOrEqual(10_000)
    expect(told.errors).toMatchObject([{ code: 'TIMEOUT', resource: 'cache' }])
  })

  test('D3 without it the last one has what it asks for', async () => {
    expect(await late('nothing')).toMatchObject({ told: { ok: true }, left: 10_000, elapsed: 0 })
  })

  test.each([1, 2, 3, 10])(
    'D3 D4 an asynchronous kill at the bottom of a chain of %d that the budget cuts has time',
    async (depth) => {
      const world = scene()
      const { kernel, clock, delay, elapsed } = world
      const below = chainOf(world, depth, { stop: hang, kill: () => delay(5) })
      const app = await clock.run(kernel([below], { shutdown: { timeout: 6_000 } }).start())
      const { outcomes } = await report(world, app)
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(depth).fill('killed'))
      expect(elapsed()).toBeLessThanOrEqual(6_000)
    },
  )

  test('D3, G4 its own timeouts are those that it was defined with', async () => {
    const world = scene()
    const { traced, kernel, clock } = world
    const timeouts = { drain: 100 }
    let ctx: StopContext | undefined
    const a = traced('a', { timeouts, drain: (_, context) => { ctx = context } }) // biome-ignore format: one line
    const app = await clock.run(kernel([a]).start())
    timeouts.drain = 200
    await report(world, app)
    expect(ctx!.deadline).toBe(clock.now() + 100)
  })

  test('D3 a restart of a part has the same rules, and as much time as the whole', async () => {
    const world = scene()
    const { kernel, clock, elapsed } = world
    let hangs = true
    const top = chainOf(world, 4, { stop: () => (hangs ? hang() : undefined) })
    const app = await clock.run(kernel([top], { shutdown: { timeout: 3_000 } }).start())
    const restarted = app.restart(top)
    await clock.run(restarted)
    expect(elapsed()).toBe(3_000)
    hangs = false
    await report(world, app)
  })
})
