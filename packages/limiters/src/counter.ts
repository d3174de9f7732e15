import { KeelsonError } from '@keelson/kernel'
import { type CounterOptions, invalid } from './limiter-options.js'
import { type Counted, MemoryStore } from './memory-store.js'
import type { Limit, RateLimit, RateLimiter } from './rate-limit.js'
import { RedisStore } from './redis-store.js'

/** One limit, counted in this process, or in Redis for all processes together. */
export class Counter implements RateLimiter {
  readonly #name: string
  readonly #rule: Limit
  /** Counts without Redis, or as its fallback. */
  readonly #memory: MemoryStore
  readonly #redis: RedisStore | undefined
  readonly #fallback: boolean
  /** The requests to Redis in flight. */
  readonly #asked = new Set<Promise<unknown>>()
  #stopped = false
  #killed = false

  constructor(name: string, rule: Limit, { prefix, redis, redisTimeout, fallback, maxKeys }: CounterOptions) {
    this.#name = name
    this.#rule = rule
    this.#memory = new MemoryStore(rule, maxKeys)
    this.#redis = redis && new RedisStore(redis, redisTimeout, prefix, rule)
    this.#fallback = fallback
  }

  async consume(key: string, points = 1): Promise<RateLimit> {
    this.#refuseWhenStopped()
    // NaN would be added to the count and let the key pass for ever.
    if (!Number.isSafeInteger(points) || points < 0) {
      throw invalid(this.#name, 'points', `must be a whole number, 0 or more, not ${points}`)
    }
    const checked = this.#checked(key)
    return this.#answer(await this.#ask((store) => store.consume(checked, points)))
  }

  async reset(key: string): Promise<void> {
    this.#refuseWhenStopped()
    // The fallback may have counted while Redis failed.
    this.#memory.delete(this.#checked(key))
    if (this.#redis !== undefined) await this.#ask(async (store) => void (await store.delete(this.#checked(key))))
  }

  /** Waits for the requests to Redis in flight, then forgets the keys in memory. Keys in Redis expire by themselves. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.allSettled(this.#asked)
    this.#memory.clear()
  }

  /** Without waiting for Redis. */
  kill(): void {
    this.#stopped = this.#killed = true
    this.#memory.clear()
  }

  async #ask<T>(question: (store: MemoryStore | RedisStore) => T | Promise<T>): Promise<T> {
    if (this.#redis === undefined) return await question(this.#memory)
    const answer = this.#askRedis(this.#redis, question)
    this.#asked.add(answer)
    try {
      return await answer
    } finally {
      this.#asked.delete(answer)
    }
  }

  async #askRedis<T>(redis: RedisStore, question: (store: MemoryStore | RedisStore) => T | Promise<T>): Promise<T> {
    try {
      return await question(redis)
    } catch (thrown) {
      if (this.#fallback && !this.#killed) return await question(this.#memory)
      throw this.#redisFailed(thrown)
    }
  }

  #answer({ taken, resetAfter: ms }: Counted): RateLimit {
    const { limit, window } = this.#rule
    const allowed = taken <= limit
    // Up to whole milliseconds, but not for what adding fractions has left over.
    const resetAfter = Math.max(0, Math.ceil(ms - 0.01))
    return { allowed, limit, window, remaining: Math.max(0, limit - taken), retryAfter: allowed ? 0 : resetAfter, resetAfter }
  }

  /** Whatever is no string would be counted under one that many share, such as `[object Object]`. */
  #checked(key: unknown): string {
    if (typeof key === 'string' || typeof key === 'number') return String(key)
    throw invalid(this.#name, 'key', `must be a string, not ${Array.isArray(key) ? 'a list' : typeof key}`)
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
