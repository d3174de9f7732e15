import type { Cell } from './cell/cell.js'
import type { CellHost } from './cell/cell-host.js'
import type { Instance } from './cell/instance.js'
import { Orphanage, type OrphanRelease } from './cell/orphanage.js'
import type { ResourceLike } from './define/dependency.js'
import type { HookWrap } from './define/hook-wrap.js'
import { type KernelView, NarrowView } from './define/kernel-view.js'
import type { Timeouts } from './define/resource.js'
import type { Subgraph } from './define/subgraph.js'
import type { KeelsonError } from './errors.js'
import type { Told } from './observe/ending.js'
import { Events } from './observe/events.js'
import type { ProbeReason } from './observe/probe.js'
import { ProbeKeeper } from './observe/probe-keeper.js'
import type { Clock } from './time/clock.js'
import { Deadlines } from './time/deadline.js'

/** Where a kernel hears what becomes of its resources. */
export interface CellWatch {
  failing(cell: Cell, error: KeelsonError): void
  recovered(cell: Cell): void
  broke(error: unknown): void
  bringUp(cell: Cell, instance: Instance, resources: Iterable<ResourceLike>): Promise<Subgraph>
  recheck(cell: Cell): void
  finished(cell: Cell, then: 'shutdown' | 'restart'): void
}

/** What the cells of a kernel share: its clock, its events, its probe, and where they tell what happens to them. */
export class KernelHost implements CellHost<Cell> {
  readonly clock: Clock
  readonly timeouts: Required<Timeouts>
  readonly events: Events
  readonly deadlines: Deadlines
  readonly probe: ProbeKeeper
  readonly orphanage = new Orphanage()
  wraps: readonly HookWrap[] = []
  /** While the whole is torn down: errors of hooks that had been given up, and of values that came too late. */
  lateErrors: Told[] | undefined
  ending = false
  readonly #kernel: KernelView
  readonly #watch: CellWatch
  /** What hooks see; another one for each start, so that it can stand for that start in a WeakMap. */
  #view: KernelView
  #order = 0
  /** Why it is out of rotation. */
  #cordon: string | undefined

  constructor(kernel: KernelView, clock: Clock, timeouts: Required<Timeouts>, watch: CellWatch) {
    this.clock = clock
    this.timeouts = timeouts
    this.events = new Events(
      () => clock.now(),
      (error) => this.broke(error),
    )
    this.deadlines = new Deadlines(clock, false, (error) => this.broke(error))
    this.probe = new ProbeKeeper(this.events, () => kernel.state)
    this.#kernel = kernel
    this.#watch = watch
    this.#view = new NarrowView(kernel)
  }

  /** A start begins: what was wrong before no longer counts. */
  renew(): void {
    this.ending = false
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

  nextOrder(): number {
    return ++this.#order
  }

  noteTrouble(cell: Cell): void {
    this.probe.note(cell)
  }

  publishProbe(): void {
    this.probe.changed()
  }

  /** Out of rotation by hand, or back in it; the same again is nothing. */
  cordon(reason: string | undefined): void {
    if (reason === this.#cordon) return
    this.#cordon = reason
    this.events.outside(() => {
      if (reason !== this.#cordon) return
      const { name } = this.#kernel
      this.probe.cordon = reason === undefined ? undefined : cordonedBecause(reason, name)
      this.events.emit('kernel:cordon', { reason })
      this.probe.changed()
    })
  }

  failing(cell: Cell, error: KeelsonError): void {
    this.#watch.failing(cell, error)
  }

  bringUp(cell: Cell, instance: Instance, resources: Iterable<ResourceLike>): Promise<Subgraph> {
    return this.#watch.bringUp(cell, instance, resources)
  }

  recovered(cell: Cell): void {
    this.#watch.recovered(cell)
  }

  broke(error: unknown): void {
    this.#watch.broke(error)
  }

  recheck(cell: Cell): void {
    this.#watch.recheck(cell)
  }

  finished(cell: Cell, then: 'shutdown' | 'restart'): void {
    this.#watch.finished(cell, then)
  }

  orphanArrived(orphan: OrphanRelease): void {
    this.orphanage.arrived(orphan)
  }

  orphanReleased(orphan: OrphanRelease): void {
    const { resource, errors, holdsValue } = orphan
    const [error] = errors
    for (const problem of errors) this.lateError(problem)
    if (holdsValue) this.events.emit('resource:orphan', { resource, ...(error === undefined ? {} : { error }) })
    this.orphanage.released(orphan)
  }

  lateError(error: KeelsonError): void {
    this.events.emit('resource:error', { resource: error.resource ?? this.#kernel.name, phase: error.phase, error })
    this.lateErrors?.push({ error, order: this.nextOrder() })
  }
}

function cordonedBecause(reason: string, kernel: string): ProbeReason {
  return { resource: kernel, kernel: true, state: 'running', health: 'unknown', message: `cordoned: ${reason}` }
}
