import { systemClock } from '@keelson/kernel'
import { type IRateLimiterOptions, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible'
import { isConnected, isNodeRedis, type RedisLike } from './redis-like.js'

/** Redis, asked only while its client is connected and for no longer than `timeout`: the clients themselves wait much longer. */
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

/** Settles as `answer` does, or rejects after `ms`. A command that is late may still count. */
async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: unknown
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error(`Redis has not answered within ${ms} ms`))
    // An answer that came in while this process was busy is read first.
    timer = systemClock.setTimeout(() => setImmediate(giveUp), ms, { unref: true })
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    systemClock.clearTimeout(timer)
  }
}
