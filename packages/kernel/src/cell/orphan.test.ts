import { describe, expect, test } from 'vitest'
import { resource } from '../index.js'
import { shutdownError, startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'
import { recordEvents } from '../testing.js'

describe('S5 a start that runs out of time', () => {
  test('S5 aborts the signal with the TIMEOUT as reason', async () => {
    const { clock, kernel, elapsed } = scene()
    let signal: AbortSignal | undefined
    const a = resource('a', {
      timeouts: { start: 100 },
      start: (_, ctx) => {
        signal = ctx.signal
        return hang()
      },
    })
    const { errors } = await clock.run(startError(kernel([a]).start()))
    expect(elapsed()).toBe(100)
    expect(errors).toMatchObject([{ code: 'TIMEOUT', resource: 'a', phase: 'start', details: { limit: 100 } }])
    expect(errors[0]!.message).toContain('100 ms')
    expect(signal!.aborted).toBe(true)
    expect(signal!.reason).toBe(errors[0])
  })

  test('S5 a value that arrives after its timeout is stopped and reported', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const late = traced('late', {
      timeouts: { start: 10 },
      start: () => delay(50, 'the late value'),
      stop: (value) => log.push(`got ${value}`),
    })
    const app = kernel([late])
    const events = recordEvents(app)
    await clock.run(startError(app.start()))
    expect(log).toEqual(['start late'])
    await clock.advance(40)
    expect(log).toEqual(['start late', 'stop late', 'got the late value'])
    expect(events.events.at(-1)).toMatchObject({ type: 'resource:orphan', resource: 'late' })
    expect(events.events.at(-1)).not.toHaveProperty('error')
    expect(app.state).toBe('failed')
  })

  test('S5 an orphan of a kernel that runs without it is stopped; its dependents are not started after all', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const late = traced('late', { timeouts: { start: 10 }, start: () => delay(50, 'x'), impact: 'none' })
    const user = traced('user', { dependsOn: { late }, impact: 'none' })
    const app = await clock.run(kernel([user]).start())
    await clock.advance(40)
    expect(log).toEqual(['start late', 'stop late'])
    expect(app.inspect().resources.map(({ state }) => state)).toEqual(['failed', 'failed'])
    expect(await app.shutdown()).toMatchObject({
      ok: true,
      outcomes: [{ outcome: 'never-started' }, { outcome: 'never-started' }],
    })
  })

  test('S5 an orphan without a stop hook is disposed of', async () => {
    const { clock, kernel, log, delay } = scene()
    const value = { [Symbol.asyncDispose]: async () => log.push('disposed') }
    const app = kernel([resource('late', { timeouts: { start: 10 }, start: () => delay(50, value) })])
    await clock.run(startError(app.start()))
    await clock.advance(40)
    expect(log).toEqual(['disposed'])
  })

  test('S5 an orphan that fails to stop is reported with its error, and counts in a teardown that is still going on', async () => {
    const { clock, kernel, traced, delay } = scene()
    const thrown = new Error('stuck')
    const late = traced('late', {
      timeouts: { start: 10 },
      start: () => delay(50, 'x'),
      stop: () => Promise.reject(thrown),
      impact: 'none',
    })
    const app = await clock.run(kernel([late, traced('slow', { stopMs: 100 })]).start())
    const events = recordEvents(app)
    const stopped = shutdownError(app.shutdown())
    await clock.advance(40)
    expect(events.events.find(({ type }) => type === 'resource:orphan')).toMatchObject({
      resource: 'late',
      error: { code: 'STOP_FAILED', cause: thrown },
    })
    const { report } = await clock.run(stopped)
    expect(report.errors).toMatchObject([{ code: 'STOP_FAILED', resource: 'late' }])
    expect(report.ok).toBe(false)
  })

  test('S5 an orphan whose stop hangs is given up after its stop timeout, and killed', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const late = traced('late', {
      timeouts: { start: 10, stop: 20 },
      start: () => delay(50, 'x'),
      stop: hang,
      kill: (value) => log.push(`kill ${value}`),
    })
    const app = kernel([late])
    const events = recordEvents(app)
    await clock.run(startError(app.start()))
    await clock.advance(60)
    expect(log).toEqual(['start late', 'stop late', 'kill x'])
    expect(events.events.at(-1)).toMatchObject({ type: 'resource:orphan', error: { code: 'TIMEOUT', phase: 'stop' } })
  })

  test('S5 an orphan that arrives after the kernel has stopped is stopped all the same', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const late = traced('late', { timeouts: { start: 10 }, start: () => delay(500, 'x'), stop: () => delay(5), impact: 'none' })
    const app = await clock.run(kernel([late]).start())
    await clock.run(app.shutdown())
    expect(log).toEqual(['start late'])
    await clock.advance(600)
    expect(log).toEqual(['start late', 'stop late'])
    expect(app.state).toBe('stopped')
  })

  test('S5 a rejection that arrives after the timeout is an event, and nothing unhandled', async () => {
    const { clock, kernel, traced, delay } = scene()
    const thrown = new Error('much later')
    const late = traced('late', { timeouts: { start: 10 }, start: () => delay(50).then(() => Promise.reject(thrown)) })
    const app = kernel([late])
    const events = recordEvents(app)
    await clock.run(startError(app.start()))
    await clock.advance(40)
    expect(events.events.at(-1)).toMatchObject({
      type: 'resource:error',
      resource: 'late',
      phase: 'start',
      error: { cause: thrown },
    })
  })

  test('S5 what it had deferred is cleaned up at the timeout, and what it defers later when it arrives', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const late = traced('late', {
      timeouts: { start: 10 },
      start: async (_, { defer }) => {
        defer(() => log.push('early cleanup'))
        await delay(50)
        defer(() => log.push('late cleanup'))
        return 'x'
      },
    })
    const app = kernel([late])
    await clock.run(startError(app.start()))
    expect(log).toEqual(['start late', 'early cleanup'])
    await clock.advance(40)
    expect(log).toEqual(['start late', 'early cleanup', 'stop late', 'late cleanup'])
  })

  test('S5 what a start defers and then loses to a late rejection is cleaned up', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const late = traced('late', {
      timeouts: { start: 10 },
      start: async (_, { defer }) => {
        await delay(50)
        defer(() => log.push('late cleanup'))
        throw new Error('no')
      },
    })
    const app = kernel([late])
    const events = recordEvents(app)
    await clock.run(startError(app.start()))
    await clock.advance(40)
    expect(log).toEqual(['start late', 'late cleanup'])
    expect(events.events.filter(({ type }) => type === 'resource:orphan')).toEqual([]) // nothing came
  })

  test('S5 a start that ends late, and brings nothing, leaves no orphan', async () => {
    const { clock, kernel, log, traced, delay } = scene()
    const late = traced('late', {
      timeouts: { start: 10 },
      start: async (_, { defer, signal }) => {
        defer(() => log.push('cleanup'))
        await delay(20)
        signal.throwIfAborted()
      },
    })
    const app = kernel([late])
    const events = recordEvents(app)
    await clock.run(startError(app.start()))
    await clock.advance(20)
    expect(log).toEqual(['start late', 'cleanup'])
    expect(events.events.filter(({ type }) => type === 'resource:orphan')).toEqual([])
  })
})

