import { constants } from 'node:os'
import { callerIn, isCalledFor, stackNow } from './caller.js'
import { patchProcess } from './patch.js'
import type { Place } from './place.js'

/** The process is ended from inside. */
export interface End {
  readonly call: 'process.exit' | 'process.kill' | 'process.abort'
  readonly exitCode?: number
  readonly signal?: NodeJS.Signals
  /** Nothing where no code but that of Node called, as by a timer. */
  readonly by: Place | undefined
}

export interface EndWatch {
  /** The shutdown has begun: who kills or aborts the process is heard of, too, and exits are kept where that was asked for. */
  drain(): void
  /** Whether an exit was kept. */
  readonly kept: boolean
  quit(): void
}

/**
 * X7: hears of whoever ends this process, before it goes. With `wait` an exit in a shutdown only sets the exit code: whoever called goes on
 * behind the call. SIGKILL and abort() are never kept: they are for when nothing else helps.
 */
export function watchEnds(tell: (end: End, kept: boolean) => void, wait: boolean): EndWatch {
  const patches: (() => void)[] = []
  let kept = false
  let ending = false

  function ends(end: End): void {
    if (!ending) tell(end, false)
    ending = true
  }

  const onExit = (exitCode: number) => {
    const stack = stackNow()
    if (isCalledFor(stack)) ends({ call: 'process.exit', exitCode, by: callerIn(stack) })
  }

  /** The first one counts, as it would have without being kept. */
  function keep(end: End, exitCode: number | string | null | undefined): void {
    if (kept) return
    kept = true
    tell(end, true)
    if (exitCode !== undefined && exitCode !== null) process.exitCode = exitCode
  }

  const exit = ((code) => {
    const exitCode = Number(code ?? process.exitCode ?? 0)
    keep({ call: 'process.exit', exitCode, by: callerIn(stackNow()) }, code)
  }) as NodeJS.Process['exit']

  process.on('exit', onExit)
  return {
    get kept() {
      return kept
    },
    drain() {
      if (patches.length > 0) return
      patches.push(
        patchProcess('kill', (before) => (pid, given) => {
          const signal = endingSignal(pid, given)
          if (signal === undefined) return before(pid, given)
          const end: End = { call: 'process.kill', signal, by: callerIn(stackNow()) }
          if (wait && signal !== 'SIGKILL') {
            keep(end, 128 + constants.signals[signal])
            return true
          }
          ends(end)
          return before(pid, given)
        }),
        patchProcess('abort', (before) => () => {
          ends({ call: 'process.abort', signal: 'SIGABRT', by: callerIn(stackNow()) })
          return before()
        }),
      )
      if (wait) patches.push(patchProcess('exit', () => exit))
    },
    quit() {
      process.off('exit', onExit)
      for (const quit of patches.reverse()) quit()
    },
  }
}

/** The signal by which a call of `process.kill()` ends this process; undefined when it does not. */
export function endingSignal(pid: unknown, given: unknown = 'SIGTERM'): NodeJS.Signals | undefined {
  if (pid !== process.pid && pid !== 0 && pid !== -process.pid) return undefined
  const signal = signalNamed(given)
  if (signal === undefined || !Object.hasOwn(constants.signals, signal) || HARMLESS.has(signal)) return undefined
  return process.listenerCount(signal) > 0 ? undefined : signal
}

/** The name of a signal that may be given as a number. */
export function signalNamed(given: unknown): NodeJS.Signals | undefined {
  return typeof given === 'number' ? NAMES.get(given) : (given as NodeJS.Signals)
}

const NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]))

/** What stops, wakes or tells a process, and what Node ignores or uses itself. */
const HARMLESS: ReadonlySet<string> = new Set(
  'SIGCHLD SIGCONT SIGURG SIGWINCH SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGPIPE SIGUSR1'.split(' '),
)
