/** The result of one `consume`. */
export interface RateLimit {
  readonly allowed: boolean
  /** Points per window. */
  readonly limit: number
  /** Milliseconds that a window lasts. */
  readonly window: number
  /** Points that are left in this window. */
  readonly remaining: number
  /** Milliseconds until more points are allowed; 0 when this request was. */
  readonly retryAfter: number
  /** Milliseconds until the window ends. */
  readonly resetAfter: number
}

/** Counts points by key, such as an address or a user. */
export interface RateLimiter {
  /**
   * Takes points from a key, default 1, and resolves to whether that was allowed; being over the limit is a result, not an error.
   *
   * @throws KeelsonError `NOT_STARTED` once the limiter has stopped; `INVALID_OPTION` unless `points` is a whole number, 0 or more,
   * and the key a string or a number; `DEPENDENCY_FAILED` when Redis fails and there is no `fallback`.
   */
  consume(key: string, points?: number): Promise<RateLimit>
  /**
   * Deletes the count of a key; while Redis fails and `fallback` is set, only that of this process.
   *
   * @throws as `consume`.
   */
  reset(key: string): Promise<void>
}

/** How many points a key has in which time. */
export interface Limit {
  /** Points per window. */
  limit: number
  /** Milliseconds; with Redis whole seconds, in memory at most 2_147_483_647 (24 days). */
  window: number
  /** Milliseconds for which a key that went over its limit is refused; default until its window ends. Same bounds as `window`. */
  block?: number
}
