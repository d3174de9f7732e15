import type { RestartOptions } from '../define/resource.js'

/** What the policy says to one more failure. */
export type RestartDecision =
  | { readonly allowed: true; readonly attempt: number; readonly delayMs: number; readonly past: readonly number[] }
  | { readonly allowed: false; readonly attempts: number }

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
  const { attempts, within, delay = 100, factor = 2, maxDelay = 30_000, jitter = 0.1 } = policy
  const recent = past.filter((at) => now - at < within)
  if (recent.length >= attempts) return { allowed: false, attempts }
  const full = Math.min(maxDelay, delay * factor ** recent.length)
  return { allowed: true, attempt: recent.length + 1, delayMs: full * (1 - jitter * random()), past: [...recent, now] }
}