describe('S8 timeout values at work', () => {
  test('S8 Infinity waits as long as it takes', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const year = 365 * 86_400_000
    const app = await clock.run(kernel([traced('slow', { startMs: year, timeouts: { start: Infinity } })]).start())
    expect(elapsed()).toBe(year)
    await app.shutdown()
  })

  test.each([2 ** 31, 2 ** 31 + 5, 2 ** 40])('S8 %d ms, above the range of a timer, is waited for in full', async (limit) => {
    const { clock, kernel, traced, elapsed } = scene()
    const app = kernel([
      traced('fine', { startMs: limit - 1, timeouts: { start: limit } }),
      traced('hangs', { start: hang, timeouts: { start: limit } }),
    ])
    const { errors } = await clock.run(startError(app.start()))
    expect(elapsed()).toBe(limit)
    expect(errors.map(({ resource }) => resource)).toEqual(['hangs'])
  })

  test('S8 0 is enough for what needs no time, and for nothing else', async () => {
    const { clock, kernel, traced, elapsed } = scene()
    const timeouts = { start: 0, stop: 0 }
    const app = await clock.run(
      kernel([traced('sync', { timeouts }), traced('async', { timeouts, start: async () => 'x' })]).start(),
    )
    expect((await clock.run(app.shutdown())).ok).toBe(true)
    expect(elapsed()).toBe(0)
    const { errors } = await clock.run(startError(kernel([traced('slow', { timeouts, startMs: 1, impact: 'unready' })]).start()))
    expect(errors).toMatchObject([{ code: 'TIMEOUT', details: { limit: 0 } }])
    await clock.advance(1)
  })

  test('S8 the timeouts of a resource win over those of the kernel, and those over the defaults', async () => {
    const { clock, kernel, traced } = scene()
    const app = kernel([traced('own', { timeouts: { start: 5 } }), traced('kernel'), traced('undef', { timeouts: {} })], {
      timeouts: { start: 7 },
    })
    expect(app.plan().resources.map(({ startTimeoutMs }) => startTimeoutMs)).toEqual([5, 7, 7])
    expect(kernel([traced('default')]).plan().resources[0]!.startTimeoutMs).toBe(30_000)
    const hanging = kernel([traced('hangs', { start: hang })])
    const failed = startError(hanging.start())
    await clock.advance(29_999)
    expect(hanging.state).toBe('starting')
    await clock.advance(1)
    expect((await failed).errors).toMatchObject([{ code: 'TIMEOUT', details: { limit: 30_000 } }])
  })
})
