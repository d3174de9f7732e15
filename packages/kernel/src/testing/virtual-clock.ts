import type { Clock } from '../time/clock.js'
import { TimerHeap } from '../time/timer-heap.js'

/** A clock that stands still until it is told to move, for tests that are about time and take none. */
export interface VirtualClock extends Clock {
  /** Timers that have not fired. */
  readonly pending: number
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>
  /** Moves on to the next timer, fires it and lets what follows happen; false when none is left. */
  step(): Promise<boolean>
  /** Moves time on by `ms`, firing what is due in order, and lets what follows from each happen before the next. */
  advance(ms: number): Promise<void>
  /** Moves from timer to timer until `work` settles, and settles alike. It rejects when no timer is left to wait for. */
  run<T>(work: PromiseLike<T>): Promise<T>
}

export interface VirtualClockOptions {
  /** Where it starts, in ms since the epoch. */
  now?: number
  /** Where the jitter of restart delays comes from; default `Math.random`. */
  random?: () => number
}

/** Makes a virtual clock. Timers due at the same time fire in the order in which they were set. */
export function virtualClock({ now = 1_700_000_000_000, random }: VirtualClockOptions = {}): VirtualClock {
  const timers = new TimerHeap()
  let time = now

  const settle = () => new Promise<void>((resolve) => macrotask(resolve))

  const step = async () => {
    const timer = timers.take()
    if (timer === undefined) return false
    time = Math.max(time, timer.at)
    timer.callback()
    await settle()
    return true
  }

  return {
    now: () => time,
    setTimeout: (callback, ms) => timers.add(time + Math.max(0, ms), callback),
    clearTimeout: (handle) => timers.remove(handle),
    ...(random !== undefined && { random }),
    get pending() {
      return timers.size
    },
    settle,
    step,
    async advance(ms) {
      const until = time + ms
      await settle()
      while ((timers.first?.at ?? Infinity) <= until) await step()
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
        if (!(await step())) throw new Error('virtualClock.run(): the work did not settle and no timer is left to wait for')
      }
      return work
    },
  }
}

/** Runs after every promise that can settle now has settled. Timers of the runtime may be faked; this is taken before. */
const macrotask: (callback: () => void) => void = globalThis.setImmediate ?? ((callback) => setTimeout(callback, 0))
