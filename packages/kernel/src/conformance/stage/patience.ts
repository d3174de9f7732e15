import { uncounted } from './leak-meter.js'

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => uncounted(() => setTimeout(resolve, ms)))
}

/** Settles as `work` does, or rejects after `ms`. */
export async function within<R>(
  work: PromiseLike<R>,
  ms: number,
  late: () => unknown = () => new Error(`nothing after ${ms} ms`),
): Promise<R> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = uncounted(() => setTimeout(() => reject(late()), ms))
  })
  try {
    return await Promise.race([work, over])
  } finally {
    clearTimeout(timer)
  }
}

/** Polls; false when it did not come to hold within `ms`. */
export async function comesTo(holds: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; ; await pause(10)) {
    if (await holds()) return true
    if (performance.now() > end) return false
  }
}
