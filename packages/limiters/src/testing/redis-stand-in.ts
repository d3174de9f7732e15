import type { IoRedisLike, NodeRedisLike } from '../redis-like.js'

/** As much of Redis as the limiter's script uses, behind the two clients' interfaces; `down` makes every command fail. */
export class RedisStandIn {
  readonly counts = new Map<string, { points: number; endsAt: number }>()
  down = false

  get nodeRedis(): NodeRedisLike {
    return {
      isReady: true,
      multi: () => this.#multi(),
      eval: async (_script, { keys: [key = ''], arguments: [points, seconds] }) =>
        this.#take(key, Number(points), Number(seconds)),
      del: async (key) => this.#delete(key),
    }
  }

  get ioRedis(): IoRedisLike & { rlflxIncr(args: string[]): Promise<unknown> } {
    return {
      status: 'ready',
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

  #take(key: string, points: number, seconds: number): [number, number] {
    if (this.down) throw new Error('connect ECONNREFUSED')
    const found = this.counts.get(key)
    const now = Date.now()
    const count = found !== undefined && found.endsAt > now ? found : { points: 0, endsAt: now + seconds * 1_000 }
    count.points += points
    this.counts.set(key, count)
    return [count.points, count.endsAt - now]
  }

  #delete(key: string): number {
    if (this.down) throw new Error('connect ECONNREFUSED')
    return this.counts.delete(key) ? 1 : 0
  }
}
