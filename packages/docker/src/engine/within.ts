import type { Clock } from '@keelson/kernel'

/**
 * Runs work for at most `ms`. At the limit, or when `signal` aborts, it aborts the signal that it passes to the work and rejects at
 * once, whether the work honours that or not.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const inner = new AbortController()
  let done = () => {}
  const interrupted = new Promise<never>((_, reject) => {
    const end = (reason: unknown) => {
      reject(reason)
      inner.abort(reason)
    }
    const abort = () => end(signal.reason)
    const timer = ms === Infinity ? undefined : clock.setTimeout(() => end(late()), ms, { unref: true })
    signal.addEventListener('abort', abort, { once: true })
    done = () => {
      if (timer !== undefined) clock.clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  })
  interrupted.catch(() => {}) // the work may throw synchronously, before anybody handles this
  try {
    const going = work(inner.signal)
    going.catch(() => {}) // after an abort nobody handles its rejection
    return await Promise.race([going, interrupted])
  } finally {
    done()
  }
}

/** Settles as `work` does, or rejects with the signal's reason. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Waits; rejects with the signal's reason when it aborts first. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = () => {
      clock.clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = clock.setTimeout(
      () => {
        signal.removeEventListener('abort', abort)
        resolve()
      },
      ms,
      { unref: true },
    )
    signal.addEventListener('abort', abort, { once: true })
  })
}
