import { vi } from 'vitest'

/** A timer of Node, that knows whether it was cleared. */
type Timer = NodeJS.Timeout & { _destroyed: boolean }

/** Those of the library under it that are set from now on and are out of use, which is as long as a timer can be. */
export function longTimers(): Timer[] {
  vi.restoreAllMocks()
  const timers: Timer[] = []
  for (const kind of ['setTimeout', 'setInterval'] as const) {
    const set = globalThis[kind] as (callback: () => void, ms?: number) => Timer
    vi.spyOn(globalThis, kind).mockImplementation(((callback: () => void, ms?: number) => {
      const timer = set(callback, ms)
      if (ms !== undefined && ms > 2 ** 30) timers.push(timer)
      return timer
    }) as never)
  }
  return timers
}
