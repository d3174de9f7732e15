import type { Environment } from './platform.js'
import type { ProcessEntry, Processes } from './processes.js'

/** A shell between this process and what sends it its signals. */
export interface ShellInFront {
  readonly shell: ProcessEntry
  /**
   * What is told to end instead of this process, where it is clear that this loses the shutdown: the shell itself as PID 1, the init
   * of a container, or a package manager, by name.
   */
  readonly behind?: string
}

/** What is asked about this process. */
export interface Self {
  readonly pid: number
  readonly ppid: number
  /** Whether somebody sits at a terminal. */
  readonly terminal: boolean
}

/**
 * Looks for a shell that started this process and waits for it. A shell passes no signal on: it ends at SIGTERM without one that would
 * reach this process, or as PID 1 does not even end. Not where a terminal sends its signals to all of them, nor under PM2 and systemd,
 * which do not wait for the shell alone.
 */
export function shellInFront(env: Environment, self: Self, processes: Processes): ShellInFront | undefined {
  if (self.terminal || self.pid === 1) return undefined
  if (env.pm_id !== undefined || env.NOTIFY_SOCKET || env.INVOCATION_ID) return undefined
  const shell = shellAbove(self, processes)
  if (shell === undefined) return undefined
  if (shell.pid === 1) return { shell, behind: 'PID 1' }
  const above = processes.entry(shell.ppid)
  const manager = above && managerIn(above)
  if (manager !== undefined) return { shell, behind: manager }
  if (above?.pid === 1 && INITS.has(nameOf(above))) return { shell, behind: nameOf(above) }
  return runsACommand(shell) && waitsFor(self, shell, processes) ? { shell } : undefined
}

/** The parent, or its parent where that only starts a program. */
function shellAbove({ ppid }: Self, processes: Processes): ProcessEntry | undefined {
  const parent = processes.entry(ppid)
  const found = parent !== undefined && isStarter(parent) ? processes.entry(parent.ppid) : parent
  return found !== undefined && SHELLS.has(nameOf(found)) ? found : undefined
}

/**
 * A job in the background outlives its shell, and is meant to. It, and one of `nohup`, has another input than the shell: none. Where the
 * shell has none either, it waits for this process if it has no other.
 */
function waitsFor({ pid }: Self, shell: ProcessEntry, processes: Processes): boolean {
  const input = processes.input(pid)
  if (input === undefined || input !== processes.input(shell.pid)) return false
  return input !== '/dev/null' || processes.children(shell.pid)?.length === 1
}

/** `sh -c …`, and not a script, which may start what it leaves behind. */
function runsACommand({ args: [, first = ''] }: ProcessEntry): boolean {
  return /^-[a-z]*c$/.test(first)
}

/** A package manager sets its title, or is a script of Node. */
function managerIn({ args }: ProcessEntry): string | undefined {
  const [program = '', script = ''] = args
  const name = MANAGER.exec(program)?.[1] ?? MANAGER_SCRIPT.exec(script)?.[1]
  return name === 'npm' || name === undefined ? name : name.replace('yarnpkg', 'yarn')
}

const MANAGER = /(?:^|\/)(npm|pnpm|yarn|bun)(?: |$)/
const MANAGER_SCRIPT = /[\\/](npm|pnpm|yarnpkg|yarn)(?:-cli)?(?:-[\d.]+)?(?:\.c?js)?$/

/** Programs that start another and wait for it. */
function isStarter({ args }: ProcessEntry): boolean {
  return args.slice(0, 3).some((arg) => /[\\/](tsx|cross-env|dotenv)(?:[\\/]|$)/.test(arg))
}

function nameOf({ args: [program = ''] }: ProcessEntry): string {
  return program.slice(program.lastIndexOf('/') + 1).replace(/^-/, '')
}

const SHELLS: ReadonlySet<string> = new Set(['sh', 'dash', 'bash', 'ash', 'zsh', 'ksh'])
const INITS: ReadonlySet<string> = new Set(['tini', 'tini-static', 'docker-init', 'dumb-init', 'catatonit'])
