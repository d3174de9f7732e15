import { setTimeout as sleep } from 'node:timers/promises'
import type { RateLimiter } from '@keelson/limiters'
import { limited } from '../call-error.js'
import type { CallRate } from '../config/servers-file.js'
import type { CallEnd } from './call-end.js'

/** Counts the calls to one server, and lets those that are over its limit wait, in the order of their arrival, where that is wanted. */
export class CallLimit {
  readonly #server: string
  readonly #rate: CallRate
  readonly #limiter: RateLimiter
  /** Settles when nobody waits any more. */
  #queue: Promise<void> = Promise.resolve()

  constructor(server: string, rate: CallRate, limiter: RateLimiter) {
    this.#server = server
    this.#rate = rate
    this.#limiter = limiter
  }

  /**
   * Resolves when one more call may be made.
   *
   * @throws CallError when it would have to wait longer than `wait`; Error when the call is over.
   */
  async take(end: CallEnd): Promise<void> {
    const { wait } = this.#rate
    if (wait === 0) return this.#tryUntil(performance.now(), end)
    const before = this.#queue
    let leave = () => {}
    const left = new Promise<void>((resolve) => {
      leave = resolve
    })
    this.#queue = before.then(() => left)
    const over = performance.now() + wait
    try {
      await this.#turn(before, end.signal)
      await this.#tryUntil(over, end)
    } finally {
      leave()
    }
  }

  /** Whoever came before has left, but none waits longer for that than it may. */
  async #turn(before: Promise<void>, signal: AbortSignal): Promise<void> {
    const { wait } = this.#rate
    const waited = new AbortController()
    const late = sleep(wait, true, { signal: AbortSignal.any([signal, waited.signal]) })
    try {
      if (await Promise.race([before.then(() => false), late])) throw this.#over(wait)
    } finally {
      waited.abort()
      late.catch(() => {})
    }
  }

  async #tryUntil(over: number, end: CallEnd): Promise<void> {
    for (;;) {
      end.throwIfOver()
      const { allowed, retryAfter } = await this.#limiter.consume('calls')
      if (allowed) return
      if (performance.now() + retryAfter > over) throw this.#over(retryAfter)
      await sleep(Math.ceil(retryAfter), undefined, { signal: end.signal })
    }
  }

  #over(retryAfter: number): Error {
    const { limit, window } = this.#rate
    return limited(this.#server, limit, window, retryAfter)
  }
}
