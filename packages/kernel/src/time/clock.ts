/** Where the kernel gets its time from; give your own in `createKernel(…, { clock })`, or `virtualClock()` in tests. */
export interface Clock {
  /** Milliseconds since the epoch, never going backwards, with fractions. */
  now(): number
  /** Calls `callback` once, `ms` from now; `unref` says that this timer alone must not keep the process alive. */
  setTimeout(callback: () => void, ms: number, options?: { unref?: boolean }): unknown
  clearTimeout(handle: unknown): void
  /** From 0 up to 1, for the jitter of restart delays; `Math.random` when absent. */
  random?(): number
}

/** The longest delay that a runtime's timer takes; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1

const ORIGIN = performance.timeOrigin

/** The runtime's own timers. Delays above 2^31 - 1 ms are waited for in stretches. */
export const systemClock: Clock = {
  // Counted from the start of the process on the monotonic clock, so that a wall clock set back cannot stretch a deadline.
  now: () => ORIGIN + performance.now(),
  setTimeout(callback, ms, options) {
    if (ms <= LONGEST) return plainTimeout(callback, ms, options)
    const chain: Chain = { current: undefined }
    stretch(chain, callback, ms, options)
    return chain
  },
  clearTimeout(handle) {
    clearTimeout(
      (handle instanceof Object && 'current' in handle ? handle.current : handle) as Parameters<typeof clearTimeout>[0],
    )
  },
}

interface Chain {
  current: unknown
}

function stretch(chain: Chain, callback: () => void, ms: number, options?: { unref?: boolean }): void {
  const next = ms > LONGEST ? () => stretch(chain, callback, ms - LONGEST, options) : callback
  chain.current = plainTimeout(next, Math.min(ms, LONGEST), options)
}

function plainTimeout(callback: () => void, ms: number, options?: { unref?: boolean }): unknown {
  const handle = setTimeout(callback, ms)
  if (options?.unref) (handle as { unref?: () => void }).unref?.()
  return handle
}
