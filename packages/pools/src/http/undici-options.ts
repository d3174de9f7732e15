import type { Pool } from 'undici'
import { LONGEST_TIMER } from '../wait/longest-timer.js'

/** The limits of the client of one server; times in ms, `Infinity` is no limit. */
export interface HttpLimits {
  readonly max: number
  readonly idleTimeout: number
  readonly connectTimeout: number
  readonly requestTimeout: number
}

/** The limits in undici's terms: whole numbers, 0 for no limit; it does not accept `Infinity`. */
export function undiciOptions({ max, idleTimeout, connectTimeout, requestTimeout }: HttpLimits): Pool.Options {
  const silence = requestTimeout === Infinity ? 0 : Math.ceil(requestTimeout)
  const idle = Math.min(idleTimeout, LONGEST_TIMER)
  return {
    connections: max,
    keepAliveTimeout: idle,
    keepAliveMaxTimeout: idle,
    connectTimeout: connectTimeout === Infinity ? 0 : connectTimeout,
    headersTimeout: silence,
    bodyTimeout: silence,
  }
}
