import { systemClock } from '@keelson/kernel'

/**
 * Settles as `work` does, or rejects with `late()` after `ms`, or with the signal's reason. It only stops waiting: ending the work is up
 * to the caller.
 */
export async function bounded<T>(work: Promise<T>, ms: number, signal: AbortSignal | undefined, late: () => unknown): Promise<T> {
  work.catch(() => {}) // after the limit nobody handles its rejection
  let stopWaiting = () => {}
  const interrupted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal?.reason)
    const timer = ms === Infinity ? undefined : systemClock.setTimeout(() => reject(late()), Math.max(0, ms))
    stopWaiting = () => {
      systemClock.clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([work, interrupted])
  } finally {
    stopWaiting()
  }
}
