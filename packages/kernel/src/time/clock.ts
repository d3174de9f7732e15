/** Where the kernel gets its time from; give your own in `createKernel(…, { clock })`, or `virtualClock()` in tests. */
export interface Clock {
  /** Milliseconds since the epoch, never going backwards, with fractions. */
  now(): number
  /**
   * The time of day, in ms since the epoch, which somebody may set, also back, and which goes on while a machine sleeps: for what
   * happens at a certain time of day. `now` when absent.
   */
  wall?(): number
  /** Calls `callback` once, `ms` from now; `unref` says that this timer alone must not keep the process alive. */
  setTimeout(callback: () => void, ms: number, options?: { unref?: boolean }): unknown
  clearTimeout(handle: unknown): void
  /** From 0 up to 1, for the jitter of restart delays; `Math.random` when absent. */
  random?(): number
}

/** The longest delay that a runtime's timer takes; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1

// Node's own counter, where there is one: to load `performance` takes longer than the rest of the kernel.
const { process } = globalThis as { process?: { hrtime?(): [seconds: number, nanoseconds: number] } }
const elapsed = process?.hrtime === undefined ? () => performance.now() : () => inMs(process.hrtime!())

const ORIGIN = Date.now() - elapsed()

/** The runtime's own timers. Delays above 2^31 - 1 ms are waited for in stretches. */
export const systemClock: Clock = {
  // Counted on the monotonic clock from when this was loaded, so that a wall clock set back cannot stretch a deadline.
  now: () => ORIGIN + elapsed(),
  wall: () => Date.now(),
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

function inMs([seconds, nanoseconds]: [number, number]): number {
  return seconds * 1e3 + nanoseconds / 1e6
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
