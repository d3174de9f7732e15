// Timers and the clock, taken before a test can fake them: what waits for a real Redis must not wait for somebody to advance a clock.

const { setTimeout, clearTimeout } = globalThis

/** In ms since the epoch. */
export const wallClock: typeof Date.now = Date.now
/** In ms, of a clock that only goes forward. */
export const now: () => number = performance.now.bind(performance)

/** The longest delay of setTimeout, 24 days; for a longer one only the signal ends the wait. */
const LONGEST = 2 ** 31 - 1

/** Milliseconds until a deadline; `Infinity` when it is unbounded. */
export function msUntil(deadline: number): number {
  return Math.max(0, deadline - wallClock())
}

/**
 * Settles as `work` does, or rejects with `late()` after `ms`, or with the signal's reason. It only stops waiting: ending the work
 * is up to the caller.
 */
export async function bounded<T>(work: PromiseLike<T>, ms: number, signal: AbortSignal, late: () => unknown): Promise<T> {
  const settled = Promise.resolve(work)
  settled.catch(() => {}) // after the limit nobody handles its rejection
  let stopWaiting = () => {}
  const interrupted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason)
    const timer = ms <= LONGEST ? setTimeout(() => reject(late()), ms) : undefined
    stopWaiting = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([settled, interrupted])
  } finally {
    stopWaiting()
  }
}

/** Waits until `work` has settled, well or badly, but no longer than `ms` and not beyond the signal; false when it came too late. */
export async function within(work: PromiseLike<unknown>, ms: number, signal: AbortSignal): Promise<boolean> {
  const over = Promise.resolve(work).then(
    () => true,
    () => true,
  )
  return await bounded(over, ms, signal, () => 'late').catch(() => false)
}
