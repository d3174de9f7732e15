import type { Cell } from '../cell/cell.js'
import { Checks } from '../cell/checks.js'
import { MONITOR } from '../defaults.js'
import { type CheckRecord, History } from '../observe/history.js'
import { type CheckResult, plain } from '../observe/snapshot.js'
import type { Clock } from '../time/clock.js'
import type { Deadlines } from '../time/deadline.js'
import { Deferred } from '../time/deferred.js'

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
    watch.begin()
  }

  /** Whether it is checked at its interval. */
  watches(cell: Cell): boolean {
    return this.#watches.get(cell)?.ended === false
  }

  /** Checks those that are watched now, or joins the check that runs. */
  check(cells: readonly Cell[]): Promise<CheckResult[]> {
    return Promise.all(cells.filter((cell) => this.watches(cell)).map((cell) => this.#checkOne(cell)))
  }

  async #checkOne(cell: Cell): Promise<CheckResult> {
    const resource = cell.name
    const record = await this.#watches.get(cell)?.now()
    if (record !== undefined) return { resource, ...plain(record) }
    const error = `resource "${resource}" was taken down before its check had ended`
    return { resource, at: this.#clock.now(), ok: false, durationMs: 0, error }
  }

  /** Something smells: it is checked now, and often until a check passes. */
  recheck(cell: Cell): void {
    if (this.watches(cell)) this.#watches.get(cell)!.anew()
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
    return this.#watches.get(cell)?.history ?? new History(cell.definition.options.monitor?.history ?? MONITOR.history)
  }
}

/** The checks of one instance. */
class Watch {
  readonly history: History
  readonly #cell: Cell
  readonly #clock: Clock
  readonly #checks: Checks
  ended = false
  #timer: unknown
  /** Whether a check runs. */
  #checking = false
  /** Whether the next is called as soon as that has ended, and counts at once. */
  #suspicious = false
  /** Who waits for the next result. */
  #waiting: Deferred<CheckRecord | undefined> | undefined

  constructor(cell: Cell, clock: Clock, deadlines: Deadlines, history: History) {
    this.#cell = cell
    this.#clock = clock
    this.#checks = new Checks(cell.instance!, deadlines)
    this.history = history
  }

  begin(): void {
    // The start has waited for a first good check, unless it was told not to.
    if (this.#cell.definition.options.monitor?.gate === false) this.#schedule(0)
    else this.#schedule(this.#interval)
  }

  end(): void {
    this.ended = true
    this.#clock.clearTimeout(this.#timer)
    this.#checks.cancel(new Error('the resource is not checked any more'))
    this.#tell(undefined)
  }

  now(): Promise<CheckRecord | undefined> {
    // The check before it in the same round has led to its end.
    if (this.ended) return Promise.resolve(undefined)
    this.#waiting ??= new Deferred()
    const { promise } = this.#waiting
    if (!this.#checking) {
      this.#clock.clearTimeout(this.#timer)
      this.#run()
    }
    return promise
  }

  /** A check that is called from now on: one that runs says nothing of what comes after it began. */
  anew(): void {
    this.#suspicious = true
    if (!this.#checking) void this.now()
  }

  #tell(record: CheckRecord | undefined): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(record)
  }

  get #interval(): number {
    return this.#cell.definition.options.monitor?.interval ?? MONITOR.interval
  }

  #schedule(ms: number): void {
    this.#timer = this.#clock.setTimeout(() => this.#run(), ms, { unref: true })
  }

  #run(): void {
    this.#checking = true
    if (this.#suspicious) this.#cell.health.suspicious = true
    this.#suspicious = false
    this.#checks.begin((error, durationMs) => {
      this.#checking = false
      if (this.ended) return
      const at = this.#clock.now()
      const record: CheckRecord = error === undefined ? { at, ok: true, durationMs } : { at, ok: false, durationMs, error }
      this.history.push(record)
      this.#cell.health.record(record)
      this.#tell(record)
      if (!this.ended) this.#schedule(this.#pause)
    })
  }

  /** H1: after a first failure the next check comes sooner, until the verdict. */
  get #pause(): number {
    const { failures, health, suspicious } = this.#cell.health
    if (this.#suspicious) return 0
    if (suspicious) return Math.min(this.#interval, MONITOR.recheck)
    if (failures === 0 || health === 'unhealthy') return this.#interval
    return Math.min(this.#interval, MONITOR.recheck * 2 ** (failures - 1))
  }
}
