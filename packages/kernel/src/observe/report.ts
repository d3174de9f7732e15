import { sameInEveryCopy } from '../copies.js'
import { type KeelsonError, shutdownFailedMessage, startFailedMessage } from '../errors.js'
import type { Impact, WorkSnapshot } from '../words.js'
import type { Ending, Outcome, Told } from './ending.js'

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
  /** The work that was in flight when its drain began, and what was not waited for any more; absent for none. */
  readonly work?: WorkSnapshot
  readonly cut?: WorkSnapshot
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

sameInEveryCopy(StartError, 'start-error')
sameInEveryCopy(ShutdownError, 'shutdown-error')

/** One resource after a teardown. */
export interface TornDown {
  readonly name: string
  readonly impact: Impact
  /** Whether its start succeeded. */
  readonly ran: boolean
  /** Why it failed. */
  readonly error: KeelsonError | undefined
  readonly ending: Readonly<Ending>
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
  for (const { ending } of resources) if (ending.errors.length > 0) told.push(...ending.errors)
  const errors = told.sort((a, b) => a.order - b.order).map(({ error }) => error)
  return { reason, ok: errors.length === 0, durationMs, outcomes, errors }
}

/** As they ended, then those that had nothing to end. */
function inOrder(resources: readonly TornDown[]): TornDown[] {
  const ended: TornDown[] = []
  const others: TornDown[] = []
  for (const resource of resources) (resource.ending.order > 0 ? ended : others).push(resource)
  return [...ended.sort((a, b) => a.ending.order - b.ending.order), ...others]
}

function outcomeOf({ name: resource, impact, ran, error, ending }: TornDown): ResourceOutcome {
  const { outcome, durationMs, note, errors, work, cut } = ending
  const why = errors[0]?.error ?? (ran ? undefined : error)
  const plain = { resource, impact, outcome, durationMs }
  if (why === undefined && note === undefined && work === undefined && cut === undefined) return plain
  return {
    ...plain,
    ...(why !== undefined && { error: why }),
    ...(note !== undefined && { note }),
    ...(work !== undefined && { work }),
    ...(cut !== undefined && { cut }),
  }
}
