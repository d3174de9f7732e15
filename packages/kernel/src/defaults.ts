/** Every default of the kernel. Times are in ms. */
export const TIMEOUTS = { start: 30_000, check: 5_000, drain: 10_000, stop: 10_000 } as const

export const SHUTDOWN = { delay: 0, timeout: 25_000 } as const

/** A delay that was not asked for leaves most of a short budget to the teardown. */
export const MOST_OF_BUDGET = 0.2

export const MONITOR = {
  interval: 10_000,
  failureThreshold: 3,
  successThreshold: 1,
  history: 50,
  /** After a first failure, until the verdict: the pause before the next check, doubling up to the interval. */
  recheck: 1_000,
  /** How many checks that were given up may still be open when another is called. */
  abandoned: 3,
} as const

/** The pauses between the checks of a resource that starts, until one passes. */
export const FIRST_CHECKS = { delay: 10, factor: 2, maxDelay: 1_000 } as const

/** Between the tries of a first start. */
export const RETRY = { attempts: Infinity, delay: 500, factor: 2, maxDelay: 10_000, jitter: 0.1 } as const

export const RESTART = { delay: 100, factor: 2, maxDelay: 30_000, jitter: 0.1 } as const

/** D3: what is kept of the budget for each resource below, up to its own timeouts. */
export const RESERVE = { stop: 500, drain: 2_000 } as const

/** The longest that an asynchronous kill, and cleanups after a stop that ran out of time, are waited for. */
export const LAST_GRACE = 1_000

/** How many cleanups those that run may register: one that registers itself again and again would never end. */
export const MOST_LATE_CLEANUPS = 1_000

/** What a stop that the budget cuts leaves to a kill hook. */
export const KILL_RESERVE = 250

/** T1: of a task that is run again whenever it ends, and has no policy of its own. */
export const TASK_RESTART = { attempts: Infinity, within: 60_000 } as const
