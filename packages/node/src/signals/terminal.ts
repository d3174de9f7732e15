import { closeSync, openSync } from 'node:fs'
import { isatty } from 'node:tty'

/** Whether this process has a terminal, also where its input and outputs are pipes: then a SIGINT is the Ctrl-C of a person. */
export function hasTerminal(): boolean {
  if ([0, 1, 2].some((fd) => isatty(fd))) return true
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/**
 * Whether a person ended it, for whom nothing has to be served on: not the platform, which signals what it has started itself, the
 * first process of a container or the child of that.
 */
export function isOfPerson(signal: NodeJS.Signals, { pid, ppid }: Pick<NodeJS.Process, 'pid' | 'ppid'> = process): boolean {
  return signal === 'SIGINT' && (hasTerminal() || (pid !== 1 && ppid !== 1))
}
