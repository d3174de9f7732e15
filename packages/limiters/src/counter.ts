import { KeelsonError } from '@keelson/kernel'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Limit, RateLimit, RateLimiter } from './rate-limit.js'
import { isNodeRedis, type RedisLike } from './redis-like.js'

export interface CounterOptions {
  /** Of what Redis keeps. */
  readonly prefix: string
  readonly redis: RedisLike | undefined
  /** Goes on counting in this process while Redis does not. */
  readonly fallback: boolean
}

/** One limit, counted by rate-limiter-flexible: in this process, or in Redis for all processes together. */
export class Counter implements RateLimiter {
  readonly #name: string
  readonly #limit: number
  /** Also the one in whose place Redis counts. */
  readonly #memory: RateLimiterMemory
  readonly #store: RateLimiterMemory | RateLimiterRedis
  #stopped = false

  constructor(name: string, { limit, window, block = 0 }: Limit, { prefix, redis, fallback }: CounterOptions) {
    this.#name = name
    this.#limit = limit
    const options = { keyPrefix: prefix, points: limit, duration: window / 1_000, blockDuration: block / 1_000 }
    this.#memory = new RateLimiterMemory(options)
    this.#store =
      redis === undefined
        ? this.#memory
        : new RateLimiterRedis({
            ...options,
            storeClient: redis,
            useRedisPackage: isNodeRedis(redis),
            rejectIfRedisNotReady: true,
            ...(fallback && { insuranceLimiter: this.#memory }),
          })
  }

  async consume(key: string, points = 1): Promise<RateLimit> {
    this.#refuseWhenStopped()
    try {
      return this.#answer(await this.#store.consume(key, points), true)
    } catch (thrown) {
      // The library rejects with its result when a key is over the limit.
      if (thrown instanceof RateLimiterRes) return this.#answer(thrown, false)
      throw this.#storeFailed(thrown)
    }
  }

  async reset(key: string): Promise<void> {
    this.#refuseWhenStopped()
    try {
      await this.#store.delete(key)
    } catch (thrown) {
      throw this.#storeFailed(thrown)
    }
  }

  /** Forgets what this process has counted, and with it the timer that each key has. What Redis holds ends by itself. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const { key } of this.#memory.dump().storage) await this.#memory.delete(key)
  }

  #answer({ msBeforeNext, remainingPoints }: RateLimiterRes, allowed: boolean): RateLimit {
    const resetAfter = Math.max(0, msBeforeNext)
    return { allowed, limit: this.#limit, remaining: remainingPoints, retryAfter: allowed ? 0 : resetAfter, resetAfter }
  }

  #refuseWhenStopped(): void {
    if (!this.#stopped) return
    const text = `resource "${this.#name}" has stopped and limits nothing any more; let what uses it depend on it`
    throw new KeelsonError('NOT_STARTED', text, { resource: this.#name })
  }

  #storeFailed(cause: unknown): KeelsonError {
    const why = cause instanceof Error ? cause.message : String(cause)
    const text = `resource "${this.#name}" cannot count: ${why}; mend Redis, or go on counting in this process with fallback: 'memory'`
    return new KeelsonError('DEPENDENCY_FAILED', text, { resource: this.#name, cause })
  }
}
