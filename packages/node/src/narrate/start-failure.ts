import type { KeelsonError, ShutdownReport, StartError } from '@keelson/kernel'
import { duration, some } from '../words/duration.js'
import { adviceOf, type Problem, withoutName } from '../words/problem.js'
import type { ToldErrors } from '../words/told-errors.js'
import type { Line } from './log.js'
import type { Troubles } from './troubles.js'

/** More failures than these are only counted. */
const MOST = 20

/** What has been told of the kernel before. */
export interface Known {
  readonly told: ToldErrors
  readonly troubles: Pick<Troubles, 'failedChecks'>
}

/** A start that failed: what failed, why, what to do, and what became of the rest. */
export function startFailure(kernel: string, { errors, report }: StartError, exitCode: number, known: Known): Line {
  const failures = errors.filter((error) => !report.errors.includes(error))
  const problems = failures.slice(0, MOST).map((error) => startProblem(error, known))
  const others = failures.length - problems.length
  const more = others === 0 ? '' : ` (and ${others} more)`
  return {
    level: 'error',
    message: `${kernel} did not start: ${problems.map(told).join('; ')}${more}; ${aftermath(report)}`,
    lines: [...headOf(kernel, problems, others), `${`   ${aftermath(report)}`.padEnd(44)}   exit code ${exitCode}`],
    fields: {
      event: 'kernel:state',
      to: 'failed',
      exitCode,
      errors: problems,
      ...(others > 0 && { moreErrors: others }),
      stopped: namesOf(report, 'stopped').slice(0, MOST),
      ...(report.ok ? {} : { rollbackErrors: report.errors.slice(0, MOST).map((error) => known.told.problemOf(error)) }),
    },
  }
}

/** With the number of checks that failed before the time was up. */
function startProblem(error: KeelsonError, { told, troubles }: Known): Problem {
  const problem = told.problemOf(error)
  const failed = error.resource === undefined ? 0 : troubles.failedChecks(error.resource)
  return failed > 1
    ? { ...problem, message: problem.message.replace(/: its check fails: /, `: its check fails (${failed} times): `) }
    : problem
}

/** One failure fits on one line; several get a row each. */
function headOf(kernel: string, problems: readonly Problem[], others: number): string[] {
  const [only] = problems
  if (problems.length === 1 && others === 0 && only !== undefined) {
    const advice = adviceOf(only)
    return [`${kernel} did not start: ${only.message}`, ...(advice === undefined ? [] : [`   ${advice}`])]
  }
  const width = Math.min(28, Math.max(8, ...problems.map(({ resource = '' }) => resource.length)))
  const rows = problems.flatMap((problem) => row(problem, width))
  if (others > 0) rows.push(`   and ${others} more`)
  return [`${kernel} did not start: ${problems.length + others} failures`, ...rows]
}

function row(problem: Problem, width: number): string[] {
  const { resource = '', message } = problem
  const advice = adviceOf(problem)
  const first = `   ${resource.padEnd(width)}  ${withoutName(message, resource)}`
  return advice === undefined ? [first] : [first, `   ${' '.repeat(width)}  ${advice}`]
}

function told(problem: Problem): string {
  return problem.remedy === undefined ? problem.message : `${problem.message}; ${problem.remedy}`
}

function aftermath(report: ShutdownReport): string {
  const stopped = namesOf(report, 'stopped')
  if (!report.ok)
    return `not everything that had started could be stopped: ${report.errors.map(({ message }) => message).join('; ')}`
  if (stopped.length === 0) return 'nothing else had started'
  return `everything that had started was stopped again in ${duration(report.durationMs)}: ${some(stopped)}`
}

function namesOf({ outcomes }: ShutdownReport, wanted: string): string[] {
  return outcomes.filter(({ outcome }) => outcome === wanted).map(({ resource }) => resource)
}
