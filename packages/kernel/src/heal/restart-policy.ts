import { RESTART } from '../defaults.js'
import type { RestartOptions } from '../define/resource.js'

/** What the policy says to one more failure. */
export type RestartDecision =
  | { readonly allowed: true; readonly attempt: number; readonly delayMs: number; readonly past: readonly number[] }
  | { readonly allowed: false; readonly attempts: number }

/** With `attempts: Infinity` no more than these are remembered: by then the delay has long reached its cap. */
const MOST_REMEMBERED = 1_000

/**
 * Decides on a restart: `past` are the times of earlier restarts, of which those within the window count. The delay
 * grows with each of them, up to the cap; jitter only ever shortens it.
 */
export function decideRestart(
  policy: RestartOptions,
  past: readonly number[],
  now: number,
  random: () => number,
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
  if (recent.length >= attempts) return { allowed: false, attempts }
  // After a thousand restarts the power may be Infinity, and 0 times that is no number.
  const full = delay === 0 ? 0 : Math.min(maxDelay, delay * factor ** recent.length)
  const remembered = [...recent, now].slice(-MOST_REMEMBERED)
  return { allowed: true, attempt: recent.length + 1, delayMs: full * (1 - jitter * random()), past: remembered }
}
