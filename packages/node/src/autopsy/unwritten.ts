import type { Line } from '../narrate/log.js'
import { problemOf } from '../words/problem.js'

/** A file that `run()` was told to write cannot be written. */
export function unwritten(what: string, kernel: string, path: string, error: unknown): Line {
  const problem = problemOf(error)
  return {
    level: 'warn',
    message: `${what} ${kernel} cannot be written to ${path}: ${problem.message}`,
    fields: { event: 'process:unwritten', path, error: problem },
  }
}
