import type { Cell } from '../cell/cell.js'
import { causesOf, isOfMember, type KeelsonError } from '../errors.js'
import { Activation } from './activation.js'
import type { BringUp } from './bring-up.js'
import type { BringUpListener } from './ticket.js'

/** How a startup ended. */
export interface StartupResult {
  /** False when it was given up: by a failure that matters, or from outside. */
  readonly ok: boolean
  /** Everything that failed, first cause first. */
  readonly errors: readonly KeelsonError[]
}

/** What a startup needs of the kernel. */
export interface StartupHost {
  readonly bringUp: BringUp
  /** Those that have been brought up and have an `activate` hook, and were not activated. */
  awaitActivation(): readonly Cell[]
  /** It runs: from now on its checks count. */
  watch(cell: Cell): void
  /** It runs, and could not be activated. */
  notActivated(cell: Cell, error: KeelsonError): void
  /** Nothing else is brought up: it is given up. */
  aborted(error: KeelsonError): void
  /** Calls back once no resource is on its way back from a restart. */
  whenCalm(callback: () => void): void
  done(result: StartupResult): void
}

/**
 * The start of a whole kernel: everything is in line to be brought up; when all that must run runs, it is activated (S9). A failure
 * that matters ends it: starts in flight are aborted and awaited, nothing new is launched (S3).
 */
export class Startup implements BringUpListener {
  readonly #host: StartupHost
  readonly #cells: readonly Cell[]
  #open: number
  /** Whether everything has come up, or will not. */
  #settled = false
  #finished = false
  #activation: Activation | undefined
  /** Why it is given up. */
  #decisive: KeelsonError | undefined
  /** Whether starts in flight have been told to end. */
  #aborted = false
  readonly #failures: KeelsonError[] = []

  constructor(cells: readonly Cell[], host: StartupHost) {
    this.#host = host
    this.#cells = cells
    this.#open = cells.length
  }

  /** Everything that has failed so far: what decided, with its causes before it, then the rest as it happened. */
  get errors(): readonly KeelsonError[] {
    const decisive = this.#decisive
    const because = decisive !== undefined && (decisive.code === 'DEPENDENCY_FAILED' || isOfMember(decisive))
    const causes = because ? causesOf(decisive) : []
    return [...new Set([...causes, ...(decisive === undefined ? [] : [decisive]), ...this.#failures])]
  }

  begin(): void {
    if (this.#decisive === undefined) this.#host.bringUp.releaseAll(this.#cells, this)
    else this.#open = 0
    this.#settle()
  }

  /** Launches nothing new and tells starts in flight to end. */
  abort(error: KeelsonError): void {
    this.giveUp(error)
    if (this.#aborted || this.#finished) return
    this.#aborted = true
    this.#host.aborted(error)
    const begun = this.#host.bringUp.halt(this)
    this.#open = begun.length
    for (const cell of begun) cell.instance?.abort(error)
    this.#settle()
  }

  /** Launches nothing new; what is in flight is left to a teardown. */
  handOver(error: KeelsonError): void {
    this.giveUp(error)
    this.#finished = true
    for (const cell of this.#host.bringUp.halt(this)) cell.cancelPause(error)
  }

  /** From now on nothing new is launched; what has begun goes on until somebody tells it to end. */
  giveUp(error: KeelsonError): void {
    if (this.#decisive !== undefined) return
    this.#decisive = error
    this.#activation?.cancel()
    this.#host.bringUp.halt(this)
    this.#host.bringUp.abortLaunching(error)
  }

  up(cell: Cell): void {
    if (this.#finished) return
    this.#host.watch(cell)
    this.#open--
    this.#settle()
  }

  failed(cell: Cell, error: KeelsonError): void {
    if (this.#decisive === undefined || error.code !== 'ABORTED') this.#failures.push(error)
    if (this.#decisive === undefined && cell.impact === 'unready') this.abort(error)
  }

  down(_cell: Cell, error: KeelsonError, problems: readonly KeelsonError[]): void {
    // One that failed in a restart is only told when it does not come back.
    if (!this.#failures.includes(error) && error.code !== 'ABORTED') this.#failures.push(error)
    this.#failures.push(...problems)
    this.#open--
    this.#settle()
  }

  left(): void {
    this.#open--
    this.#settle()
  }

  stoodBy(): void {
    this.left()
  }

  #settle(): void {
    if (this.#open > 0 || this.#finished) return
    if (this.#decisive !== undefined) return this.#aborted ? this.#finish(false) : this.abort(this.#decisive)
    if (this.#settled) return
    this.#settled = true
    this.#host.whenCalm(() => this.#activate())
  }

  /** What is restarted meanwhile, and comes back, is activated in another round. */
  #activate(): void {
    if (this.#decisive !== undefined || this.#finished) return
    const waiting = this.#host.awaitActivation()
    if (waiting.length === 0) return this.#finish(true)
    const told = (cell: Cell, error: KeelsonError | undefined) => {
      if (error !== undefined) this.#host.notActivated(cell, error)
    }
    const done = () => this.#host.whenCalm(() => this.#activate())
    this.#activation = new Activation(this.#host.bringUp.graph, waiting, told, done)
    this.#activation.begin()
  }

  #finish(ok: boolean): void {
    this.#finished = true
    this.#host.done({ ok, errors: this.errors })
  }
}
