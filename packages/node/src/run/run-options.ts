import { constants } from 'node:os'
import type { Kernel } from '@keelson/kernel'
import { lastWordsPath } from '../autopsy/last-words.js'
import type { LogLike } from '../narrate/log.js'
import { type Check, checkOptions, invalidOption, isBoolean, isHost, isMs, isObject, isPort, must } from '../options.js'
import { PROBE_CHECKS, probeOptions } from '../probe/probe-options.js'
import type { ProbeServerOptions } from '../server/probe-server.js'
import type { SecondSignal } from '../signals/catch-signals.js'
import { checkInspectorServer, type InspectorLike, isInspector, isMade, type RunInspectorOptions } from './inspector-options.js'

export interface RunOptions {
  /** Signals that ask for a shutdown; default SIGTERM, SIGINT, SIGHUP. What others listen to besides these is none of `run()`'s business. */
  signals?: NodeJS.Signals[]
  /**
   * Which second signal ends the process at once, without waiting for what has not stopped: `'ctrl-c'` (default) a second SIGINT of a terminal,
   * 250 ms or more after the first; `'exit'` any of `signals`, 250 ms or more after the first; `'ignore'` none. What ends nothing means the same
   * as the first: platforms repeat their SIGTERM.
   */
  secondSignal?: SecondSignal
  /**
   * Calls the listeners that others have put on the process for `signals` and `beforeExit` when the kernel has stopped, in their order, instead of
   * at the signal; a returned promise is awaited, at most 5 s each, within what is left of `shutdown.timeout`. What ends the process in them,
   * or raises the signal again, does not change the exit code. Default true; with false they are left alone.
   */
  custody?: boolean
  /**
   * When somebody calls `process.exit()` while the kernel stops: `'tell'` (default) says who, and what is lost; `'wait'` says it, keeps the exit
   * code, lets the caller go on behind the call, and exits when the shutdown is over. So for a signal that the process sends to itself, but for SIGKILL.
   */
  exitDuringDrain?: 'tell' | 'wait'
  /** Ends the process with the code; default true. With false only the returned promise tells; a second Ctrl-C resolves it at once. */
  exit?: boolean
  /** Milliseconds that the process has to exit by itself, before what keeps it alive is reported and it is ended; default 1_000. */
  exitGrace?: number
  /** Like a pino logger: `(fields, message)`. Default: readable lines on a terminal, JSON lines elsewhere, on standard output. */
  log?: LogLike | false
  /** A small server of its own for probes: there before anything starts, and until everything has stopped. Default none. */
  probes?: ProbeServerOptions | false
  /**
   * A live page of the kernel, of the package `@keelson/inspector`: at `/inspector/` on the server of the probes, or without these on `127.0.0.1`, port
   * 7300, or a free one where that is taken. Its address is told before anything starts. There until everything has stopped, for this
   * machine only unless it is given a `token`. Options of it, or what `inspector()` has made, do as well. Default none.
   */
  inspector?: boolean | RunInspectorOptions | InspectorLike
  /** When the kernel fails at run time: `'shutdown'` (default) ends it with code 1, `'wait'` leaves that to the platform's liveness probe. */
  onFailure?: 'shutdown' | 'wait'
  /**
   * A rejection that nobody handles: `'shutdown'` (default) ends the process with code 1, as Node does; `'report'` tells it in an error line,
   * and nothing comes of it: neither now nor, while the kernel stops, for the exit code. Listeners of the application are called all the same.
   */
  onUnhandledRejection?: 'shutdown' | 'report'
  /**
   * A file for why a start or the kernel failed, or the exit code was not 0: at most 4,096 bytes, without secrets, written over what was
   * there; emptied again where the code is 0 after all. Default: `/dev/termination-log` in Kubernetes, for `kubectl describe`, where it
   * can be written. That it cannot be written is told, and nothing else.
   */
  lastWords?: string | false
  /**
   * A file in which a shutdown leaves a mark until it is over: one that is found at the next start tells that the last process was killed in
   * the middle of it, how long it had gone on, and who was stopping. It has to outlive the process (a volume, in a container) and to be of no
   * other use. Up to 16 processes may share it: they put theirs beside it. Default none.
   */
  autopsy?: string
}

