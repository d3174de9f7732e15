/** How long a server that keeps failing is left alone. */
export interface BackoffOptions {
  /** Milliseconds after the second failure in a row, the first one costs nothing; default 100. */
  delay?: number
  /** By what the delay grows with each further failure; default 2. */
  factor?: number
  /** The longest delay, in ms; default 30_000. */
  maxDelay?: number
}

/**
 * The failures of one server in a row. Whatever was begun before the last failure belongs to the same incident: four children
 * killed at once are one failure.
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
    // A connection that lived longer than the longest delay is no crash loop.
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
