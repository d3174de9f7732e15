import { type KeelsonError, shutdownFailedMessage, startFailedMessage } from '../errors.js'
import type { Impact } from '../words.js'

/**
 * `stopped`: released. `failed`: its stop or a cleanup threw. `killed`: its stop ran out of time and its kill worked.
 * `timed-out`: its stop ran out of time and nothing else could be done. `never-started`: there was nothing to release.
 * `not-attempted`: the budget was spent before its turn.
 */
export type Outcome = 'stopped' | 'failed' | 'timed-out' | 'killed' | 'never-started' | 'not-attempted'

/** How one resource came out of a teardown. */
export interface ResourceOutcome {
  readonly resource: string
  readonly impact: Impact
  readonly outcome: Outcome
  readonly durationMs: number
  /** The first of its errors, all of which are in the report's `errors`; of one that never ran, why. */
  readonly error?: KeelsonError
  /** What its drain said of itself. */
  readonly note?: string
}

/** What a teardown did: exactly one outcome per resource, and every error, as they happened. */
export interface ShutdownReport {
  readonly reason: string
  readonly ok: boolean
  readonly durationMs: number
  /** In the order in which they ended; those that never started come last. */
  readonly outcomes: readonly ResourceOutcome[]
  /** First cause first. */
  readonly errors: readonly KeelsonError[]
}

/** `start()` or `add()` rejected: what failed, first cause first, what failed as it was rolled back, and the report of that. */
export class StartError extends AggregateError {
  override readonly name = 'StartError'
  readonly code = 'START_FAILED'
  declare errors: KeelsonError[]
  readonly report: ShutdownReport

  constructor(kernel: string, errors: readonly KeelsonError[], report: ShutdownReport, added = false) {
    const all = [...new Set([...errors, ...report.errors])]
    super(all, startFailedMessage(kernel, all, added), { cause: all[0] })
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

/** An error, and its place among all that were told. */
export interface Told {
  readonly error: KeelsonError
  readonly order: number
}

/** One resource after a teardown. */
export interface TornDown {
  readonly name: string
  readonly impact: Impact
  readonly outcome: Outcome
  readonly durationMs: number
  /** Whether its start succeeded. */
  readonly ran: boolean
  /** Why it failed. */
  readonly error: KeelsonError | undefined
  readonly note: string | undefined
  readonly teardownErrors: readonly Told[]
  /** Its place among all that ended; 0 when there was nothing to end. */
  readonly endedAs: number
}

/** Folds what happened to each resource, and errors that belong to none, into a report. */
export function reportOf(
  reason: string,
  durationMs: number,
  resources: readonly TornDown[],
  others: readonly Told[],
): ShutdownReport {
  const outcomes = inOrder(resources).map(outcomeOf)
  const told = [...others]
  for (const { teardownErrors } of resources) if (teardownErrors.length > 0) told.push(...teardownErrors)
  const errors = told.sort((a, b) => a.order - b.order).map(({ error }) => error)
  return { reason, ok: errors.length === 0, durationMs, outcomes, errors }
}

/** As they ended, then those that had nothing to end. */
function inOrder(resources: readonly TornDown[]): TornDown[] {
  const ended: TornDown[] = []
  const others: TornDown[] = []
  for (const resource of resources) (resource.endedAs > 0 ? ended : others).push(resource)
  return [...ended.sort((a, b) => a.endedAs - b.endedAs), ...others]
}

function outcomeOf({ name: resource, impact, outcome, durationMs, ran, error, note, teardownErrors }: TornDown): ResourceOutcome {
  const why = teardownErrors[0]?.error ?? (ran ? undefined : error)
  if (why === undefined && note === undefined) return { resource, impact, outcome, durationMs }
  const because = why === undefined ? {} : { error: why }
  return { resource, impact, outcome, durationMs, ...because, ...(note === undefined ? {} : { note }) }
}
