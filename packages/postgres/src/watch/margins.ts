import { type StopContext, systemClock } from '@keelson/kernel'

/** Milliseconds between two looks at what is still in use. */
export const LOOK = 20

/** At most so many milliseconds are kept back: of a drain for cancelling statements, of a stop for closing by force. */
const MOST = 1_000

/** What is kept back of a hook that ends at its deadline: a part of the time that it has, at most a second. */
export function marginOf({ deadline }: StopContext, now: number, part = 4): number {
  return Math.max(0, Math.min(MOST, (deadline - now) / part))
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.setTimeout(resolve, ms))
}
