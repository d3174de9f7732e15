import { relative } from 'node:path'
import { isatty } from 'node:tty'
import type { Line, Say } from '../narrate/log.js'
import { clearInterval, setInterval } from '../time.js'
import { processes } from './processes.js'
import { type ShellInFront, shellInFront } from './shell-in-front.js'

/** In ms: how often is looked whether the shell is still there. */
const POLL = 1_000

/**
 * Says at once what to write where a shell keeps the signals from this process, and asks it to leave when that shell has ended: nobody
 * waits for the process any more, and no signal will reach it. Until the returned function is called.
 */
export function followShell(say: Say, leave: (reason: string) => void): () => void {
  if (process.platform !== 'linux') return () => {}
  const { env, pid, ppid } = process
  const found = shellInFront(env, { pid, ppid, terminal: isatty(0) || isatty(1) }, processes)
  if (found === undefined) return () => {}
  if (found.behind !== undefined) say(shellLine(found, commandOf(process)))
  const { shell } = found
  const poll = setInterval(() => {
    if (processes.entry(shell.pid)?.started === shell.started) return
    clearInterval(poll)
    leave('its shell has ended')
  }, POLL)
  poll.unref()
  return () => clearInterval(poll)
}

/** What to write instead: `command` is how this process is started. */
export function shellLine({ behind = '' }: ShellInFront, command: readonly string[]): Line {
  const [kept, remedy] =
    behind === 'PID 1' ? entry(command) : MANAGERS.has(behind) ? script(behind, command) : inner(behind, command)
  return {
    level: 'warn',
    message: `${kept}, which passes no signal on: a shutdown would be cut short, or never begin; write ${remedy}`,
    fields: { event: 'process:shell', behind, remedy },
  }
}

const MANAGERS: ReadonlySet<string> = new Set(['npm', 'pnpm', 'yarn', 'bun'])

function entry(command: readonly string[]): readonly [string, string] {
  return ['PID 1 is a shell', `CMD ${JSON.stringify(command)}, or exec ${command.join(' ')} in its script`]
}

function script(manager: string, command: readonly string[]): readonly [string, string] {
  const remedy = `exec in front of the command of the script ("exec ${command.join(' ')}"), or start node itself`
  return [`${manager} runs this process in a shell`, remedy]
}

function inner(init: string, command: readonly string[]): readonly [string, string] {
  return [`between ${init} and this process is a shell`, `exec ${command.join(' ')}, or start node without a shell`]
}

/** How this process can be started, without its arguments, which may hold secrets. */
function commandOf({ argv: [, script = ''] }: Pick<NodeJS.Process, 'argv'>): readonly string[] {
  const path = relative(process.cwd(), script)
  return ['node', path.startsWith('..') ? script : path].filter((part) => part !== '')
}
