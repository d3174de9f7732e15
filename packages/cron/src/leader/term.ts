import type { Clock } from '@keelson/kernel'
import { told } from '../told.js'
import { bounded } from './bounded.js'
import { type LeaseUse, seconds } from './lease-fit.js'
import type { LockSession } from './lock.js'
import { Stopwatch } from './stopwatch.js'

/** In ms: how often the clock is looked at while the lease goes on. A machine may have slept. */
const LOOK = 1_000

/** One lock that is held: renewed until it is given back, and given up in time where that does not succeed. */
export class Term {
  readonly token: bigint
  readonly #session: LockSession
  readonly #clock: Clock
  readonly #measure: () => LeaseUse
  #use: LeaseUse
  /** Since the last renewal was begun that succeeded. */
  readonly #held: Stopwatch
  readonly #lost: (reason: Error) => void
  #renewing: unknown
  #looking: unknown
  #lastError: unknown
  #over = false
  #closed = false

  /** `held` was begun before the lock was asked for; `measure` says how its lease may be used. `lost` is called once, at most. */
  constructor(
    token: bigint,
    session: LockSession,
    held: Stopwatch,
    clock: Clock,
    measure: () => LeaseUse,
    lost: (reason: Error) => void,
  ) {
    this.token = token
    this.#session = session
    this.#held = held
    this.#clock = clock
    this.#measure = measure
    this.#use = measure()
    this.#lost = lost
    session.onLost?.((error) => this.#end(error))
    this.#renewLater(this.#use.renewMs)
    this.#look()
  }

  get over(): boolean {
    return this.#over
  }

  /** How long ago the last renewal was begun that succeeded, in ms. */
  get renewedMsAgo(): number {
    return this.#held.elapsed
  }

  /** Gives the lock back, as far as that can be done within so many ms. */
  async end(ms: number): Promise<void> {
    this.#stop()
    try {
      await bounded(this.#session.release(), ms, 'the release of the lock', this.#clock)
    } finally {
      this.#close()
    }
  }

  /** It is lost: nothing is asked of the session any more. */
  #end(reason: Error): void {
    if (this.#over) return
    this.#stop()
    this.#lost(reason)
  }

  #stop(): void {
    this.#over = true
    this.#clock.clearTimeout(this.#renewing)
    this.#clock.clearTimeout(this.#looking)
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#session.close()
  }

  #renewLater(ms: number): void {
    this.#renewing = this.#clock.setTimeout(() => void this.#renew(), ms)
  }

  async #renew(): Promise<void> {
    const { renewMs } = this.#use
    const begun = new Stopwatch(this.#clock)
    try {
      const held = await bounded(this.#session.renew(), renewMs, 'a renewal of the lock', this.#clock)
      if (this.#over) return
      if (!held) return this.#end(new Error('another process has taken the lock, or it has vanished'))
      this.#held.follow(begun)
      this.#lastError = undefined
      this.#use = this.#measure() // what depends on it may have become more
    } catch (error) {
      this.#lastError = error
    }
    if (!this.#over) this.#renewLater(Math.max(renewMs / 10, renewMs - begun.elapsed))
  }

  /** By its own clock, whatever the session says. */
  #look(): void {
    const { giveUpMs, lease } = this.#use
    const left = giveUpMs - this.#held.elapsed
    if (left <= 0) {
      const why = this.#lastError === undefined ? 'this process did not run in time' : told(this.#lastError)
      return this.#end(
        new Error(
          `the lock was last renewed ${seconds(this.#held.elapsed)} ago, and what depends on it has to be down before its lease of ${seconds(lease)} ends: ${why}`,
        ),
      )
    }
    this.#looking = this.#clock.setTimeout(() => this.#look(), Math.min(LOOK, left))
  }
}
