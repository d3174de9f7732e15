import type { CronRun } from './run-context.js'

/** What has become of the ticks so far, each counted once. */
export interface CronCounts {
  /** Runs that have ended, those that failed included. */
  readonly runs: number
  readonly failures: number
  /** Not run because the one before was still going on. */
  readonly skipped: number
  /** Not run because nobody was there in time: the event loop was blocked, the machine slept, the job was being restarted. */
  readonly missed: number
}

/** The value of a scheduled job. */
export interface CronJob {
  readonly pattern: string
  /** When it runs next; undefined while it does not tick, and when its time has come for the last time. */
  readonly nextRun: Date | undefined
  /** The run that began last. */
  readonly lastRun: CronRun | undefined
  /** How many go on now. */
  readonly running: number
  /** How many wait for the one that goes on. */
  readonly queued: number
  readonly counts: CronCounts
  /**
   * Runs it now, besides its schedule, by the same rules for what overlaps; resolves when it has ended.
   *
   * @throws KeelsonError `INVALID_STATE` before it begins to take work and once it stops, and with `overlap: 'skip'` while it runs. What
   * `run` threw when it fails.
   */
  run(): Promise<void>
}
