import { createKernel, KeelsonError, type Kernel, type Resource, resource } from '@keelson/kernel'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keyedRateLimiter } from './keyed-rate-limiter.js'
import { type RateLimiterOptions, rateLimiter } from './rate-limiter.js'
import { RedisStandIn } from './test-support/redis-stand-in.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'hrtime'] })
})
afterEach(() => {
  vi.useRealTimers()
})

async function started<T>(limiter: Resource<T>): Promise<{ kernel: Kernel; limiter: T }> {
  const kernel = await createKernel([limiter]).start()
  return { kernel, limiter: kernel.get(limiter) }
}

describe('rateLimiter', () => {
  it('allows the points of a window to each key, and says when there are more', async () => {
    const { limiter } = await started(rateLimiter('limiter', { limit: 2, window: 1_000 }))
    expect(await limiter.consume('ada')).toEqual({
      allowed: true,
      limit: 2,
      window: 1_000,
      remaining: 1,
      retryAfter: 0,
      resetAfter: 1_000,
    })
    await vi.advanceTimersByTimeAsync(400)
    expect(await limiter.consume('ada')).toEqual({
      allowed: true,
      limit: 2,
      window: 1_000,
      remaining: 0,
      retryAfter: 0,
      resetAfter: 600,
    })
    expect(await limiter.consume('ada')).toEqual({
      allowed: false,
      limit: 2,
      window: 1_000,
      remaining: 0,
      retryAfter: 600,
      resetAfter: 600,
    })
    expect(await limiter.consume('bob', 2)).toMatchObject({ allowed: true, remaining: 0 })
    await vi.advanceTimersByTimeAsync(600)
    expect(await limiter.consume('ada')).toMatchObject({ allowed: true, remaining: 1 })
    await limiter.reset('bob')
    expect(await limiter.consume('bob')).toMatchObject({ allowed: true })
  })

  it('refuses a key that went over its limit for as long as block says', async () => {
    const { limiter } = await started(rateLimiter('limiter', { limit: 1, window: 1_000, block: 5_000 }))
    await limiter.consume('ada')
    expect(await limiter.consume('ada')).toMatchObject({ allowed: false, retryAfter: 5_000 })
    await vi.advanceTimersByTimeAsync(4_000)
    expect(await limiter.consume('ada')).toMatchObject({ allowed: false, retryAfter: 1_000 })
  })

  it('leaves no timer when it has stopped, and refuses clearly', async () => {
    const { kernel, limiter } = await started(rateLimiter('limiter', { limit: 2, window: 60_000 }))
    for (const key of ['ada', 'bob', 'eve']) await limiter.consume(key)
    expect(vi.getTimerCount()).toBe(1)
    await kernel.shutdown()
    expect(vi.getTimerCount()).toBe(0)
    const error = await limiter.consume('ada').catch((error: unknown) => error)
    expect(error).toBeInstanceOf(KeelsonError)
    expect(error).toMatchObject({ code: 'NOT_STARTED', resource: 'limiter' })
    expect(String(error)).toMatch(/resource "limiter" has stopped and limits nothing any more/)
    await expect(limiter.reset('ada')).rejects.toMatchObject({ code: 'NOT_STARTED' })
  })

  it.each([Number.NaN, -1, 0.5, 2 ** 53])('refuses %d points, and counts nothing for them', async (points) => {
    const { limiter } = await started(rateLimiter('limiter', { limit: 2, window: 1_000 }))
    await expect(limiter.consume('ada', points)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(limiter.consume('ada', points)).rejects.toThrow(/points must be a whole number, 0 or more/)
    expect(await limiter.consume('ada', 0)).toMatchObject({ allowed: true, remaining: 2 })
  })

  it.each([
    [undefined, /"limiter": its options must be an object; pass \{ limit, window \}/],
    [null, /"limiter": its options must be an object/],
    [{ limit: 0, window: 1 }, /limit must be a whole number, 1 or more/],
    [{ limit: 1 }, /window must be a number of milliseconds/],
    [{ limit: 1, window: 1_000, block: -1 }, /block must be a number of milliseconds/],
    [{ limit: 1, window: 2 ** 31 }, /window must be a number of milliseconds, at most 2_147_483_647/],
    [{ limit: 1, window: 2_147_484_000, redis: () => new RedisStandIn().nodeRedis, fallback: 'memory' }, /at most 2_147_483_647/],
    [{ limit: 1, window: 1_500, redis: () => new RedisStandIn().nodeRedis }, /window must be a whole number of seconds in ms/],
    [{ limit: 1, window: 1_000, redis: {} }, /redis must be a function of the dependencies/],
    [{ limit: 1, window: 1_000, fallback: 'memory' }, /fallback is for Redis, and there is none/],
    [{ limit: 1, window: 1_000, redisTimeout: 10 }, /redisTimeout is for Redis, and there is none/],
    [{ limit: 1, window: 1_000, redis: () => new RedisStandIn().nodeRedis, redisTimeout: 0 }, /redisTimeout must be/],
    [{ limit: 1, window: 1_000, maxKeys: 0 }, /maxKeys must be a whole number, 1 or more/],
    [{ limit: 1, window: 1_000, redis: () => new RedisStandIn().nodeRedis, maxKeys: 5 }, /maxKeys is for keys in memory/],
    [{ limit: 1, window: 1_000, start: () => 1 }, /start cannot be given/],
    [{ limit: 1, window: 1_000, limti: 1 }, /limti is not an option/],
  ])('refuses %o', (options, message) => {
    expect(() => rateLimiter('limiter', options as never)).toThrow(message)
  })
})

describe.each(['nodeRedis', 'ioRedis'] as const)('rateLimiter with a client like %s', (kind) => {
  const limiterOn = (redis: RedisStandIn, options: Partial<RateLimiterOptions<Record<never, never>>> = {}) => {
    const client = resource('redis', { start: () => redis[kind] })
    const { fallback } = options
    return rateLimiter('limiter', {
      dependsOn: { client },
      redis: ({ client }) => client,
      limit: 2,
      window: 1_000,
      ...(fallback && { fallback }),
    })
  }

  it('counts together with all that use the same Redis', async () => {
    const redis = new RedisStandIn()
    const [one, two] = [await started(limiterOn(redis)), await started(limiterOn(redis))]
    expect(await one.limiter.consume('ada')).toMatchObject({ allowed: true, remaining: 1 })
    expect(await two.limiter.consume('ada')).toMatchObject({ allowed: true, remaining: 0 })
    expect(await one.limiter.consume('ada')).toMatchObject({ allowed: false, retryAfter: 1_000 })
    expect([...redis.counts.keys()]).toEqual(['limiter:ada'])
    await two.limiter.reset('ada')
    expect(await one.limiter.consume('ada')).toMatchObject({ allowed: true })
  })

  it('refuses everywhere a key that is blocked', async () => {
    const redis = new RedisStandIn()
    const rule = { redis: () => redis[kind], limit: 1, window: 1_000, block: 5_000 }
    const [one, two] = [await started(rateLimiter('limiter', rule)), await started(rateLimiter('limiter', rule))]
    await one.limiter.consume('ada')
    expect(await one.limiter.consume('ada')).toMatchObject({ allowed: false, retryAfter: 5_000 })
    await vi.advanceTimersByTimeAsync(4_000)
    expect(await two.limiter.consume('ada')).toMatchObject({ allowed: false, retryAfter: 1_000 })
  })

  it('says so when Redis does not count', async () => {
    const redis = new RedisStandIn()
    const { limiter } = await started(limiterOn(redis))
    redis.down = true
    await expect(limiter.consume('ada')).rejects.toMatchObject({ code: 'DEPENDENCY_FAILED', resource: 'limiter' })
    await expect(limiter.reset('ada')).rejects.toThrow(/resource "limiter" cannot count: connect ECONNREFUSED/)
  })

  it('goes on counting in the process meanwhile when told to, and leaves no timer of that', async () => {
    const redis = new RedisStandIn()
    const { kernel, limiter } = await started(limiterOn(redis, { fallback: 'memory' }))
    redis.down = true
    expect(await limiter.consume('ada', 2)).toMatchObject({ allowed: true })
    expect(await limiter.consume('ada')).toMatchObject({ allowed: false })
    expect(vi.getTimerCount()).toBe(1)
    await kernel.shutdown()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('keyedRateLimiter', () => {
  const limits = { search: { limit: 1, window: 1_000 }, files: { limit: 2, window: 60_000 } }

  it('has a limiter for each server, and what one does takes nothing from the others', async () => {
    const { kernel, limiter } = await started(keyedRateLimiter('limits', { limits }))
    expect(await limiter.consume('search')).toMatchObject({ allowed: true })
    expect(await limiter.consume('search')).toMatchObject({ allowed: false, limit: 1 })
    expect(await limiter.consume('files', 'ada', 2)).toMatchObject({ allowed: true, limit: 2, window: 60_000, remaining: 0 })
    expect(await limiter.of('files').consume('bob')).toMatchObject({ allowed: true })
    await limiter.of('search').reset('')
    expect(await limiter.consume('search')).toMatchObject({ allowed: true })
    expect(vi.getTimerCount()).toBe(2)
    await kernel.shutdown()
    expect(vi.getTimerCount()).toBe(0)
    await expect(limiter.consume('search')).rejects.toMatchObject({ code: 'NOT_STARTED' })
  })

  it('refuses a name without a limit, or gives each such name the default for itself', async () => {
    const { limiter } = await started(keyedRateLimiter('limits', { limits }))
    await expect(limiter.consume('mail')).rejects.toThrow(
      'resource "limits" has no limit for "mail"; it has search, files, and no default',
    )
    const { limiter: tenants } = await started(keyedRateLimiter('tenants', { default: { limit: 1, window: 1_000 } }))
    expect(await tenants.consume('a', 'b:c')).toMatchObject({ allowed: true })
    expect(await tenants.consume('a', 'b:c')).toMatchObject({ allowed: false })
    expect(await tenants.consume('a:b', 'c')).toMatchObject({ allowed: true })
    expect(await tenants.consume('__proto__')).toMatchObject({ allowed: true })
    expect(await tenants.consume('a%3Ab', 'c')).toMatchObject({ allowed: true })
    for (const odd of ['\ud800', '\udc00', '', ' ', '\0', '🛶'])
      expect(await tenants.consume(odd, odd)).toMatchObject({ allowed: true })
  })

  it('refuses limits that cannot be meant', () => {
    expect(() => keyedRateLimiter('limits', {})).toThrow(/limits are missing; give limits, a default or both/)
    expect(() => keyedRateLimiter('limits', undefined as never)).toThrow(/"limits": its options must be an object/)
    const misspelled = { limit: 1, window: 1_000, blok: 5_000 }
    expect(() => keyedRateLimiter('limits', { limits: { a: misspelled } })).toThrow(
      /limits\.a\.blok is not an option; there are limits\.a\.limit, limits\.a\.window, limits\.a\.block/,
    )
    expect(() => keyedRateLimiter('limits', { default: misspelled })).toThrow(/default\.blok is not an option/)
    expect(() => keyedRateLimiter('limits', { limits: { a: { limit: 1, window: 0 } } })).toThrow(/limits.a.window must be/)
    expect(() => keyedRateLimiter('limits', { default: null as never })).toThrow(/default must be \{ limit, window \}/)
  })
})
