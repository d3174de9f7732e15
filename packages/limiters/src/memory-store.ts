import { createHash } from 'node:crypto'
import { systemClock } from '@keelson/kernel'
import type { Limit } from './rate-limit.js'

/** What a store says of one key after it has counted. */
export interface Counted {
  /** Points that were taken in this window, those of refused requests included. */
  readonly taken: number
  /** Milliseconds until the window, or the block, ends. */
  readonly resetAfter: number
}

interface Count {
  taken: number
  /** By the monotonic clock. */
  endsAt: number
}

/** A longer key is kept as its digest, so that keys that a stranger chooses are not long. */
const LONGEST_KEY = 256

/** How often windows that have ended are looked for, in ms, where windows are shorter than that. */
const SWEEP = 1_000

/** How many counts one sweep looks at before it lets others run. */
const AT_ONCE = 10_000

/**
 * Counts in this process, for at most `maxKeys` keys, by the monotonic clock and with one timer. A key more takes the place of the one
 * that was idle for longest: of those that have points left, as long as there is one, so that many new keys do not give a key its
 * points back that has used them up.
 */
export class MemoryStore {
  readonly #rule: Limit
  readonly #maxKeys: number
  /** Both are in the order of use, the idlest first. */
  readonly #open = new Map<string, Count>()
  readonly #spent = new Map<string, Count>()
  #timer: unknown

  constructor(rule: Limit, maxKeys: number) {
    this.#rule = rule
    this.#maxKeys = maxKeys
  }

  consume(name: string, points: number): Counted {
    const key = shortened(name)
    const now = systemClock.now()
    const { limit, window, block = 0 } = this.#rule
    const known = this.#take(key)
    const count = known !== undefined && known.endsAt > now ? known : { taken: 0, endsAt: now + window }
    const before = count.taken
    count.taken = Math.min(before + points, Number.MAX_SAFE_INTEGER)
    if (block > 0 && before <= limit && count.taken > limit) count.endsAt = now + block
    if (known === undefined) this.#makeRoom(now)
    const kept = count.taken >= limit ? this.#spent : this.#open
    kept.set(key, count)
    this.#timer ??= this.#sweepLater()
    return { taken: count.taken, resetAfter: count.endsAt - now }
  }

  delete(name: string): void {
    this.#take(shortened(name))
  }

  /** Forgets everything, and ends the timer. */
  clear(): void {
    systemClock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#open.clear()
    this.#spent.clear()
  }

  /** The number of keys that are counted. */
  get size(): number {
    return this.#open.size + this.#spent.size
  }

  #take(key: string): Count | undefined {
    for (const kept of [this.#open, this.#spent]) {
      const count = kept.get(key)
      if (count === undefined) continue
      kept.delete(key)
      return count
    }
    return undefined
  }

  #makeRoom(now: number): void {
    if (this.size < this.#maxKeys) return
    const [idlest] = this.#spent
    const over = idlest !== undefined && idlest[1].endsAt <= now
    const from = over || this.#open.size === 0 ? this.#spent : this.#open
    for (const key of from.keys()) {
      from.delete(key)
      return
    }
  }

  #sweepLater(): unknown {
    const ms = Math.max(SWEEP, Math.min(this.#rule.window, 60 * SWEEP))
    return systemClock.setTimeout(() => this.#sweep([...this.#open.keys(), ...this.#spent.keys()], 0), ms, { unref: true })
  }

  #sweep(keys: readonly string[], from: number): void {
    const now = systemClock.now()
    for (const key of keys.slice(from, from + AT_ONCE)) {
      for (const kept of [this.#open, this.#spent]) if ((kept.get(key)?.endsAt ?? Infinity) <= now) kept.delete(key)
    }
    const next = from + AT_ONCE
    if (next < keys.length) this.#timer = systemClock.setTimeout(() => this.#sweep(keys, next), 0, { unref: true })
    else this.#timer = this.size > 0 ? this.#sweepLater() : undefined
  }
}

function shortened(key: string): string {
  return key.length > LONGEST_KEY ? `sha256:${createHash('sha256').update(key).digest('base64')}` : key
}
