import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A process, as /proc of Linux has it. */
export interface ProcessEntry {
  readonly pid: number
  readonly ppid: number
  readonly session: number
  /** When it was started, in ticks since the boot: a process id is used again, this with it is not. */
  readonly started: string
}

/** Undefined for one that has ended, zombies included, and where there is no /proc. */
export function processEntry(pid: number): ProcessEntry | undefined {
  const stat = read(pid, 'stat')
  if (stat === undefined) return undefined
  // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined
  return { pid, ppid: Number(fields[1]), session: Number(fields[3]), started: fields[19] ?? '' }
}

/** Those that run on this machine; empty where there is no /proc. */
export function processIds(): number[] {
  const names = attempt(() => readdirSync('/proc')) ?? []
  return names.filter((name) => /^\d+$/.test(name)).map(Number)
}

/** Its command with its arguments. */
export function commandOf(pid: number): string {
  return (read(pid, 'cmdline') ?? '').split('\0').filter(Boolean).join(' ')
}

/** Whether it was started with this variable, as far as it can be read. */
export function wasGiven(pid: number, variable: string): boolean {
  return (read(pid, 'environ') ?? '').split('\0').includes(variable)
}

/** What its file descriptors lead to, such as `socket:[4711]`. */
export function openFiles(pid: number): string[] {
  const names = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return names.flatMap((name) => attempt(() => readlinkSync(`/proc/${pid}/fd/${name}`)) ?? [])
}

export function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function read(pid: number, file: string): string | undefined {
  return attempt(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'))
}
