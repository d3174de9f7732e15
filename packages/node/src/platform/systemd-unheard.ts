import type { Line } from '../narrate/log.js'
import { problemOf } from '../words/problem.js'

export function systemdUnheard(kernel: string, error: unknown): Line {
  const problem = problemOf(error)
  const remedy = 'install node-unix-socket next to @keelson/node, or the program systemd-notify'
  return {
    level: 'warn',
    message: `systemd cannot be told about ${kernel}: ${problem.message}; ${remedy}`,
    fields: { event: 'systemd:unheard', error: problem },
  }
}
