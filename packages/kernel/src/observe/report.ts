import { type KeelsonError, shutdownFailedMessage, startFailedMessage } from '../errors.js'

/**
 * `stopped`: released. `failed`: its stop or a cleanup threw. `killed`: its stop ran out of time and its kill worked.
 * `timed-out`: its stop ran out of time and nothing else could be done. `never-started`: there was nothing to release.
 * `not-attempted`: the budget was spent before its turn.
 */
export type Outcome = 'stopped' | 'failed' | 'timed-out' | 'killed' | 'never-started' | 'not-attempted'

/** How one resource came out of a teardown. */
export interface ResourceOutcome {
  readonly resource: string
  readonly outcome: Outcome
  readonly durationMs: number
  /** The first of its errors; all of them are in the report's `errors`. */
  readonly error?: KeelsonError
}

/** What a teardown did: exactly one outcome per resource, and every error. */
export interface ShutdownReport {
  readonly reason: string
  readonly ok: boolean
  readonly durationMs: number
  readonly outcomes: readonly ResourceOutcome[]
  readonly errors: readonly KeelsonError[]
}

/** `start()` or `add()` rejected: what failed, first cause first, and the report of the rollback. */
export class StartError extends AggregateError {
  override readonly name = 'StartError'
  readonly code = 'START_FAILED'
  declare errors: KeelsonError[]
  readonly report: ShutdownReport

  constructor(kernel: string, errors: readonly KeelsonError[], report: ShutdownReport, added = false) {
    super(errors, startFailedMessage(kernel, errors, added), { cause: errors[0] })
    this.report = report
  }
}

/** `shutdown()` rejected: everything was torn down as far as it could be, and not all of it went well. */
export class ShutdownError extends AggregateError {
  override readonly name = 'ShutdownError'
  readonly code = 'SHUTDOWN_FAILED'
  declare errors: KeelsonError[]
  readonly report: ShutdownReport

  constructor(kernel: string, report: ShutdownReport) {
    super(report.errors, shutdownFailedMessage(kernel, report.errors), { cause: report.errors[0] })
    this.report = report
  }
}

/** One resource after a teardown. */
export interface TornDown {
  readonly name: string
  readonly outcome: Outcome
  readonly durationMs: number
  readonly teardownErrors: readonly KeelsonError[]
}

/** Folds what happened to each resource, and errors that belong to none, into a report. */
export function reportOf(
  reason: string,
  durationMs: number,
  resources: readonly TornDown[],
  others: readonly KeelsonError[],
): ShutdownReport {
  const outcomes = resources.map(({ name, outcome, durationMs, teardownErrors: [error] }) =>
    error === undefined ? { resource: name, outcome, durationMs } : { resource: name, outcome, durationMs, error },
  )
  const errors = [...resources.flatMap(({ teardownErrors }) => teardownErrors), ...others]
  return { reason, ok: errors.length === 0, durationMs, outcomes, errors }
}
