/** What `work` comes to, or an error shortly before the deadline (ms since the epoch). */
export async function within<T>(deadline: number, now: number, work: PromiseLike<T>, error: (ms: number) => Error): Promise<T> {
  // Somewhat earlier, so that this is told, and not that a hook ran out of time.
  const ms = Math.max((deadline - now) * 0.9, 0)
  if (ms === Infinity) return await work
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(error(ms)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
