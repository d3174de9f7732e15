import type { Kernel } from '@keelson/kernel'
import { type EndWatch, watchEnds } from '../guests/ends.js'
import { endedBy } from '../guests/guest-lines.js'
import { Guests } from '../guests/guests.js'
import { LONGEST_TURN } from '../guests/hand-over.js'
import type { HeldListener } from '../narrate/held-listeners.js'
import type { Say } from '../narrate/log.js'
import { type CaughtSignals, catchSignals } from '../signals/catch-signals.js'
import { takeEarlySignals } from '../signals/early-signals.js'
import { HOLDS_SIGNALS } from '../signals/signal-gate.js'
import { hasTerminal, isOfPerson } from '../signals/terminal.js'
import { now, setImmediate } from '../time.js'
import { attempt } from '../words/foreign.js'
import { exitNow, exitSoon } from './exit.js'
import { exitAtOnce, NEW_LINE, stoppingAlready } from './run-entries.js'
import type { Settings } from './run-options.js'

export interface CompanyListeners {
  readonly say: Say
  /** What is held back is said now. */
  flush(): void
  /** Whether a shutdown was asked for, or has begun. */
  stopping(): boolean
  /** A signal asks for a shutdown; `delay`: the longest that work may go on before it, in ms. */
  leave(signal: NodeJS.Signals, delay: number | undefined): void
  /** Nobody waits any more. */
  hurry(exitCode: number): void
}

/** In ms: how long the process may take to end by itself where somebody asked for its end, and `exitGrace` is Infinity. */
const GRACE = 1_000

/** Of several runs in this process, the one that was the last to end. */
let last: Company | undefined

/** What others do to the process in which a kernel runs: their signals, their listeners, and how they end it. */
export class Company {
  readonly #kernel: Kernel
  readonly #settings: Settings
  readonly #to: CompanyListeners
  readonly #guests: Guests | undefined
  readonly #signals: CaughtSignals
  readonly #ends: EndWatch
  #grace: number
  /** When the shutdown began. */
  #since: number | undefined
  #over = false
  #budget: number | undefined

  constructor(kernel: Kernel, settings: Settings, to: CompanyListeners) {
    const { signals, secondSignal, custody, exitDuringDrain, exitGrace } = settings
    this.#kernel = kernel
    this.#settings = settings
    this.#to = to
    this.#grace = exitGrace
    this.#guests = custody && HOLDS_SIGNALS ? new Guests(signals, to.say) : undefined
    this.#ends = watchEnds((end, kept) => {
      if (this.#over || kernel.state === 'stopped' || kernel.state === 'idle') return
      to.say(endedBy(kernel, end, kept, this.#since === undefined ? undefined : now() - this.#since))
      to.flush()
    }, exitDuringDrain === 'wait')
    this.#signals = catchSignals(signals, secondSignal, {
      first: (signal) => this.#first(signal),
      repeated: (signal) => this.#repeated(signal),
      again: (signal, exitCode) => this.#again(signal, exitCode),
    })
  }

  /** What came before `run()`. */
  takeEarly(): void {
    for (const signal of takeEarlySignals(this.#settings.signals)) this.#signals.take(signal)
  }

  /** Looks up who listens to signals, while the resources start. */
  locateSoon(): void {
    if (this.#settings.log !== false) setImmediate(() => this.#guests?.locate())
  }

  get held(): readonly HeldListener[] {
    if (this.#settings.log === false) return []
    this.#guests?.locate()
    return this.#guests?.listed() ?? []
  }

  /** The shutdown has begun. */
  drain(): void {
    this.#since ??= now()
    this.#ends.drain()
  }

  /** The kernel has stopped: the others have their turn, in the time that the shutdown has left. */
  async over(): Promise<void> {
    this.#over = true
    this.#since ??= now()
    this.#grace = (await this.#guests?.over(() => this.#left(), this.#settings.exitGrace)) ?? this.#grace
    await this.#signals.quiet()
  }

  /** The process is no longer anybody's business here, but for how it ends. */
  release(): void {
    this.#signals.release()
    this.#guests?.release()
    // What was put in front last goes first. A process that ends is kept from others until it has.
    if (!this.#settings.exit) this.#guests?.quit()
    this.#ends.quit()
  }

  /** Leaves the process to end, with the exit code of `run()`; an exit that was kept comes when its caller has had a turn. */
  end(exitCode: number, forced: () => number): void {
    const guests = this.#guests
    const { exit } = this.#settings
    if (this.#ends.kept) setImmediate(() => exitNow(exitCode))
    if (!exit) return
    last = this
    const soon = (grace: number) => last === this && exitSoon(exitCode, grace, forced, async (code) => guests?.beforeExit(code))
    guests?.ending(
      () => soon(this.#graceWhenAsked),
      () => this.exitAsked || soon(Math.max(this.#grace, Math.min(LONGEST_TURN, this.#left()))),
    )
    soon(this.exitAsked ? this.#graceWhenAsked : this.#grace)
  }

  /** What the shutdown has left, in ms. */
  #left(): number {
    this.#budget ??= attempt(() => this.#kernel.plan().shutdown.timeoutMs) ?? Infinity
    return this.#budget - (now() - (this.#since ?? now()))
  }

  /** Whether one of the others has asked for the end of the process. */
  get exitAsked(): boolean {
    return this.#guests?.asked ?? false
  }

  /** Nobody has to wait then for what is still alive, though the application may be at the end of its work. */
  get #graceWhenAsked(): number {
    const { exitGrace } = this.#settings
    return exitGrace === Infinity ? GRACE : exitGrace
  }

  #first(signal: NodeJS.Signals): void {
    if (signal === 'SIGINT') this.#to.say(NEW_LINE)
    if (this.#to.stopping()) this.#sayStopping(signal)
    // X1: nobody sends requests to a terminal. Elsewhere only a delay that the application did not ask for is left out.
    if (isOfPerson(signal)) attempt(() => this.#kernel.defaults({ shutdown: { delay: 0 } }))
    this.#to.leave(signal, signal === 'SIGINT' && hasTerminal() ? 0 : undefined)
  }

  #repeated(signal: NodeJS.Signals): void {
    if (signal === 'SIGINT') this.#to.say(NEW_LINE)
    this.#sayStopping(signal)
  }

  #sayStopping(signal: NodeJS.Signals): void {
    const { secondSignal } = this.#settings
    const byKey = secondSignal === 'ctrl-c' && signal === 'SIGINT' && hasTerminal()
    const hint = byKey
      ? 'press Ctrl-C again to exit at once'
      : secondSignal === 'exit'
        ? 'send it again to exit at once'
        : undefined
    this.#to.say(stoppingAlready(this.#kernel.name, signal, hint))
  }

  #again(signal: NodeJS.Signals, exitCode: number): void {
    if (signal === 'SIGINT') this.#to.say(NEW_LINE)
    this.#to.say(exitAtOnce(this.#kernel, signal, exitCode))
    this.#to.flush()
    this.#to.hurry(exitCode)
  }
}
