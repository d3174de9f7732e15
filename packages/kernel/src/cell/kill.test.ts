import { describe, expect, test } from 'vitest'
import { type ResourceOptions, resource } from '../index.js'
import { shutdownError } from '../test-support/rejection.js'
import { hang, type Scene, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

type Options = Partial<ResourceOptions<string, Record<string, never>>>

/** A resource whose stop hangs, and one below it that must be stopped all the same. */
async function stuck(make: Options | ((stage: Scene) => Options)) {
  const stage = scene()
  const options = typeof make === 'function' ? make(stage) : make
  const below = stage.traced('below')
  const a = stage.traced('a', { after: [below], timeouts: { stop: 100 }, stop: hang, ...(options as object) })
  const app = await stage.kernel([a]).start()
  stage.log.length = 0
  const events = recordEvents(app)
  const { report } = await stage.clock.run(shutdownError(app.shutdown()))
  const [upper, lower] = report.outcomes
  expect(lower).toMatchObject({ resource: 'below', outcome: 'stopped' })
  expect(stage.log.at(-1)).toBe('stop below')
  return { ...stage, report, outcome: upper!, events }
}

describe('D4 a stop that runs out of time', () => {
  test('D4 without kill: timed-out, and its dependencies go on', async () => {
    const { report, outcome, elapsed } = await stuck({})
    expect(outcome).toMatchObject({
      outcome: 'timed-out',
      durationMs: 100,
      error: { code: 'TIMEOUT', phase: 'stop', details: { limit: 100 } },
    })
    expect(report.errors).toHaveLength(1)
    expect(elapsed()).toBe(100)
  })

  test('D4 with a kill that works: killed; the report is not ok, for the stop did time out', async () => {
    const { report, outcome, log, elapsed } = await stuck(({ log }) => ({ kill: (value) => log.push(`kill ${value}`) }))
    expect(log).toEqual(['stop a', 'kill a', 'stop below'])
    expect(outcome).toMatchObject({ outcome: 'killed', error: { code: 'TIMEOUT' } })
    expect(report.ok).toBe(false)
    expect(elapsed()).toBe(100)
  })

  test('D4 with an asynchronous kill: waited for', async () => {
    const { outcome, elapsed } = await stuck(({ delay }) => ({ kill: () => delay(50) }))
    expect(outcome).toMatchObject({ outcome: 'killed' })
    expect(elapsed()).toBe(150)
  })

  test('D4 with a kill that hangs: timed-out, after a bounded wait', async () => {
    const { outcome, elapsed } = await stuck({ kill: hang })
    expect(outcome.outcome).toBe('timed-out')
    expect(elapsed()).toBeGreaterThan(100)
    expect(elapsed()).toBeLessThanOrEqual(1_100)
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no kill')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no kill'))],
  ])('D4 with a kill that %s: timed-out, both errors in the report', async (_, kill) => {
    const { report, outcome, events } = await stuck({ kill })
    expect(outcome).toMatchObject({ outcome: 'timed-out', error: { code: 'TIMEOUT' } })
    expect(report.errors.map(({ code, phase }) => `${phase} ${code}`)).toEqual(['stop TIMEOUT', 'kill KILL_FAILED'])
    const told = events.events.filter(({ type }) => type === 'resource:error')
    expect(told).toMatchObject([{ phase: 'stop' }, { phase: 'kill' }])
  })

  test('D4 the signal has aborted by the time kill is called', async () => {
    let signal: AbortSignal | undefined
    let aborted: boolean | undefined
    await stuck({
      stop: (_, ctx) => {
        signal = ctx.signal
        return hang()
      },
      kill: () => {
        aborted = signal!.aborted
      },
    })
    expect(aborted).toBe(true)
  })

  test('D4 a stop that ends because of the abort is timed-out all the same', async () => {
    const { outcome } = await stuck({
      stop: (_, { signal }) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    })
    expect(outcome.outcome).toBe('timed-out')
  })

  test('D4 a stop that throws the abort reason is one error, not two', async () => {
    const { clock, report, events } = await stuck({
      stop: (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    await clock.settle()
    expect(report.errors).toHaveLength(1)
    expect(events.events.filter(({ type }) => type === 'resource:error')).toHaveLength(1)
  })

  test('kill is not called when stop fails in time, or succeeds', async () => {
    const { clock, kernel, log, traced } = scene()
    const kill = () => log.push('kill')
    const app = await kernel([
      traced('fails', { stop: () => Promise.reject(new Error('no')), kill }),
      traced('fine', { kill }),
    ]).start()
    await clock.run(shutdownError(app.shutdown()))
    expect(log).toEqual(['start fails', 'start fine', 'stop fine', 'stop fails'])
  })

  test('kill is called for a dispose that hangs', async () => {
    const { clock, kernel, log } = scene()
    const value = { [Symbol.asyncDispose]: hang }
    const app = await kernel([
      resource('a', { start: () => value, timeouts: { stop: 10 }, kill: () => log.push('kill') }),
    ]).start()
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(log).toEqual(['kill'])
    expect(report.outcomes).toMatchObject([{ outcome: 'killed' }])
  })

  test('D4 a drain that times out is recorded, its signal aborts, and stop follows', async () => {
    const { clock, kernel, log, traced, elapsed } = scene()
    let signal: AbortSignal | undefined
    const a = traced('a', {
      timeouts: { drain: 50 },
      drain: (_, ctx) => {
        signal = ctx.signal
        return hang()
      },
    })
    const app = await kernel([a]).start()
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(log).toEqual(['start a', 'drain a', 'stop a'])
    expect(elapsed()).toBe(50)
    expect(signal!.reason).toBe(report.errors[0])
    expect(report.outcomes).toMatchObject([
      { outcome: 'stopped', error: { code: 'TIMEOUT', phase: 'drain', details: { limit: 50 } } },
    ])
  })

  test('a hook that fails after it was given up is an event and, while the teardown goes on, in the report', async () => {
    const { clock, kernel, traced, delay } = scene()
    const [late, later] = [new Error('late drain'), new Error('late stop')]
    const below = traced('below', { stopMs: 100 })
    const a = traced('a', {
      after: [below],
      timeouts: { drain: 10, stop: 10 },
      drain: () => delay(40).then(() => Promise.reject(late)),
      stop: () => delay(40).then(() => Promise.reject(later)),
    })
    const app = await kernel([a]).start()
    const events = recordEvents(app)
    const { report } = await clock.run(shutdownError(app.shutdown()))
    const causes = report.errors.map(({ cause }) => cause).filter((cause) => cause !== undefined)
    expect(causes).toEqual([late, later])
    const told = events.events.flatMap((event) => (event.type === 'resource:error' ? [event.error.cause] : []))
    expect(told.filter((cause) => cause !== undefined)).toEqual([late, later])
    expect(report.outcomes).toHaveLength(2)
  })
})

describe('S8 limits above the range of a timer', () => {
  test.each(['drain', 'stop'] as const)('S8 a %s limit of 2^31 + 5 ms is waited for in full', async (hook) => {
    const { clock, kernel, traced, elapsed } = scene()
    const limit = 2 ** 31 + 5
    const a = traced('a', { [hook]: hang, timeouts: { [hook]: limit } })
    const app = await kernel([a], { shutdown: { timeout: 2 ** 40 } }).start()
    const { errors } = await clock.run(shutdownError(app.shutdown()))
    expect(elapsed()).toBe(limit)
    expect(errors).toMatchObject([{ code: 'TIMEOUT', phase: hook, details: { limit } }])
  })

  test('S8 a drain and a stop without a limit take as long as they take, in a shutdown without a limit', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const month = 30 * 86_400_000
    const a = traced('a', { drainMs: month, stopMs: month, timeouts: { drain: Infinity, stop: Infinity } })
    const app = await kernel([a], { shutdown: { timeout: Infinity } }).start()
    expect((await clock.run(app.shutdown())).ok).toBe(true)
    expect(elapsed()).toBe(2 * month)
  })

  test.each([2 ** 31 + 5, Infinity])('S8 a check limit of %d ms', async (limit) => {
    const { clock, kernel, delay } = scene()
    const results: boolean[] = []
    let slow = false
    const check = () => (slow ? delay(2 ** 31 + 4) : true)
    const app = await clock.run(kernel([resource('a', { start: () => 1, check, timeouts: { check: limit } })]).start())
    slow = true
    app.on('check:result', ({ ok }) => results.push(ok))
    await clock.advance(10_000 + 2 ** 31 + 4)
    expect(results).toEqual([true])
    await clock.run(app.shutdown())
  })
})
