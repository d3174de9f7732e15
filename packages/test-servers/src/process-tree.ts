import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** The processes that `pid` has started and that still run. */
export function childrenOf(pid: number): number[] {
  return (process.platform === 'linux' ? fromProc() : fromPs()).filter(({ parent }) => parent === pid).map(({ id }) => id)
}

/** Sends a signal to a process, and is silent about one that has ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** False for a process that has ended and is only not collected yet. */
export function runs(pid: number): boolean {
  if (process.platform === 'linux') return fromProc().some(({ id }) => id === pid)
  return fromPs().some(({ id }) => id === pid)
}

interface Process {
  readonly id: number
  readonly parent: number
}

function fromProc(): Process[] {
  const found: Process[] = []
  for (const folder of readdirSync('/proc')) {
    if (!/^\d+$/.test(folder)) continue
    try {
      // After the name, which may contain anything, come the state and the parent.
      const stat = readFileSync(`/proc/${folder}/stat`, 'latin1')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state !== 'Z') found.push({ id: Number(folder), parent: Number(parent) })
    } catch {
      // It ended in the meantime.
    }
  }
  return found
}

function fromPs(): Process[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,state='], { encoding: 'utf8' }).trim().split('\n')
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([id, parent]) => ({ id: Number(id), parent: Number(parent) }))
}
