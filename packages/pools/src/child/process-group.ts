import { readdirSync, readFileSync } from 'node:fs'

/** Windows has no process groups: a signal reaches the child alone. */
export const HAS_GROUPS = process.platform !== 'win32'

/** Signals a child and everything in its group; false when nothing in it can be signalled. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(HAS_GROUPS ? -leader : leader, signal)
    return true
  } catch {
    // ESRCH: the group is empty. EPERM: its processes have ended, or belong to another user.
    return false
  }
}

/** Whether a process of the group is running. On Linux zombies are not counted. */
export function groupRuns(leader: number): boolean {
  return signalGroup(leader, 0) && (process.platform !== 'linux' || membersOf(leader) !== 0)
}

/** The number of running processes in a group, from /proc; undefined when that cannot be read. */
function membersOf(group: number): number | undefined {
  try {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && runsIn(entry, group)).length
  } catch {
    return undefined
  }
}

function runsIn(pid: string, group: number): boolean {
  try {
    // pid (name) state parent group …; the name may contain anything, so parse from its last parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(itsGroup) === group && state !== 'Z' && state !== 'X'
  } catch {
    return false // it has ended since readdir
  }
}
