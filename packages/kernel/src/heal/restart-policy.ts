import { RESTART } from '../defaults.js'
import type { RestartOptions } from '../define/resource.js'
import { backoff } from '../time/backoff.js'

/** What the policy says to one more failure. */
export type RestartDecision =
  | { readonly allowed: true; readonly attempt: number; readonly delayMs: number; readonly past: readonly number[] }
  | { readonly allowed: false; readonly attempts: number }

/** With `attempts: Infinity` no more than these are remembered: by then the delay has long reached its cap. */
const MOST_REMEMBERED = 1_000

/**
 * Decides on a restart: `past` are the times of earlier restarts, of which those within the window count. The delay
 * grows with each of them, up to the cap; jitter only ever shortens it. One that is `endless` goes on at the cap when its attempts
 * are used up (H8).
 */
export function decideRestart(
  policy: RestartOptions,
  past: readonly number[],
  now: number,
  random: () => number,
  endless = false,
): RestartDecision {
  const {
    attempts,
    within,
    delay = RESTART.delay,
    factor = RESTART.factor,
    maxDelay = RESTART.maxDelay,
    jitter = RESTART.jitter,
  } = policy
  const recent = past.filter((at) => now - at < within)
  const usedUp = recent.length >= attempts
  if (usedUp && !endless) return { allowed: false, attempts }
  const remembered = [...recent, now].slice(-MOST_REMEMBERED)
  const first = usedUp ? maxDelay : delay
  const delayMs = backoff({ delay: first, factor, maxDelay, jitter }, recent.length, random)
  return { allowed: true, attempt: recent.length + 1, delayMs, past: remembered }
}
