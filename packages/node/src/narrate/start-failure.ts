import type { ShutdownReport, StartError } from '@keelson/kernel'
import { duration, some } from './duration.js'
import type { Entry } from './log.js'
import { adviceOf, type Problem, problemOf, withoutName } from './problem.js'

/** A start that failed: what failed, why, what to do, and what became of the rest. */
export function startFailure(kernel: string, { errors, report }: StartError, exitCode: number): Entry {
  const problems = errors.map(problemOf)
  const code = `exit code ${exitCode}`
  return {
    level: 'error',
    message: `${kernel} did not start: ${problems.map(told).join('; ')}; ${aftermath(report)}`,
    lines: [...headOf(kernel, problems), `${`   ${aftermath(report)}`.padEnd(44)}   ${code}`],
    fields: {
      event: 'start-failed',
      kernel,
      exitCode,
      errors: problems,
      stopped: namesOf(report, 'stopped'),
      ...(report.ok ? {} : { rollbackErrors: report.errors.map(problemOf) }),
    },
  }
}

/** One failure fits on one line; several get a row each. */
function headOf(kernel: string, problems: readonly Problem[]): string[] {
  const [only] = problems
  if (problems.length === 1 && only !== undefined) {
    const advice = adviceOf(only)
    return [`${kernel} did not start: ${only.message}`, ...(advice === undefined ? [] : [`   ${advice}`])]
  }
  const width = Math.min(28, Math.max(8, ...problems.map(({ resource = '' }) => resource.length)))
  return [`${kernel} did not start: ${problems.length} failures`, ...problems.flatMap((problem) => row(problem, width))]
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
