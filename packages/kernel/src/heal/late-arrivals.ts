import type { Cell } from '../cell/cell.js'
import { nextTry, underWay } from '../cell/tries.js'
import { type KeelsonError, tryFailed } from '../errors.js'
import type { Events } from '../observe/events.js'
import type { Clock } from '../time/clock.js'
import type { BringUp } from '../walk/bring-up.js'
import type { BringUpListener, LateStarts } from '../walk/ticket.js'
import type { Monitor } from './monitor.js'

/** What late arrivals need of the kernel. */
export interface LateArrivalsHost {
  readonly clock: Clock
  readonly events: Events
  readonly monitor: Monitor
  readonly bringUp: BringUp
  readonly cells: readonly Cell[]
  /** It runs at last. */
  arrived(cell: Cell): void
  /** S11: one that stood by has failed, and is not tried again. */
  notArrived(cell: Cell, error: KeelsonError): void
}

/** The next try of one resource. */
interface NextTry {
  readonly attempts: number
  readonly delayMs: number
  readonly dueAt: number
  timer: unknown
}

/**
 * R2: the kernel goes on without a resource whose impact is not 'unready' when its first try has failed. It is tried again here, and
 * nobody ever waits for that: whoever comes up meanwhile does so without it.
 */
export class LateArrivals implements BringUpListener, LateStarts {
  readonly #host: LateArrivalsHost
  readonly #next = new Map<Cell, NextTry>()
  #active = false

  constructor(host: LateArrivalsHost) {
    this.#host = host
  }

  begin(): void {
    this.#active = true
  }

  /** The kernel stops: nothing is tried any more. */
  end(): void {
    this.#active = false
    for (const cell of this.#host.cells) {
      this.drop(cell)
      this.#host.bringUp.forget(cell, this)
    }
  }

  takes(cell: Cell, error: KeelsonError): boolean {
    if (!this.#active || cell.hasRun || cell.impact === 'unready' || cell.course === 'removing') return false
    const { clock } = this.#host
    const before = this.#next.get(cell)
    if (before !== undefined && error.code === 'ABORTED') {
      // Its dependency is being restarted: this try does not count.
      this.#expect(cell, before)
      cell.tries = { ...cell.tries!, trouble: tryFailed(cell.name, cell.tries!.failed, cell.tries!.error, before.delayMs) }
      return true
    }
    const failed = (cell.tries?.failed ?? 0) + 1
    const retry = nextTry(cell.definition.retry, failed, error, () => clock.random?.() ?? Math.random())
    if (retry === undefined) {
      this.#next.delete(cell)
      return false
    }
    this.#expect(cell, retry)
    cell.tries = { failed, error, trouble: tryFailed(cell.name, failed, error, retry.delayMs), late: true }
    return true
  }

  tell(cell: Cell): void {
    const { tries, name } = cell
    const next = this.#next.get(cell)
    if (next === undefined || tries === undefined || cell.error !== tries.error) return
    const { attempts, delayMs } = next
    this.#host.events.emit('start:retry', { resource: name, try: tries.failed, attempts, delayMs, error: tries.error })
  }

  settled(cell: Cell): void {
    const next = this.#next.get(cell)
    if (next === undefined) return
    const { clock } = this.#host
    next.timer = clock.setTimeout(() => this.#try(cell), Math.max(0, next.dueAt - clock.now()), { unref: true })
  }

  /** It is not tried any more: somebody else brings it back, or it leaves. */
  drop(cell: Cell): void {
    const next = this.#next.get(cell)
    if (next === undefined) return
    this.#host.clock.clearTimeout(next.timer)
    this.#next.delete(cell)
    this.#host.bringUp.forget(cell, this)
    cell.setTries(undefined)
  }

  standsBy(): BringUpListener {
    return this
  }

  up(cell: Cell): void {
    this.#next.delete(cell)
    this.#host.monitor.watch(cell)
    this.#host.arrived(cell)
  }

  down(cell: Cell, error: KeelsonError): void {
    // It comes when that does.
    if (error.code === 'DEPENDENCY_FAILED') this.#next.delete(cell)
    if (!cell.late && cell.takesTurns && error.code !== 'ABORTED') this.#host.notArrived(cell, error)
  }

  left(): void {}

  /** It comes when what it needs does. */
  stoodBy(cell: Cell): void {
    this.#next.delete(cell)
  }

  #expect(cell: Cell, { attempts, delayMs }: Pick<NextTry, 'attempts' | 'delayMs'>): void {
    this.#next.set(cell, { attempts, delayMs, dueAt: this.#host.clock.now() + delayMs, timer: undefined })
  }

  #try(cell: Cell): void {
    cell.setTries(underWay(cell.name, cell.tries!))
    this.#host.bringUp.expect(cell, 'late', this)
    this.#host.bringUp.release(cell)
  }
}
