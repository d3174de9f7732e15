import { systemClock } from '@keelson/kernel'
import { type IRateLimiterOptions, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible'
import { isConnected, isNodeRedis, type RedisLike } from './redis-like.js'

/** The limiter in Redis. Fails at once without a connection, and after `timeout` ms: the clients themselves wait much longer. */
export class RedisStore {
  readonly #client: RedisLike
  readonly #timeout: number
  readonly #limiter: RateLimiterRedis

  constructor(client: RedisLike, timeout: number, options: IRateLimiterOptions) {
    this.#client = client
    this.#timeout = timeout
    this.#limiter = new RateLimiterRedis({ ...options, storeClient: client, useRedisPackage: isNodeRedis(client) })
  }

  consume(key: string, points: number): Promise<RateLimiterRes> {
    return this.#ask(() => this.#limiter.consume(key, points))
  }

  delete(key: string): Promise<boolean> {
    return this.#ask(() => this.#limiter.delete(key))
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    if (!isConnected(this.#client)) throw new Error('its client is not connected')
    return await inTime(command(), this.#timeout)
  }
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
