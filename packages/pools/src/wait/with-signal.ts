import { onAbort } from './on-abort.js'

/** Settles as `work` does, or rejects with the signal's reason. It only stops waiting: ending the work is up to the caller. */
export async function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {}) // once given up nobody else listens
  signal.throwIfAborted()
  let letGo = () => {}
  const aborted = new Promise<never>((_, reject) => {
    letGo = onAbort(signal, () => reject(signal.reason))
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    letGo()
  }
}
