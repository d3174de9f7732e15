import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createKernel, resource, type StartContext } from '../index.js'
import { scene } from '../test-support/scene.js'
import { recordEvents, virtualClock } from '../testing.js'
import { decideRestart } from './restart-policy.js'

const never = () => 0

describe('H4 the decision', () => {
  test('H4 as many attempts as the policy allows within its window, then no more', () => {
    const policy = { attempts: 2, within: 1_000, jitter: 0 }
    const first = decideRestart(policy, [], 0, never)
    expect(first).toEqual({ allowed: true, attempt: 1, delayMs: 100, past: [0] })
    const second = decideRestart(policy, [0], 500, never)
    expect(second).toEqual({ allowed: true, attempt: 2, delayMs: 200, past: [0, 500] })
    expect(decideRestart(policy, [0, 500], 999, never)).toEqual({ allowed: false, attempts: 2 })
  })

  test('H4 what is older than the window no longer counts, neither as an attempt nor for the delay', () => {
    const policy = { attempts: 2, within: 1_000, jitter: 0 }
    expect(decideRestart(policy, [0, 500], 1_000, never)).toEqual({ allowed: true, attempt: 2, delayMs: 200, past: [500, 1_000] })
    expect(decideRestart(policy, [0, 500], 5_000, never)).toEqual({ allowed: true, attempt: 1, delayMs: 100, past: [5_000] })
  })

  test('H4 the delay grows by the factor up to the cap', () => {
    const policy = { attempts: 10, within: Infinity, delay: 10, factor: 3, maxDelay: 500, jitter: 0 }
    const delays: number[] = []
    let past: readonly number[] = []
    for (let now = 0; now < 6; now++) {
      const decision = decideRestart(policy, past, now, never)
      if (!decision.allowed) break
      delays.push(decision.delayMs)
      past = decision.past
    }
    expect(delays).toEqual([10, 30, 90, 270, 500, 500])
  })

  test('H4 one that never gives up and does not delay has no delay, however often it was restarted', () => {
    const past = Array.from({ length: 1_000 }, (_, i) => i)
    const policy = { attempts: Infinity, within: Infinity, delay: 0, factor: 10 }
    expect(decideRestart(policy, past, 1_000, never)).toMatchObject({ allowed: true, delayMs: 0 })
  })

  test('H4 jitter only ever shortens, by at most its part', () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true })
    const delay = fc.double({ min: 0, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(part, part, delay, fc.integer({ min: 0, max: 60 }), (jitter, random, delay, before) => {
        const policy = { attempts: 100, within: Infinity, delay, jitter }
        const past = Array.from({ length: before }, (_, i) => i)
        const decision = decideRestart(policy, past, 100, () => random)
        const full = Math.min(30_000, delay * 2 ** before)
        if (!decision.allowed) return expect.unreachable('an attempt was left')
        expect(decision.delayMs).toBeLessThanOrEqual(full)
        expect(decision.delayMs).toBeGreaterThanOrEqual(full * (1 - jitter) - 1e-9 * full)
      }),
    )
  })

  test('H4 a growing delay that leaves the range of numbers is still the cap', () => {
    const decision = decideRestart(
      { attempts: 5_000, within: Infinity, factor: 10, jitter: 0 },
      new Array(2_000).fill(0),
      1,
      never,
    )
    expect(decision).toMatchObject({ allowed: true, delayMs: 30_000 })
  })
})

describe('H4 the policy in a kernel', () => {
  /** A resource that crashes on demand, and says when it started. */
  function crashing(restart: {
    attempts: number
    within: number
    delay?: number
    factor?: number
    maxDelay?: number
    jitter?: number
  }) {
    const starts: number[] = []
    let ctx: StartContext
    const crash = () => ctx.crashed(new Error('gone'))
    const at = (now: () => number) =>
      resource('db', {
        start: (_, context) => {
          ctx = context
          starts.push(now())
          return starts.length
        },
        restart,
      })
    return { starts, crash, at }
  }

  test.each([
    [0, 100],
    [0.5, 95],
    [0.999, 90.01],
  ])('H4 with chance at %d a default delay of 100 ms becomes %d ms', async (chance, expected) => {
    const clock = virtualClock({ now: 1, random: () => chance })
    const { starts, crash, at } = crashing({ attempts: 1, within: 1_000 })
    const app = await createKernel([at(() => clock.now())], { clock }).start()
    crash()
    await clock.advance(100)
    expect(starts[1]! - starts[0]!).toBeCloseTo(expected, 5)
    await app.shutdown()
  })

  test('H4 each restart of the window waits longer; after a quiet window the first delay is back', async () => {
    const { clock, kernel, elapsed } = scene()
    const { starts, crash, at } = crashing({ attempts: 3, within: 10_000, delay: 100, factor: 2, jitter: 0 })
    const app = await clock.run(kernel([at(elapsed)]).start())
    for (const wait of [100, 200, 400]) {
      crash()
      await clock.advance(wait)
    }
    expect(starts).toEqual([0, 100, 300, 700])
    await clock.advance(10_000)
    crash()
    await clock.advance(100)
    expect(starts.at(-1)).toBe(10_800)
    expect(app.inspect().resources[0]).toMatchObject({ state: 'running', restarts: 1 })
    await app.shutdown()
  })

  test('H4 without a delay it is back within the turn', async () => {
    const { clock, kernel, elapsed } = scene()
    const { starts, crash, at } = crashing({ attempts: 1, within: 1_000, delay: 0 })
    const app = await clock.run(kernel([at(elapsed)]).start())
    crash()
    await clock.settle()
    expect(starts).toEqual([0, 0])
    expect(app.probe().status).toBe('ready')
    await app.shutdown()
  })

  test('H4 the events tell the attempt, the delay and all that go with it', async () => {
    const { clock, kernel, elapsed } = scene()
    const { crash, at } = crashing({ attempts: 2, within: 10_000, delay: 10, jitter: 0 })
    const app = await clock.run(kernel([at(elapsed)]).start())
    const log = recordEvents(app)
    for (const wait of [10, 20, 0]) {
      crash()
      await clock.advance(wait)
    }
    const about = log.events.filter(({ type }) => type.startsWith('restart:'))
    expect(about).toMatchObject([
      { type: 'restart:scheduled', resource: 'db', attempt: 1, delayMs: 10, resources: ['db'], error: { code: 'CRASHED' } },
      { type: 'restart:done', resource: 'db', attempt: 1, durationMs: 10 },
      { type: 'restart:scheduled', resource: 'db', attempt: 2, delayMs: 20 },
      { type: 'restart:done', resource: 'db', attempt: 2, durationMs: 20 },
      { type: 'restart:exhausted', resource: 'db', attempts: 2, error: { code: 'CRASHED' } },
    ])
    await app.shutdown()
  })

  test('H4 a restart with a window that has passed starts anew after shutdown and start', async () => {
    const { clock, kernel, elapsed } = scene()
    const { crash, at } = crashing({ attempts: 1, within: 60_000, delay: 0 })
    const app = await clock.run(kernel([at(elapsed)]).start())
    crash()
    await clock.settle()
    await clock.run(app.shutdown())
    await clock.run(app.start())
    crash()
    await clock.settle()
    expect(app.state).toBe('running')
    await app.shutdown()
  })
})
