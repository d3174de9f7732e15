import { clearInterval, now, setInterval } from './time.js'

export interface Condition {
  met(): boolean
  /** Has `look` called when it may be met; returns a function that ends this. */
  again?(look: () => void): () => void
  /** How often it is looked at besides, in ms. */
  readonly every: number
  /** For how many ms at most. */
  readonly within?: number
  readonly signal: AbortSignal
}

/** Waits until a condition is met, its time is over, or the signal aborts. */
export function whenever({ met, again, every, within = Number.POSITIVE_INFINITY, signal }: Condition): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || met()) return resolve()
    const end = now() + within
    const timer = setInterval(look, every)
    const off = again?.(look)
    signal.addEventListener('abort', look, { once: true })

    function look(): void {
      if (!signal.aborted && now() < end && !met()) return
      clearInterval(timer)
      off?.()
      signal.removeEventListener('abort', look)
      resolve()
    }
  })
}
