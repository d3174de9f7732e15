/** How long to wait before a server that keeps failing is tried again. */
export interface BackoffOptions {
  /** Milliseconds after the second failure in a row; after the first there is no delay. Default 100. */
  delay?: number
  /** The factor by which the delay grows with each further failure; default 2. */
  factor?: number
  /** The longest delay, in ms; default 30_000. A connection that lived longer than this starts the count anew. */
  maxDelay?: number
}

/**
 * Counts the consecutive failures of one server. The failure of a connection that was begun before the last failure belongs to the
 * same incident and is not counted again: four children killed at once are one failure.
 */
export class Failures {
  count = 0
  error: Error | undefined
  #at = -Infinity
  #retryAt = -Infinity
  readonly #backoff: Required<BackoffOptions>

  constructor({ delay = 100, factor = 2, maxDelay = 30_000 }: BackoffOptions) {
    this.#backoff = { delay, factor, maxDelay }
  }

  failed(error: Error, begunAt: number, now: number): void {
    const { delay, factor, maxDelay } = this.#backoff
    this.error = error
    if (this.count > 0 && begunAt < this.#at) return
    // A connection that lived longer than the longest delay was not part of a crash loop.
    if (now - begunAt > maxDelay) this.count = 0
    this.count++
    this.#at = now
    this.#retryAt = this.count === 1 ? now : now + Math.min(maxDelay, delay * factor ** (this.count - 2))
  }

  succeeded(): void {
    if (this.count === 0) return
    this.count = 0
    this.error = undefined
    this.#retryAt = -Infinity
  }

  /** Milliseconds until the server may be tried again; 0 when it may be tried now. */
  wait(now: number): number {
    return Math.max(0, this.#retryAt - now)
  }
}
