// Timers and the clock, taken before a test can fake them: what waits for real sockets must not wait for somebody to advance a clock.

export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout
export const setInterval: typeof globalThis.setInterval = globalThis.setInterval
export const clearInterval: typeof globalThis.clearInterval = globalThis.clearInterval
/** In ms since the epoch. */
export const wallClock: typeof Date.now = Date.now
/** In ms, of a clock that only goes forward. */
export const now: () => number = performance.now.bind(performance)

/** Waits for `ms`, or until the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(over, Math.min(Math.max(ms, 0), 2 ** 31 - 1))
    signal.addEventListener('abort', over, { once: true })

    function over(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', over)
      resolve()
    }
  })
}