/** Options with every default in place. */
export interface Settings {
  readonly signals: readonly NodeJS.Signals[]
  readonly secondSignal: SecondSignal
  readonly custody: boolean
  readonly exitDuringDrain: 'tell' | 'wait'
  readonly exit: boolean
  readonly exitGrace: number
  readonly log: LogLike | false | undefined
  readonly probes: ProbeServerOptions | undefined
  readonly inspector: true | RunInspectorOptions | InspectorLike | undefined
  readonly onFailure: 'shutdown' | 'wait'
  readonly onUnhandledRejection: 'shutdown' | 'report'
  readonly lastWords: string | undefined
  readonly autopsy: string | undefined
}

const isSignal = (value: unknown) => typeof value === 'string' && Object.hasOwn(constants.signals, value)
const areSignals: Check = (value) => {
  if (!Array.isArray(value)) return must(false, "be an array of names such as 'SIGTERM'", value)
  if (!value.every(isSignal)) return `must hold names of signals, such as 'SIGTERM', and nothing else`
  return value.includes('SIGKILL') || value.includes('SIGSTOP')
    ? 'must not hold SIGKILL or SIGSTOP: no process can catch them'
    : undefined
}
const isLog: Check = (value) =>
  must(
    value === false || (isObject(value) && ['info', 'warn', 'error'].every((level) => typeof value[level] === 'function')),
    'be false or a logger with info, warn and error',
    value,
  )
const isPath: Check = (value) =>
  must(typeof value === 'string' && value !== '' && !value.includes('\0'), 'be the path of a file', value)
const isOneOf =
  (...choices: readonly string[]): Check =>
  (value) =>
    must(choices.includes(value as string), `be ${choices.map((choice) => `'${choice}'`).join(' or ')}`, value)

/** Throws `INVALID_OPTION`. */
export function runOptions(kernel: Kernel, options: RunOptions): Settings {
  const where = { text: 'run()' }
  if (typeof kernel?.start !== 'function' || typeof kernel.shutdown !== 'function') {
    throw invalidOption(where, 'its first argument', 'must be a kernel; pass what createKernel() returned')
  }
  checkOptions(where, '', options, {
    signals: areSignals,
    secondSignal: isOneOf('ctrl-c', 'exit', 'ignore'),
    custody: isBoolean,
    exitDuringDrain: isOneOf('tell', 'wait'),
    exit: isBoolean,
    exitGrace: isMs,
    log: isLog,
    probes: (value) => must(value === false || isObject(value), 'be an object with a port, or false', value),
    inspector: isInspector,
    onFailure: isOneOf('shutdown', 'wait'),
    onUnhandledRejection: isOneOf('shutdown', 'report'),
    lastWords: (value) => (value === false ? undefined : isPath(value)),
    autopsy: isPath,
  })
  const { probes, inspector } = options
  if (typeof inspector === 'object' && !isMade(inspector)) checkInspectorServer(where, inspector)
  if (probes) {
    checkOptions(where, 'probes.', probes, { ...PROBE_CHECKS, port: isPort, host: isHost, waitForPort: isMs })
    if (probes.port === undefined) throw invalidOption(where, 'probes.port', 'is missing; give the probe server a port')
    probeOptions(where, 'probes.', probes)
  }
  return {
    signals: options.signals ?? DEFAULT_SIGNALS,
    secondSignal: options.secondSignal ?? 'ctrl-c',
    custody: options.custody ?? true,
    exitDuringDrain: options.exitDuringDrain ?? 'tell',
    exit: options.exit ?? true,
    exitGrace: options.exitGrace ?? 1_000,
    log: options.log,
    probes: probes || undefined,
    inspector: inspector || undefined,
    onFailure: options.onFailure ?? 'shutdown',
    onUnhandledRejection: options.onUnhandledRejection ?? 'shutdown',
    lastWords: lastWordsPath(options.lastWords, process.env),
    autopsy: options.autopsy,
  }
}

const DEFAULT_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP']
