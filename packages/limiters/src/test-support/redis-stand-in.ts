import type { IoRedisLike, NodeRedisLike } from '../redis-like.js'

/** As much of Redis as the limiter's script uses, behind the two clients' interfaces. */
export class RedisStandIn {
  readonly counts = new Map<string, { points: number; endsAt: number }>()
  /** Makes every command fail. */
  down = false
  /** As both clients are by default while they have no connection: commands wait for it. */
  connected = true
  /** What every command waits for before it does anything. */
  hold: Promise<void> | undefined

  get nodeRedis(): NodeRedisLike {
    const redis = this
    return {
      get isReady() {
        return redis.connected
      },
      multi: () => this.#multi(),
      eval: async (_script, { keys: [key = ''], arguments: [points, seconds] }) =>
        this.#take(key, Number(points), Number(seconds)),
      del: async (key) => this.#delete(key),
    }
  }

  get ioRedis(): IoRedisLike & { rlflxIncr(args: string[]): Promise<unknown> } {
    const redis = this
    return {
      get status() {
        return redis.connected ? 'ready' : 'reconnecting'
      },
      multi: () => this.#multi(),
      defineCommand: () => {},
      rlflxIncr: async ([key = '', points, seconds]) => this.#take(key, Number(points), Number(seconds)),
      del: async (key) => this.#delete(key),
    }
  }

  /** What `block` sends: a count that holds for so many seconds from now. */
  #multi() {
    const replies: unknown[] = []
    const chain = {
      set: (key: string, points: number, ...expiry: [{ EX: number }] | ['EX', number]) => {
        const seconds = typeof expiry[0] === 'object' ? expiry[0].EX : expiry[1]!
        this.counts.set(key, { points, endsAt: Date.now() + seconds * 1_000 })
        return chain
      },
      pttl: () => chain,
      pTTL: () => chain,
      exec: async () => replies,
    }
    return chain
  }

  async #take(key: string, points: number, seconds: number): Promise<[number, number]> {
    await this.#reply()
    const found = this.counts.get(key)
    const now = Date.now()
    const count = found !== undefined && found.endsAt > now ? found : { points: 0, endsAt: now + seconds * 1_000 }
    count.points += points
    this.counts.set(key, count)
    return [count.points, count.endsAt - now]
  }

  async #delete(key: string): Promise<number> {
    await this.#reply()
    return this.counts.delete(key) ? 1 : 0
  }

  async #reply(): Promise<void> {
    if (!this.connected) await new Promise(() => {})
    await this.hold
    if (this.down) throw new Error('connect ECONNREFUSED')
  }
}
