import type { HookContext, KernelView } from '@keelson/kernel'

/** What a run of a scheduled job is given. */
export interface CronContext extends HookContext {
  /** The name of the resource. */
  readonly name: string
  /**
   * Aborts when the run has to end now: it ran out of `runTimeout`, or the time that the shutdown had for it is used up. What the job
   * depends on is stopped soon after.
   */
  readonly signal: AbortSignal
  /** Aborts when the service stops: the run is waited for, and one that can go on another time may end here. */
  readonly stopping: AbortSignal
  /** The time by the pattern, or the time of the call for a run that was asked for. */
  readonly scheduledAt: Date
  /** How many runs were missed right before this one. */
  readonly missed: number
  /** Which try of this run it is, from 1. */
  readonly attempt: number
  /** The kernel that runs it, without access to other resources. */
  readonly kernel: KernelView
}

/** One run, as it is or was. */
export interface CronRun {
  readonly scheduledAt: Date
  readonly startedAt: Date
  /** Absent while it goes on. */
  readonly durationMs?: number
  readonly outcome: 'running' | 'done' | 'failed'
  /** Why it failed. */
  readonly error?: unknown
}

/** A time at which something is to run. */
export interface Tick {
  /** In ms since the epoch. */
  readonly at: number
  /** How many right before it were missed. */
  readonly missed: number
}
