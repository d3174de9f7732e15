import { describe, expect, test } from 'vitest'
import { resource, type StartContext } from '../index.js'
import { keelsonError, startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

describe('ctx.extend(ms)', () => {
  test('moves the deadline of a start that makes progress', async () => {
    const { clock, kernel, delay, elapsed } = scene()
    const a = resource('a', {
      timeouts: { start: 100 },
      start: async (_, { extend }) => {
        for (let i = 0; i < 5; i++) {
          await delay(90)
          extend(100)
        }
        return 'up'
      },
    })
    const app = await clock.run(kernel([a]).start())
    expect([app.get(a), elapsed()]).toEqual(['up', 450])
    await app.shutdown()
  })

  test('counts from the call, and a shorter one does not shorten', async () => {
    const { clock, kernel, elapsed, delay } = scene()
    const a = resource('a', {
      timeouts: { start: 100 },
      start: (_, { extend }) => {
        extend(10)
        return delay(60).then(() => {
          extend(70)
          return hang()
        })
      },
    })
    const { errors } = await clock.run(startError(kernel([a]).start()))
    expect(elapsed()).toBe(130)
    expect(errors).toMatchObject([{ code: 'TIMEOUT', details: { limit: 130 } }])
  })

  test('may be called before the hook returns, many times, and with Infinity', async () => {
    const { clock, kernel, delay } = scene()
    const a = resource('a', {
      timeouts: { start: 10 },
      start: (_, { extend }) => {
        for (let ms = 1; ms < 50; ms++) extend(ms)
        extend(Infinity)
        return delay(2 ** 33, 'up')
      },
    })
    const app = await clock.run(kernel([a]).start())
    expect(app.get(a)).toBe('up')
    await app.shutdown()
  })

  test.each([Number.NaN, -1, '5', undefined, null])('refuses %s', async (ms) => {
    const { clock, kernel } = scene()
    const a = resource('a', { start: (_, { extend }) => extend(ms as number) })
    const { errors } = await clock.run(startError(kernel([a]).start()))
    expect(errors[0]!.cause).toMatchObject({ code: 'INVALID_OPTION', resource: 'a' })
  })

  test('covers the wait for the first good check too', async () => {
    const { clock, kernel, elapsed } = scene()
    let ctx: StartContext | undefined
    const a = resource('a', {
      timeouts: { start: 100 },
      start: (_, given) => {
        ctx = given
      },
      check: () => {
        if (elapsed() < 150) ctx!.extend(400)
        return elapsed() > 300
      },
    })
    const app = await clock.run(kernel([a]).start())
    expect(app.state).toBe('running')
    await app.shutdown()
  })

  test('after the start is over it does nothing', async () => {
    const { clock, kernel } = scene()
    let ctx: StartContext | undefined
    const app = await kernel([
      resource('a', {
        start: (_, given) => {
          ctx = given
        },
      }),
    ]).start()
    ctx!.extend(1_000)
    expect(keelsonError(() => ctx!.extend(-1)).code).toBe('INVALID_OPTION')
    await clock.run(app.shutdown())
    ctx!.extend(1_000)
  })

  test.each([1_000_000, Infinity])('extend(%d) does not move the deadline of a shutdown', async (ms) => {
    const { clock, kernel, elapsed, delay } = scene()
    const a = resource('a', {
      start: async (_, { extend }) => {
        await delay(10)
        extend(ms)
        return hang()
      },
    })
    const app = kernel([a], { shutdown: { timeout: 1_000 } })
    const failed = startError(app.start())
    await clock.advance(20)
    await clock.run(app.shutdown().catch(() => {}))
    expect(elapsed()).toBeLessThanOrEqual(1_020)
    expect((await failed).errors[0]).toMatchObject({ code: 'ABORTED' })
  })

  test('extend during a shutdown does not move its deadline', async () => {
    const { clock, kernel, elapsed, delay } = scene()
    const a = resource('a', {
      start: async (_, { extend }) => {
        for (;;) {
          await delay(100)
          if (elapsed() > 5_000) return 'far too late'
          extend(10_000)
        }
      },
    })
    const app = kernel([a], { shutdown: { timeout: 1_000 } })
    const failed = startError(app.start())
    await clock.advance(150)
    await clock.run(app.shutdown().catch(() => {}))
    expect(elapsed()).toBeLessThanOrEqual(1_150)
    await failed
    await clock.advance(10_000)
  })
})
