/** The answer to one `consume`. */
export interface RateLimit {
  readonly allowed: boolean
  /** Points per window. */
  readonly limit: number
  /** Points that are left in this window. */
  readonly remaining: number
  /** Milliseconds until more are allowed; 0 when this was. */
  readonly retryAfter: number
  /** Milliseconds until the window ends. */
  readonly resetAfter: number
}

/** Counts what each key does, such as an address or a user. */
export interface RateLimiter {
  /**
   * Takes points from a key, default 1, and says whether that was allowed; being over the limit is an answer, not an error.
   *
   * @throws KeelsonError `NOT_STARTED` once the limiter has stopped; `INVALID_OPTION` unless `points` is a whole number, 0 or more;
   * `DEPENDENCY_FAILED` when Redis does not count.
   */
  consume(key: string, points?: number): Promise<RateLimit>
  /**
   * Forgets what a key has done; with `fallback`, while Redis does not count, only what this process has counted.
   *
   * @throws as `consume`.
   */
  reset(key: string): Promise<void>
}

/** How many points a key has, and in what time. */
export interface Limit {
  /** Points per window. */
  limit: number
  /** In ms; with Redis, whole seconds; in memory at most 2_147_483_647 (24 days). */
  window: number
  /** For how long a key that went over its limit is refused, in ms; by default until its window ends. Bounded as `window` is. */
  block?: number
}
