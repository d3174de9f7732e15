import type { Clock } from '@keelson/kernel'
import type { LeaderLock, LockSession } from '../index.js'

/** A lock with a lease on the clock of a test, as a server would keep it: it may be slow, lose what it was sent, and answer nothing. */
export class LockServer {
  readonly #clock: Clock
  #holder: { readonly name: string; until: number } | undefined
  #token = 0n
  /** Whether it answers anything at all. */
  wedged = false
  /** In ms: how long each way takes, asked for each message. */
  delay = () => 0
  /** Whether a message gets lost, asked for each. */
  drops = () => false
  /** What is thrown instead of an answer. */
  error: Error | undefined
  asked = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get holder(): string | undefined {
    return this.#holder !== undefined && this.#holder.until > this.#clock.now() ? this.#holder.name : undefined
  }

  after(ms: number, callback: () => void): void {
    this.#clock.setTimeout(callback, ms)
  }

  /** As if its memory were lost. */
  forget(): void {
    this.#holder = undefined
  }

  lock(lease: number): LeaderLock {
    return { lease, open: async (_, holder) => this.#session(holder, lease) }
  }

  #session(name: string, lease: number): LockSession {
    const own = () => this.holder === name
    const hold = () => {
      this.#holder = { name, until: this.#clock.now() + lease }
    }
    return {
      acquire: () =>
        this.#ask(() => {
          if (this.holder !== undefined && !own()) return { taken: false, holder: this.holder } as const
          hold()
          return { taken: true, token: ++this.#token } as const
        }),
      renew: () =>
        this.#ask(() => {
          if (own()) hold()
          return own()
        }),
      release: () =>
        this.#ask(() => {
          if (own()) this.#holder = undefined
        }),
      close() {},
    }
  }

  async #ask<T>(answer: () => T): Promise<T> {
    this.asked++
    if (this.error !== undefined) throw this.error
    await this.#way()
    const given = answer()
    await this.#way()
    return given
  }

  async #way(): Promise<void> {
    if (this.wedged || this.drops()) return new Promise(() => {})
    const ms = this.delay()
    if (ms > 0) await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, ms))
    if (this.wedged) return new Promise(() => {})
  }
}
