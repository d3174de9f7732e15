import type { Cell } from '../cell/cell.js'
import { CheckRun } from '../cell/check-run.js'
import { type CheckRecord, History } from '../cell/history.js'
import { type KeelsonError, timedOut } from '../errors.js'
import type { Clock } from '../time/clock.js'
import type { Deadlines } from '../time/deadline.js'

const DEFAULT_INTERVAL = 10_000
const DEFAULT_HISTORY = 50

/**
 * Checks running resources, each at its own interval, counted from the end of one check to the start of the next.
 * Nothing here keeps the process alive.
 */
export class Monitor {
  readonly #clock: Clock
  readonly #deadlines: Deadlines
  readonly #watches = new Map<Cell, Watch>()

  constructor(clock: Clock, deadlines: Deadlines) {
    this.#clock = clock
    this.#deadlines = deadlines
  }

  watch(cell: Cell): void {
    if (cell.definition.options.check === undefined || cell.instance === undefined) return
    this.#watches.get(cell)?.end()
    const watch = new Watch(cell, this.#clock, this.#deadlines, this.historyOf(cell))
    this.#watches.set(cell, watch)
    watch.schedule()
  }

  /** Its resource is gone; its history stays. */
  drop(cell: Cell): void {
    this.#watches.get(cell)?.end()
  }

  /** Its resource has left the kernel. */
  forget(cell: Cell): void {
    this.drop(cell)
    this.#watches.delete(cell)
  }

  end(): void {
    for (const watch of this.#watches.values()) watch.end()
    this.#deadlines.release()
  }

  /** The results so far of a resource that has a check. */
  historyOf(cell: Cell): History {
    return this.#watches.get(cell)?.history ?? new History(cell.definition.options.monitor?.history ?? DEFAULT_HISTORY)
  }
}

/** The checks of one instance. */
class Watch {
  readonly history: History
  readonly #cell: Cell
  readonly #clock: Clock
  readonly #deadlines: Deadlines
  #timer: unknown
  #check: CheckRun | undefined
  #ended = false

  constructor(cell: Cell, clock: Clock, deadlines: Deadlines, history: History) {
    this.#cell = cell
    this.#clock = clock
    this.#deadlines = deadlines
    this.history = history
  }

  schedule(): void {
    const interval = this.#cell.definition.options.monitor?.interval ?? DEFAULT_INTERVAL
    this.#timer = this.#clock.setTimeout(() => this.#run(), interval, { unref: true })
  }

  end(): void {
    this.#ended = true
    this.#clock.clearTimeout(this.#timer)
    if (this.#check?.over === false) this.#check.cancel(new Error('the resource is not checked any more'))
  }

  #run(): void {
    // H1: a check that was given up may still be running; asking again would only pile up on what is stuck.
    if (this.#check?.open) return this.#record(timedOut(this.#cell.name, 'check', this.#clock.now() - this.#check.startedAt), 0)
    const limit = this.#cell.timeout('check')
    this.#check = new CheckRun(this.#cell.instance!, this.#deadlines, limit, (error, ms) => this.#record(error, ms))
    this.#check.begin()
  }

  #record(error: KeelsonError | undefined, durationMs: number): void {
    if (this.#ended) return
    const at = this.#clock.now()
    const record: CheckRecord = error === undefined ? { at, ok: true, durationMs } : { at, ok: false, durationMs, error }
    this.history.push(record)
    this.schedule()
    this.#cell.health.record(record)
  }
}
