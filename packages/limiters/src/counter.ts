import { KeelsonError } from '@keelson/kernel'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { type CounterOptions, invalid } from './limiter-options.js'
import type { Limit, RateLimit, RateLimiter } from './rate-limit.js'
import { RedisStore } from './redis-store.js'

/** One limit, counted by rate-limiter-flexible: in this process, or in Redis for all processes together. */
export class Counter implements RateLimiter {
  readonly #name: string
  readonly #limit: number
  /** Counts without Redis, or as its fallback. */
  readonly #memory: RateLimiterMemory
  readonly #redis: RedisStore | undefined
  readonly #fallback: boolean
  /** The requests to Redis in flight. */
  readonly #asked = new Set<Promise<unknown>>()
  #stopped = false

  constructor(name: string, { limit, window, block = 0 }: Limit, { prefix, redis, redisTimeout, fallback }: CounterOptions) {
    this.#name = name
    this.#limit = limit
    const options = { keyPrefix: prefix, points: limit, duration: window / 1_000, blockDuration: block / 1_000 }
    this.#memory = new RateLimiterMemory(options)
    this.#redis = redis && new RedisStore(redis, redisTimeout, options)
    this.#fallback = fallback
  }

  async consume(key: string, points = 1): Promise<RateLimit> {
    this.#refuseWhenStopped()
    // NaN would be added to the count and let the key pass for ever.
    if (!Number.isSafeInteger(points) || points < 0) {
      throw invalid(this.#name, 'points', `must be a whole number, 0 or more, not ${points}`)
    }
    return await this.#ask((store) => this.#count(store, key, points))
  }

  async reset(key: string): Promise<void> {
    this.#refuseWhenStopped()
    // The fallback may have counted while Redis failed.
    await this.#memory.delete(key)
    await this.#ask((store) => store.delete(key))
  }

  /**
   * Waits for the requests to Redis in flight, then deletes the keys in memory with their timers. Keys in Redis expire by themselves.
   */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.allSettled(this.#asked)
    for (const { key } of this.#memory.dump().storage) await this.#memory.delete(key)
  }

  async #ask<T>(question: (store: RateLimiterMemory | RedisStore) => Promise<T>): Promise<T> {
    if (this.#redis === undefined) return await question(this.#memory)
    const answer = this.#askRedis(this.#redis, question)
    this.#asked.add(answer)
    try {
      return await answer
    } finally {
      this.#asked.delete(answer)
    }
  }

  async #askRedis<T>(redis: RedisStore, question: (store: RateLimiterMemory | RedisStore) => Promise<T>): Promise<T> {
    try {
      return await question(redis)
    } catch (thrown) {
      if (this.#fallback) return await question(this.#memory)
      throw this.#redisFailed(thrown)
    }
  }

  async #count(store: RateLimiterMemory | RedisStore, key: string, points: number): Promise<RateLimit> {
    try {
      return this.#answer(await store.consume(key, points), true)
    } catch (thrown) {
      // The library rejects with a result, not an error, when a key is over the limit.
      if (thrown instanceof RateLimiterRes) return this.#answer(thrown, false)
      throw thrown
    }
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

  #redisFailed(cause: unknown): KeelsonError {
    const why = cause instanceof Error ? cause.message : String(cause)
    const text = `resource "${this.#name}" cannot count: ${why}; mend Redis, or go on counting in this process with fallback: 'memory'`
    return new KeelsonError('DEPENDENCY_FAILED', text, { resource: this.#name, cause })
  }
}
