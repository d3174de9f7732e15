import type { Clock } from '@keelson/kernel'

export interface Bounds<T> {
  /** Aborts when nobody waits for it any more. */
  readonly signal?: AbortSignal
  /** Is handed what comes after that, or too late. */
  late?(value: T): unknown
}

/** What something resolves to, or an error once so many ms have passed. */
export function bounded<T>(
  work: PromiseLike<T>,
  ms: number,
  what: string,
  clock: Clock,
  { signal, late }: Bounds<T> = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false
    const end = () => {
      over = true
      clock.clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
    }
    const handOver = (value: T) => {
      try {
        late?.(value)
      } catch {} // there is nobody whom it could be told
    }
    const aborted = () => {
      end()
      reject(signal!.reason)
    }
    const outOfTime = () => {
      end()
      reject(new Error(`${what} was not answered within ${Math.round(ms)} ms`))
    }
    const timer = clock.setTimeout(outOfTime, Math.max(0, ms))
    signal?.addEventListener('abort', aborted)
    Promise.resolve(work).then(
      (value) => {
        if (over) return handOver(value)
        end()
        resolve(value)
      },
      (error) => {
        if (!over) end()
        reject(error)
      },
    )
    if (signal?.aborted) aborted()
  })
}
