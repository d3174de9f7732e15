import type { Outcome, ShutdownReport } from '@keelson/kernel'
import { count, duration } from './duration.js'
import type { Entry } from './log.js'
import { problemOf } from './problem.js'

/** Everything is over: how long it took of the time it had, and what did not come to a good end. */
export function shutdownSummary(kernel: string, report: ShutdownReport, budget: number, exitCode: number): Entry {
  const unfinished = report.outcomes.filter(({ outcome }) => !FINE.has(outcome))
  const trouble = report.ok ? '' : ` with ${count(report.errors.length, 'error')}`
  // Without a hook that takes time there is nothing to allow any for.
  const allowed = budget > 0 && budget < Infinity ? ` of ${duration(budget)}` : ''
  const message = `${kernel} stopped${trouble} in ${duration(report.durationMs)}${allowed}`
  const left = unfinished.map(({ resource, outcome }) => `   ${resource.padEnd(8)}  ${OUTCOMES[outcome]}`)
  return {
    level: report.ok && exitCode === 0 ? 'info' : 'error',
    message: `${message}, exit code ${exitCode}`,
    lines: [`${message.padEnd(46)} exit code ${exitCode}`, ...left],
    fields: {
      event: 'stopped',
      kernel,
      reason: report.reason,
      ok: report.ok,
      durationMs: Math.round(report.durationMs),
      exitCode,
      ...(unfinished.length > 0 && {
        unfinished: Object.fromEntries(unfinished.map(({ resource, outcome }) => [resource, outcome])),
      }),
      ...(report.ok ? {} : { errors: report.errors.map(problemOf) }),
    },
  }
}

const FINE: ReadonlySet<Outcome> = new Set(['stopped', 'never-started'])

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  stopped: 'stopped',
  failed: 'failed to stop',
  'timed-out': 'did not stop in time',
  killed: 'did not stop in time and was killed',
  'never-started': 'had not started',
  'not-attempted': 'was not stopped: no time was left',
}
