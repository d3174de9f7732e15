import { systemClock } from '@keelson/kernel'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Counted } from './memory-store.js'
import type { Limit } from './rate-limit.js'
import { isConnected, isNodeRedis, type RedisLike } from './redis-like.js'

/** Counts in Redis, by rate-limiter-flexible. Fails at once without a connection, and after `timeout` ms: the clients themselves wait much longer. */
export class RedisStore {
  readonly #client: RedisLike
  readonly #timeout: number
  readonly #limiter: RateLimiterRedis

  constructor(client: RedisLike, timeout: number, keyPrefix: string, { limit, window, block = 0 }: Limit) {
    this.#client = client
    this.#timeout = timeout
    const options = { keyPrefix, points: limit, duration: window / 1_000, blockDuration: block / 1_000 }
    this.#limiter = new RateLimiterRedis({ ...options, storeClient: client, useRedisPackage: isNodeRedis(client) })
  }

  async consume(key: string, points: number): Promise<Counted> {
    const { consumedPoints, msBeforeNext } = await this.#ask(() => this.#limiter.consume(key, points)).catch(resultOf)
    return { taken: consumedPoints, resetAfter: msBeforeNext }
  }

  delete(key: string): Promise<boolean> {
    return this.#ask(() => this.#limiter.delete(key))
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    if (!isConnected(this.#client)) throw new Error('its client is not connected')
    return await inTime(command(), this.#timeout)
  }
}

/** The library rejects with a result, not an error, when a key is over the limit. */
function resultOf(thrown: unknown): RateLimiterRes {
  if (thrown instanceof RateLimiterRes) return thrown
  throw thrown
}

/** Settles as `answer` does, or rejects after `ms`. A late command may still be counted by Redis. */
async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: unknown
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error(`Redis has not answered within ${ms} ms`))
    // In the next turn, after answers that arrived while the event loop was blocked.
    timer = systemClock.setTimeout(() => setImmediate(giveUp), ms, { unref: true })
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    systemClock.clearTimeout(timer)
  }
}
