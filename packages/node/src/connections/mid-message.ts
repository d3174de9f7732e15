import type { HttpSocket } from './connection.js'

/**
 * A request head or body has begun and is not complete. False for a socket that never sent a byte. Not to be called while the
 * HTTP parser runs: from timers, immediates and ticks only.
 */
export function isMidMessage({ parser }: HttpSocket): boolean {
  return typeof parser?.finish === 'function' && parser.finish() instanceof Error
}
