import type { Line } from '../narrate/log.js'
import { duration, some } from '../words/duration.js'
import type { Mark } from './mark.js'

/** What became of the last process, of which this mark is left. */
export function autopsyLine(mark: Mark): Line {
  const { reason, budgetMs, afterMs, draining, stopping, exitCode } = mark
  const how = exitCode === undefined ? 'was killed' : `exited with code ${exitCode},`
  const shutdown = budgetMs === null ? 'a shutdown without a limit' : `a shutdown of ${duration(budgetMs)}`
  const remedy = exitCode === undefined ? `: raise the platform's grace or lower shutdown.timeout` : ''
  return {
    level: 'warn',
    message: `the last process ${how} ${precise(afterMs)} into ${shutdown}${whileText(mark)}${remedy}`,
    fields: {
      event: 'process:autopsy',
      reason,
      afterMs: Math.round(afterMs),
      ...(budgetMs !== null && { budgetMs }),
      draining,
      stopping,
      ...(exitCode !== undefined && { exitCode }),
    },
  }
}

/** Some file is where the mark should go. */
export function foreignMark(kernel: string, path: string): Line {
  return {
    level: 'warn',
    message: `${path} is no mark of a shutdown of ${kernel}, and is left alone: give autopsy a path of its own`,
    fields: { event: 'process:unwritten', path },
  }
}

function whileText({ stopped, draining, stopping, count }: Mark): string {
  if (stopped) return ', after everything had stopped'
  const others = Math.max(0, count - draining.length - stopping.length)
  const parts = [...statesOf(draining, 'draining', 0), ...statesOf(stopping, 'stopping', others)]
  return parts.length === 0 ? '' : `, while ${parts.join(' and ')}`
}

function statesOf(names: readonly string[], state: string, others: number): string[] {
  if (names.length === 0) return []
  const total = names.length + others
  return [`${some(names, 5, total)} ${total === 1 ? 'was' : 'were'} ${state}`]
}

/** A tenth of a second may tell a grace of 10 s from one of 9. */
function precise(ms: number): string {
  return ms >= 1_000 && ms < 100_000 ? `${(ms / 1_000).toFixed(1)} s` : duration(ms)
}
