import { readdirSync, readFileSync } from 'node:fs'

/** On Windows there are no process groups: a signal reaches the child alone. */
export const HAS_GROUPS = process.platform !== 'win32'

/** Signals a child and everything in its group; false when nothing of it is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(HAS_GROUPS ? -leader : leader, signal)
    return true
  } catch {
    // ESRCH: nobody is left. EPERM: all that is left has ended, or is not ours any more.
    return false
  }
}

/** Whether anything of a group runs. A process that has ended and was not collected by its parent does not count, where that can be seen. */
export function groupRuns(leader: number): boolean {
  return signalGroup(leader, 0) && (process.platform !== 'linux' || membersOf(leader) !== 0)
}

/** How many of a group run, from /proc; undefined when it cannot be read. */
function membersOf(group: number): number | undefined {
  try {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && runsIn(entry, group)).length
  } catch {
    return undefined
  }
}

function runsIn(pid: string, group: number): boolean {
  try {
    // pid (name) state parent group …; the name may hold anything, so it is skipped from its end.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(itsGroup) === group && state !== 'Z' && state !== 'X'
  } catch {
    return false // it has ended meanwhile
  }
}
