import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { attempt } from '../words/foreign.js'

/** A process, as /proc of Linux has it. */
export interface ProcessEntry {
  readonly pid: number
  readonly ppid: number
  readonly args: readonly string[]
  /** When it was started, in ticks since the boot: a process id is used again, this with it is not. */
  readonly started: string
}

/** What is asked about other processes; undefined for one that is gone, or where there is no /proc. */
export interface Processes {
  entry(pid: number): ProcessEntry | undefined
  /** What its standard input is, as `/dev/null` or `pipe:[4711]`. */
  input(pid: number): string | undefined
  children(pid: number): readonly number[] | undefined
}

/** Those of this machine, or of this container. */
export const processes: Processes = {
  entry(pid) {
    const stat = read(pid, 'stat')
    const args = read(pid, 'cmdline')
    if (stat === undefined || args === undefined) return undefined
    // The name, in parentheses, may hold anything.
    const [state, ppid, ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return undefined
    return { pid, ppid: Number(ppid), args: args.split('\0').filter((arg) => arg !== ''), started: others[STARTED] ?? '' }
  },
  input: (pid) => attempt(() => readlinkSync(`/proc/${pid}/fd/0`)),
  children: (pid) => {
    const tasks = attempt(() => readdirSync(`/proc/${pid}/task`))
    return tasks?.flatMap((task) => read(pid, `task/${task}/children`)?.trim().split(' ').filter(Boolean).map(Number) ?? [])
  },
}

/** Field 22 of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, counted from the one after the parent. */
const STARTED = 22 - 5

function read(pid: number, file: string): string | undefined {
  return attempt(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'))
}
