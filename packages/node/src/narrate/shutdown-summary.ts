import type { Outcome, ResourceOutcome, ShutdownReport } from '@keelson/kernel'
import { count, duration } from '../words/duration.js'
import type { ToldErrors } from '../words/told-errors.js'
import type { Line } from './log.js'

/** Of a large graph only the slowest are listed. */
const MOST = 20

/** What is known of a shutdown besides its report. */
export interface ShutdownFacts {
  /** What it might have taken, in ms. */
  readonly budget: number
  readonly exitCode: number
  /** Every error from its beginning on: those of the report, and those of the process. */
  readonly errors: readonly unknown[]
  readonly told: ToldErrors
  /** Resources whose start was given up, and why they had not started yet. */
  readonly givenUp: ReadonlyMap<string, string>
}

/** Everything is over: how long it took of the time it had, and what did not come to a good end. */
export function shutdownSummary(kernel: string, report: ShutdownReport, facts: ShutdownFacts): Line {
  const { budget, exitCode, errors, told, givenUp } = facts
  const unfinished = report.outcomes.filter(({ resource, outcome }) => !FINE.has(outcome) && !givenUp.has(resource))
  const trouble = errors.length === 0 ? '' : ` with ${count(errors.length, 'error')}`
  // Without a hook that takes time there is nothing to allow any for.
  const allowed = budget > 0 && budget < Infinity ? ` of ${duration(budget)}` : ''
  const message = `${kernel} stopped${trouble} in ${duration(report.durationMs)}${allowed}`
  const notes = notesIn(report.outcomes)
  return {
    level: exitCode !== 0 ? 'error' : errors.length > 0 ? 'warn' : 'info',
    message: `${message}, exit code ${exitCode}`,
    lines: [`${message.padEnd(46)} exit code ${exitCode}`, ...rowsOf(unfinished, givenUp)],
    fields: {
      event: 'kernel:state',
      to: 'stopped',
      reason: report.reason,
      ok: errors.length === 0,
      durationMs: Math.round(report.durationMs),
      exitCode,
      stopMs: slowest(report.outcomes),
      ...(unfinished.length > 0 && { unfinished: textsOf(unfinished) }),
      ...(Object.keys(notes).length > 0 && { notes }),
      ...(givenUp.size > 0 && { givenUp: Object.fromEntries([...givenUp].slice(0, MOST)) }),
      ...(errors.length > 0 && { errors: errors.slice(0, MOST).map((error) => told.problemOf(error)) }),
    },
  }
}

function rowsOf(unfinished: readonly ResourceOutcome[], givenUp: ReadonlyMap<string, string>): string[] {
  const texts = [
    ...unfinished.map((noted) => [noted.resource, outcomeText(noted)] as const),
    ...[...givenUp].map(([resource, why]) => [resource, `had not started yet${why === '' ? '' : `: ${why}`}`] as const),
  ]
  const shown = texts.slice(0, MOST)
  const width = Math.min(28, Math.max(8, ...shown.map(([resource]) => resource.length)))
  const rows = shown.map(([resource, text]) => `   ${resource.padEnd(width)}  ${text}`)
  return texts.length > MOST ? [...rows, `   and ${texts.length - MOST} more`] : rows
}

function outcomeText({ outcome, note }: ResourceOutcome): string {
  return note === undefined ? OUTCOME_TEXTS[outcome] : `${OUTCOME_TEXTS[outcome]}: ${note}`
}

function notesIn(outcomes: readonly ResourceOutcome[]): Record<string, string> {
  const noted = outcomes.filter(({ note }) => note !== undefined).slice(0, MOST)
  return Object.fromEntries(noted.map(({ resource, note }) => [resource, note!]))
}

/** How long the drain and the stop of the slowest took, in ms. */
function slowest(outcomes: readonly ResourceOutcome[]): Record<string, number> {
  const stopped = outcomes.filter(({ outcome }) => outcome !== 'never-started' && outcome !== 'not-attempted')
  const kept = stopped.length <= MOST ? stopped : [...stopped].sort((a, b) => b.durationMs - a.durationMs).slice(0, MOST)
  return Object.fromEntries(kept.map(({ resource, durationMs }) => [resource, Math.round(durationMs)]))
}

function textsOf(unfinished: readonly ResourceOutcome[]): Record<string, Outcome> {
  return Object.fromEntries(unfinished.slice(0, MOST).map(({ resource, outcome }) => [resource, outcome]))
}

const FINE: ReadonlySet<Outcome> = new Set(['stopped', 'never-started'])

/** How a resource came out of a shutdown, after its name. */
export const OUTCOME_TEXTS: Readonly<Record<Outcome, string>> = {
  stopped: 'stopped',
  failed: 'failed to stop',
  'timed-out': 'did not stop in time',
  killed: 'did not stop in time and was killed',
  'never-started': 'had not started',
  'not-attempted': 'was not stopped: no time was left',
}
