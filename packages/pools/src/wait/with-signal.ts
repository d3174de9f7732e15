import { onAbort } from './on-abort.js'

/** Settles as `work` does, or rejects with the signal's reason. It only stops waiting: ending the work is up to the caller. */
export async function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {}) // after an abort nobody handles its rejection
  signal.throwIfAborted()
  let unsubscribe = () => {}
  const aborted = new Promise<never>((_, reject) => {
    unsubscribe = onAbort(signal, () => reject(signal.reason))
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    unsubscribe()
  }
}
