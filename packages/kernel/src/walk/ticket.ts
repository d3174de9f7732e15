import type { Cell } from '../cell/cell.js'
import type { StartListener } from '../cell/cell-host.js'
import type { KeelsonError } from '../errors.js'

/** Who wants to know how a resource came up. */
export interface BringUpListener {
  up(cell: Cell): void
  /** At once; `down` follows when what it had acquired is released. */
  failed?(cell: Cell, error: KeelsonError): void
  /** It failed, and what it had acquired is released; `problems` are of that release. */
  down(cell: Cell, error: KeelsonError, problems: readonly KeelsonError[]): void
  /** It is removed before it came up. */
  left(cell: Cell): void
  /** S11: it stands by, and nobody is to wait for it. */
  stoodBy(cell: Cell): void
}

/** Why a resource is in line: it has not run yet, it comes back, or it is tried again with nobody waiting for it (R2). */
export type BringUpKind = 'first' | 'restart' | 'late'

/** R2: the resources that failed to start and are tried again in the background. */
export interface LateStarts {
  /** Whether one that failed like this will be; from then on it is. */
  takes(cell: Cell, error: KeelsonError): boolean
  /** It has failed, and that is to be told. */
  tell(cell: Cell): void
  /** What the failed try had acquired is released. */
  settled(cell: Cell): void
  /** S11: it goes on with its start, and this is who hears of it from now on. */
  standsBy(): BringUpListener
}

/** What a ticket tells the line that it is in. */
export interface Line {
  /** A start is over, whatever came of it: another may begin. */
  settled(): void
  /** What waits for this one is tried at the next pump. */
  wakeDependents(cell: Cell): void
  /** Starts what can start. */
  pump(): void
  /** One whose pause is over is tried again at the next pump. */
  resume(ticket: Ticket): void
  readonly late: LateStarts
}

/** The place of one resource in the line. A ticket that was replaced hears nothing that concerns anybody. */
export class Ticket implements StartListener<Cell> {
  readonly cell: Cell
  kind: BringUpKind
  listener: BringUpListener
  /** The pending add() or start() to notify, if a restart replaced it in this line. */
  origin: BringUpListener | undefined
  /** Not yet: its restart is delayed, or what is being torn down has not stopped. */
  held = true
  launched = false
  /** Whether it counts towards the starts at once. */
  placed = false
  /** R1: whether its next try may begin. */
  resumed = false
  /** The dependency that it waits for now. */
  waitsFor: Cell | undefined
  /** How many of its dependencies, in their order, have settled, as of a version of the graph. */
  seen = 0
  version = 0
  readonly #line: Line
  #error: KeelsonError | undefined

  constructor(line: Line, cell: Cell, kind: BringUpKind, listener: BringUpListener, origin: BringUpListener | undefined) {
    this.#line = line
    this.cell = cell
    this.kind = kind
    this.listener = listener
    this.origin = origin
  }

  get #current(): boolean {
    return this.cell.ticket === this
  }

  /** What waits for it looks again at what there is. */
  leave(): void {
    if (!this.#current) return
    this.cell.ticket = undefined
    this.#line.wakeDependents(this.cell)
  }

  retries(cell: Cell, error: KeelsonError): boolean {
    return this.#current && this.#line.late.takes(cell, error)
  }

  pausing(): void {
    this.#giveWay()
    this.#line.pump()
  }

  resume(): void {
    this.#line.resume(this)
  }

  #giveWay(): void {
    if (this.placed) this.#line.settled()
    this.placed = false
  }

  started(cell: Cell): void {
    this.#giveWay()
    if (this.#current) {
      this.leave()
      this.listener.up(cell)
      this.origin?.up(cell)
    }
    this.#line.pump()
  }

  /** From now on it is one of those that nobody waits for. */
  stoodBy(cell: Cell): void {
    this.#giveWay()
    if (this.#current && this.kind !== 'late') {
      const { listener, origin } = this
      this.kind = 'late'
      this.listener = this.#line.late.standsBy()
      this.origin = undefined
      this.#line.wakeDependents(cell)
      listener.stoodBy(cell)
      origin?.stoodBy(cell)
    }
    this.#line.pump()
  }

  /** It does not come up for now: what it needs stands by. */
  waitFor(dependency: Cell): void {
    const { cell, listener, origin } = this
    cell.waitFor(dependency)
    this.leave()
    listener.stoodBy(cell)
    origin?.stoodBy(cell)
  }

  startFailed(cell: Cell, error: KeelsonError): void {
    if (!this.#current) return
    this.#error = error
    this.listener.failed?.(cell, error)
    if (cell.late) this.#line.late.tell(cell)
  }

  startSettled(cell: Cell, problems: readonly KeelsonError[]): void {
    this.#giveWay()
    const current = this.#current && this.#error !== undefined
    // Whoever hears of it may have it started again at once, and that fails on its own.
    const late = current && cell.late
    if (current) this.fail(this.#error!, problems)
    if (late) this.#line.late.settled(cell)
    this.#line.pump()
  }

  /** It does not come up. Its listener may put it in line again. */
  fail(error: KeelsonError, problems: readonly KeelsonError[] = []): void {
    const { cell, listener, origin } = this
    if (!this.launched) {
      listener.failed?.(cell, error)
      if (!this.#current) return // everything that had not begun has left the line
    }
    this.leave()
    listener.down(cell, error, problems)
    const again = ticketOf(cell)
    if (again !== undefined) {
      again.origin ??= origin // who still waits for it
      return
    }
    origin?.down(cell, error, problems)
  }
}

/** Only this walk puts tickets there. */
export function ticketOf(cell: Cell): Ticket | undefined {
  return cell.ticket as Ticket | undefined
}
