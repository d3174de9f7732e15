import { createKernel, type Kernel, type ShutdownError } from '@keelson/kernel'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RateLimiter } from './rate-limit.js'
import { type RateLimiterOptions, rateLimiter } from './rate-limiter.js'
import { RedisStandIn } from './test-support/redis-stand-in.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'hrtime'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const never = new Promise<void>(() => {})

describe.each(['nodeRedis', 'ioRedis'] as const)('a limiter with a client like %s', (kind) => {
  let redis: RedisStandIn
  let kernel: Kernel
  let limiter: RateLimiter

  async function start(options: Partial<RateLimiterOptions<Record<never, never>>> = {}) {
    redis = new RedisStandIn()
    const limited = rateLimiter('limiter', { redis: () => redis[kind], limit: 2, window: 10_000, ...options })
    kernel = await createKernel([limited]).start()
    limiter = kernel.get(limited)
  }

  it('fails at once while the client is not connected', async () => {
    await start()
    redis.connected = false
    await expect(limiter.consume('ada')).rejects.toMatchObject({ code: 'DEPENDENCY_FAILED', resource: 'limiter' })
    await expect(limiter.reset('ada')).rejects.toThrow(/resource "limiter" cannot count: its client is not connected/)
    redis.connected = true
    expect(await limiter.consume('ada')).toMatchObject({ allowed: true, remaining: 1 })
    expect(vi.getTimerCount()).toBe(0)
    await kernel.shutdown()
  })

  it('waits for an answer no longer than redisTimeout', async () => {
    await start({ redisTimeout: 300 })
    redis.hold = never
    const failed = [limiter.consume('ada'), limiter.reset('ada')].map((work) => work.catch((error: unknown) => error))
    let over = false
    void Promise.all(failed).then(() => {
      over = true
    })
    await vi.advanceTimersByTimeAsync(299)
    expect(over).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    for (const error of await Promise.all(failed)) {
      expect(error).toMatchObject({ code: 'DEPENDENCY_FAILED', resource: 'limiter' })
      expect(String(error)).toMatch(/Redis has not answered within 300 ms/)
    }
    await kernel.shutdown()
  })

  it('counts in the process when the answer is late', async () => {
    await start({ fallback: 'memory' })
    redis.hold = never
    const answer = limiter.consume('ada', 2)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await answer).toMatchObject({ allowed: true, remaining: 0 })
    await kernel.shutdown()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('forgets with reset what was counted in the process, too', async () => {
    await start({ fallback: 'memory' })
    redis.down = true
    await limiter.consume('ada', 2)
    redis.down = false
    await limiter.reset('ada')
    redis.down = true
    expect(await limiter.consume('ada')).toMatchObject({ allowed: true, remaining: 1 })
    await kernel.shutdown()
  })

  it('has answered what was asked when it has stopped, and leaves no timer of that', async () => {
    await start({ fallback: 'memory' })
    let answerNow = () => {}
    redis.hold = new Promise((resolve) => {
      answerNow = resolve
    })
    const answer = limiter.consume('ada')
    const order: string[] = []
    const asked = answer.then(() => order.push('answered'))
    const stopped = kernel.shutdown().then(() => order.push('stopped'))
    await vi.advanceTimersByTimeAsync(10)
    expect(order).toEqual([])
    redis.down = true
    answerNow()
    await Promise.all([asked, stopped])
    expect(order).toEqual(['answered', 'stopped'])
    expect(await answer).toMatchObject({ allowed: true, remaining: 1 })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is killed when Redis does not answer in time, and leaves no timer', async () => {
    await start({ fallback: 'memory', redisTimeout: 20_000 })
    redis.down = true
    await limiter.consume('ada')
    redis.hold = new Promise(() => {})
    const asked = limiter.consume('ada').catch((error) => error)
    const stopped = kernel.shutdown().catch((error: ShutdownError) => error.report)
    await vi.advanceTimersByTimeAsync(11_000)
    expect((await stopped).outcomes).toMatchObject([{ resource: 'limiter', outcome: 'killed' }])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await asked).toMatchObject({ code: 'DEPENDENCY_FAILED' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([undefined, null, {}, 'redis://'])('fails its start when redis gives %s', async (given) => {
    const limited = rateLimiter('limiter', { redis: () => given as never, limit: 1, window: 1_000 })
    await expect(createKernel([limited]).start()).rejects.toThrow(/redis must give a client of redis or ioredis/)
  })
})
