import type { Entry } from '../narrate/log.js'
import { problemOf } from '../narrate/problem.js'

export function systemdUnheard(kernel: string, error: unknown): Entry {
  const problem = problemOf(error)
  const remedy = 'install node-unix-socket next to @keelson/node, or the program systemd-notify'
  return {
    level: 'warn',
    message: `systemd cannot be told about ${kernel}: ${problem.message}; ${remedy}`,
    fields: { event: 'systemd-unheard', kernel, problem },
  }
}
