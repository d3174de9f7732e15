// Timers and the clock, taken before a test can fake them: what waits for real calls must not wait for somebody to advance a clock.

export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout
/** In ms since the epoch. */
export const wallClock: typeof Date.now = Date.now
/** In ms, of a clock that only goes forward. */
export const now: () => number = performance.now.bind(performance)

/** Waits for a promise that does not reject, but no longer than `ms`, and not beyond the signal; false when it came too late. */
export function within(ms: number, signal: AbortSignal, promise: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = Number.isFinite(ms) ? setTimeout(over, Math.min(ms, 2 ** 31 - 1), false) : undefined
    const onAbort = () => over(false)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    promise.then(() => over(true))

    function over(inTime: boolean): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      resolve(inTime)
    }
  })
}

/** Waits for `ms`, or until the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await within(ms, signal, new Promise(() => {}))
}
