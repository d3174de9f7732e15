import type { KernelView } from './kernel-view.js'

/** What every hook is given. */
export interface HookContext {
  /** The name of the resource. */
  readonly name: string
  /** Aborts when the hook ran out of time or its work is no longer wanted. It only aborts: the hook must honour it to stop early. */
  readonly signal: AbortSignal
}

/** What `start` is given; usable for the whole life of the instance that it makes. */
export interface StartContext extends HookContext {
  /** The life of the instance: aborts when it is told to drain or stop. `signal` is of the start hook alone. */
  readonly stopping: AbortSignal
  /** Registers a cleanup: last in, first out, after `stop`, and also when this start fails half-way. Once all is released it runs at once. */
  defer(cleanup: () => unknown): void
  /** "Still progressing": moves the deadline of the running start to at least `ms` from now; a shutdown's deadline is never moved. */
  extend(ms: number): void
  /** Says that the resource is healthy, at once and without thresholds. */
  healthy(): void
  /** Says that it is unhealthy, without thresholds; nothing is restarted by this. It counts at once, or after `monitor.tolerance` ms. */
  unhealthy(error: unknown): void
  /**
   * "Something smells": runs the check now. Only when that fails is the resource unhealthy, at once; it is then checked every second, or at
   * its interval when that is shorter, until one passes. Without a check, and while it starts or stops, nothing happens.
   */
  recheck(): void
  /** Says that it is gone for good. What ends while its own `stop` runs has not crashed: that is not counted. */
  crashed(error: unknown): void
  /** The kernel that runs it, without access to other resources. */
  readonly kernel: KernelView
}

/** What `drain` and `stop` are given. */
export interface StopContext extends HookContext {
  /** Why: what was passed to `shutdown()`. */
  readonly reason: string
  /** When this hook is given up, in ms since the epoch; `Infinity` when it is unbounded. */
  readonly deadline: number
}
