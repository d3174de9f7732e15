/** The longest delay of setTimeout, 24 days; for a longer one only the signal ends the wait. */
const LONGEST = 2 ** 31 - 1

/**
 * Settles as `work` does, or rejects with `late()` after `ms`, or with the signal's reason. It only stops waiting: ending the work
 * is up to the caller.
 */
export async function bounded<T>(work: PromiseLike<T>, ms: number, signal: AbortSignal, late: () => unknown): Promise<T> {
  const handled = Promise.resolve(work)
  handled.catch(() => {}) // after the limit nobody handles its rejection
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
    return await Promise.race([handled, interrupted])
  } finally {
    stopWaiting()
  }
}

const NEVER = new AbortController().signal

/** Whether `work` is over, well or badly, after `ms` at most. */
export async function settledWithin(work: PromiseLike<unknown>, ms: number, signal: AbortSignal = NEVER): Promise<boolean> {
  const over = Promise.resolve(work).then(
    () => true,
    () => true,
  )
  return await bounded(over, ms, signal, () => undefined).catch(() => false)
}
