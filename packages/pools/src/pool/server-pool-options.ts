import type { Clock } from '@keelson/kernel'
import type { BackoffOptions } from './backoff.js'

/** The limits of the pool of one server; times in ms. */
export interface ServerPoolOptions {
  readonly max: number
  readonly keep: number
  readonly share: number
  readonly idleTimeout: number
  readonly acquireTimeout: number
  readonly startTimeout: number
  readonly useTimeout: number
  readonly pingTimeout: number
  readonly grace: number
  readonly backoff: BackoffOptions
  readonly clock: Clock
}
