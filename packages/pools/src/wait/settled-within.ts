import type { Clock } from '@keelson/kernel'

/** Resolves when `work` settles, however it does, or after `ms`. */
export function settledWithin(work: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(resolve, ms)
    const settled = () => {
      clock.clearTimeout(timer)
      resolve()
    }
    work.then(settled, settled)
  })
}
