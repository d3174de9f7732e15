import type { Cell } from './cell/cell.js'
import type { CellHost } from './cell/cell-host.js'
import { Orphanage } from './cell/orphanage.js'
import type { Release } from './cell/release.js'
import type { Timeouts } from './define/resource.js'
import type { KeelsonError } from './errors.js'
import { Events } from './observe/events.js'
import { type KernelView, NarrowView } from './observe/kernel-view.js'
import { ProbeKeeper } from './observe/probe-keeper.js'
import type { Clock } from './time/clock.js'
import { Deadlines } from './time/deadline.js'

/** What the cells of a kernel share: its clock, its events, its probe, and where they tell what happens to them. */
export class KernelHost implements CellHost {
  readonly clock: Clock
  readonly timeouts: Required<Timeouts>
  readonly events: Events
  readonly deadlines: Deadlines
  readonly probe: ProbeKeeper
  readonly orphanage = new Orphanage()
  /** Errors of hooks that had been given up, and of values that came too late. */
  lateErrors: KeelsonError[] = []
  readonly #kernel: KernelView
  readonly #failing: (cell: Cell, error: KeelsonError) => void
  /** What hooks see; another one for each start, so that it can stand for that start in a WeakMap. */
  #view: KernelView

  constructor(
    kernel: KernelView,
    clock: Clock,
    timeouts: Required<Timeouts>,
    failing: (cell: Cell, error: KeelsonError) => void,
  ) {
    this.clock = clock
    this.timeouts = timeouts
    this.events = new Events(() => clock.now())
    this.deadlines = new Deadlines(clock, false)
    this.probe = new ProbeKeeper(this.events, () => kernel.state)
    this.#kernel = kernel
    this.#failing = failing
    this.#view = new NarrowView(kernel)
  }

  /** A start begins: what was wrong before no longer counts. */
  renew(): void {
    this.lateErrors = []
    this.probe.reset()
  }

  /** It has stopped: what hangs on the view that its hooks saw may go. */
  rest(): void {
    this.probe.started = false
    this.#view = new NarrowView(this.#kernel)
  }

  view(): KernelView {
    return this.#view
  }

  noteTrouble(cell: Cell): void {
    this.probe.note(cell)
  }

  tellTrouble(): void {
    this.probe.changed()
  }

  failing(cell: Cell, error: KeelsonError): void {
    this.#failing(cell, error)
  }

  orphanArrived(release: Release): void {
    this.orphanage.arrived(release)
  }

  orphanReleased(resource: string, release: Release): void {
    const [error] = release.errors
    for (const problem of release.errors) this.lateError(problem)
    if (release.holdsValue) this.events.emit('resource:orphan', { resource, ...(error === undefined ? {} : { error }) })
    this.orphanage.released(release)
  }

  lateError(error: KeelsonError): void {
    this.events.emit('resource:error', { resource: error.resource ?? this.#kernel.name, phase: error.phase, error })
    this.lateErrors.push(error)
  }
}
