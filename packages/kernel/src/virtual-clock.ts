import type { Clock } from './clock.js'

/** A clock that stands still until it is told to move, for tests that are about time and take none. */
export interface VirtualClock extends Clock {
  /** Timers that have not fired. */
  readonly pending: number
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>
  /** Moves time on by `ms`, firing what is due in order, and lets what follows from each happen before the next. */
  advance(ms: number): Promise<void>
  /** Moves from timer to timer until `work` settles, and settles alike. It rejects when no timer is left to wait for. */
  run<T>(work: PromiseLike<T>): Promise<T>
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** Makes a virtual clock; `now` is where it starts, in ms since the epoch. */
export function virtualClock({ now = 1_700_000_000_000 }: { now?: number } = {}): VirtualClock {
  const timers = new Set<Timer>()
  let time = now

  const settle = () => new Promise<void>((resolve) => macrotask(resolve))

  /** Timers due at the same time fire in the order in which they were set. */
  const next = (): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of timers) if (first === undefined || timer.at < first.at) first = timer
    return first
  }

  const fire = async (timer: Timer) => {
    timers.delete(timer)
    time = Math.max(time, timer.at)
    timer.callback()
    await settle()
  }

  return {
    now: () => time,
    setTimeout(callback, ms) {
      const timer = { at: time + Math.max(0, ms), callback }
      timers.add(timer)
      return timer
    },
    clearTimeout(handle) {
      timers.delete(handle as Timer)
    },
    get pending() {
      return timers.size
    },
    settle,
    async advance(ms) {
      const until = time + ms
      await settle()
      for (let timer = next(); timer !== undefined && timer.at <= until; timer = next()) await fire(timer)
      time = until
    },
    async run(work) {
      let settled = false
      const done = () => {
        settled = true
      }
      work.then(done, done)
      await settle()
      while (!settled) {
        const timer = next()
        if (timer === undefined) throw new Error('virtualClock.run(): the work did not settle and no timer is left to wait for')
        await fire(timer)
      }
      return work
    },
  }
}

/** Runs after every promise that can settle now has settled. Timers of the runtime may be faked; this is taken before. */
const macrotask: (callback: () => void) => void = globalThis.setImmediate ?? ((callback) => setTimeout(callback, 0))
