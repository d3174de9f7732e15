import type { KeelsonError } from '../errors.js'
import type { WorkSnapshot } from '../words.js'

/**
 * `stopped`: released. `failed`: its stop or a cleanup threw. `killed`: its stop ran out of time and its kill worked.
 * `timed-out`: its stop ran out of time and nothing else could be done. `never-started`: there was nothing to release.
 * `not-attempted`: the budget was spent before its turn.
 */
export type Outcome = 'stopped' | 'failed' | 'timed-out' | 'killed' | 'never-started' | 'not-attempted'

/** An error, and its place among all that were told. */
export interface Told {
  readonly error: KeelsonError
  readonly order: number
}

/** How the last life of a resource ended, as far as it has. Times are in ms since the epoch; 0 for never. */
export class Ending {
  outcome: Outcome = 'never-started'
  /** Everything that went wrong in its teardown. */
  errors: readonly Told[] = NO_ERRORS
  /** Its place among all that ended; 0 while it has not, or when there was nothing to end. */
  order = 0
  /** What its drain said of itself. */
  note: string | undefined
  /** W1: the work that there was when its drain began, and what of it was cut. */
  work: WorkSnapshot | undefined
  cut: WorkSnapshot | undefined
  failedAt = 0
  drainAt = 0
  stopAt = 0
  stoppedAt = 0

  get stopMs(): number {
    return this.stoppedAt === 0 ? 0 : this.stoppedAt - this.stopAt
  }

  /** How long its drain and stop took. */
  get durationMs(): number {
    return this.stoppedAt === 0 ? 0 : this.stoppedAt - (this.drainAt || this.stopAt)
  }
}

const NO_ERRORS: readonly Told[] = []

/** Of every resource that starts, runs, or has not been started. */
export const NO_ENDING: Readonly<Ending> = new Ending()
