import { isA, propertyOf } from '../words/foreign.js'
import { problemOf } from '../words/problem.js'
import { stackOf } from '../words/thrown.js'
import { toldLine } from '../words/told-text.js'
import { fieldsOf, type Line, type LogLike, type Say, sentenceOf } from './log.js'

/** How many lines are kept in case the logger fails with one of them later. */
const KEPT = 100

/** Deep enough for the frame of `TAG` to be in the stack of an error that a logger makes while it is called. */
const FRAMES = 60

const TAG = /\bkeelsonLine(\d+)\b/

/**
 * Says everything to a logger of the application. What that cannot take, because it throws, rejects, or fails later in an event of
 * its stream, goes to `fallback`: a logger that has ended must not take the process, or the last line, with it.
 */
export class Logger {
  readonly #log: LogLike
  readonly #kernel: string
  readonly #fallback: Say
  readonly #sent = new Map<number, Line>()
  #count = 0
  #failed = false
  #ended = false

  constructor(log: LogLike, kernel: string, fallback: Say) {
    this.#log = log
    this.#kernel = kernel
    this.#fallback = fallback
  }

  readonly say: Say = (entry) => {
    if (entry.terminalOnly) return
    if (this.#ended) return this.#fallback(entry)
    const id = this.#keep(entry)
    try {
      const logged: unknown = tagged(id, () => this.#log[entry.level](fieldsOf(entry, this.#kernel), toldLine(sentenceOf(entry))))
      if (isThenable(logged)) Promise.resolve(logged).catch((error: unknown) => this.#lost(id, error))
    } catch (error) {
      this.#lost(id, error)
    }
  }

  /**
   * Whether an error that nobody caught came from a call of the logger. A stream tells of its end once: that line and all that
   * follow are then said elsewhere.
   */
  caused(error: unknown): boolean {
    const id = isA(error, Error) ? TAG.exec(stackOf(error) ?? '')?.[1] : undefined
    if (id === undefined) return false
    this.#ended = true
    for (const later of [...this.#sent.keys()].filter((sent) => sent >= Number(id))) this.#lost(later, error)
    return true
  }

  #keep(line: Line): number {
    const id = this.#count++
    this.#sent.set(id, line)
    this.#sent.delete(id - KEPT)
    return id
  }

  #lost(id: number, error: unknown): void {
    if (!this.#failed) this.#fallback(logFailed(error))
    this.#failed = true
    const line = this.#sent.get(id)
    this.#sent.delete(id)
    if (line !== undefined) this.#fallback(line)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof propertyOf(value, 'then') === 'function'
}

/** Calls `work` from a function whose name says which line it is: errors made in there have that in their stack. */
function tagged(id: number, work: () => unknown): unknown {
  const name = `keelsonLine${id}`
  const calls = { [name]: () => work() }
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  try {
    return calls[name]!()
  } finally {
    Error.stackTraceLimit = limit
  }
}

function logFailed(error: unknown): Line {
  const problem = problemOf(error)
  return {
    level: 'warn',
    message: `the log function failed: ${problem.message}; what it cannot take is written here`,
    fields: { event: 'log:failed', error: problem },
  }
}
