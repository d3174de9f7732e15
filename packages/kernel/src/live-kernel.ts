import { BringUp } from './bring-up.js'
import { Cell, type CellHost } from './cell.js'
import { type Clock, systemClock } from './clock.js'
import { Deadlines } from './deadline.js'
import { Deferred } from './deferred.js'
import { definitionOf, type ResourceLike } from './dependency.js'
import {
  describe,
  type KeelsonError,
  kernelFailed,
  refused,
  registeredTooLate,
  removed,
  startAborted,
  unknownResource,
} from './errors.js'
import { Events, type KernelEvents, type KernelListener } from './events.js'
import { Graph, NONE } from './graph.js'
import type { Kernel, KernelOptions } from './kernel.js'
import { NarrowView } from './kernel-view.js'
import { Membership } from './membership.js'
import { Monitor } from './monitor.js'
import { type Plan, planOf } from './plan.js'
import type { Probe } from './probe.js'
import { ProbeKeeper } from './probe-keeper.js'
import { reportOf, ShutdownError, type ShutdownReport, StartError } from './report.js'
import type { Timeouts } from './resource.js'
import { settleTimes, Teardown, type TeardownOrder } from './shutdown.js'
import { type KernelSnapshot, snapshotOf } from './snapshot.js'
import { Startup, type StartupResult } from './startup.js'
import { KERNEL_MOVES, type KernelState, move } from './state.js'
import { Supervisor } from './supervisor.js'
import { type Span, timelineOf } from './timeline.js'

const TIMEOUTS: Required<Timeouts> = { start: 30_000, check: 5_000, drain: 10_000, stop: 10_000 }
const SHUTDOWN = { delay: 0, timeout: 25_000 }

/** The kernel: composes the walks over the graph, and holds the state of the whole. */
export class LiveKernel implements Kernel {
  readonly name: string
  readonly #clock: Clock
  readonly #events: Events
  readonly #deadlines: Deadlines
  readonly #monitor: Monitor
  readonly #probe: ProbeKeeper
  readonly #host: CellHost
  readonly #graph: Graph
  readonly #cells: Cell[] = []
  readonly #shutdown: { readonly delay: number; readonly timeout: number }
  readonly #concurrency: number
  readonly #bringUp: BringUp
  readonly #supervisor: Supervisor
  readonly #membership: Membership
  #state: KernelState = 'idle'
  /** Teardowns of a part that are going on. */
  #partial = 0
  /** Whether anything may be running: from the start until its teardown is over. */
  #up = false
  #startup: Startup | undefined
  #starting: Deferred<this> | undefined
  #stopping: Deferred<ShutdownReport> | undefined
  /** Of the shutdown that was asked for. */
  #order: TeardownOrder | undefined
  #lastReport: ShutdownReport | undefined
  /** Errors of hooks that had been given up, and of values that came too late. */
  #lateErrors: KeelsonError[] = []

  constructor(options: KernelOptions) {
    this.name = options.name ?? 'app'
    this.#clock = options.clock ?? systemClock
    this.#shutdown = { ...SHUTDOWN, ...options.shutdown }
    this.#concurrency = options.concurrency ?? Infinity
    this.#events = new Events(() => this.#clock.now())
    this.#deadlines = new Deadlines(this.#clock, false)
    this.#monitor = new Monitor(this.#clock, new Deadlines(this.#clock, true))
    this.#probe = new ProbeKeeper(this.#events, () => this.#state)
    this.#graph = new Graph(new Map(Array.from(options.replace ?? [], ({ target, by }) => [target, by])))
    this.#host = this.#hostOf({ ...TIMEOUTS, ...options.timeouts })
    this.#bringUp = new BringUp(this.#graph, this.#cells)
    const parts = {
      clock: this.#clock,
      events: this.#events,
      graph: this.#graph,
      cells: this.#cells,
      monitor: this.#monitor,
      bringUp: this.#bringUp,
      tearDown: (cells: readonly Cell[], reason: string, done: () => void) => this.#tearDownPart(cells, reason, done),
    }
    this.#supervisor = new Supervisor({ ...parts, fail: (error) => this.fail(error) })
    this.#membership = new Membership({
      ...parts,
      letGo: (cells) => this.#letGo(cells),
      forget: (cells) => this.#forget(cells),
      addFailed: (errors, cells) => new StartError(this.name, errors, this.#partReport('add failed', cells)),
      removeFailed: (cells) => {
        const report = this.#partReport('removed', cells)
        return report.ok ? undefined : new ShutdownError(this.name, report)
      },
    })
  }

  get state(): KernelState {
    return this.#state
  }

  probe(): Probe {
    return this.#probe.current
  }

  on<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this {
    this.#events.on(type, listener)
    return this
  }

  once<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this {
    this.#events.once(type, listener)
    return this
  }

  off<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this {
    this.#events.off(type, listener)
    return this
  }

  register(...resources: ResourceLike[]): this {
    this.takeIn(resources)
    return this
  }

  takeIn(resources: Iterable<ResourceLike>): void {
    if (this.#up) throw registeredTooLate(this.name, this.#state)
    this.#extend(resources)
  }

  async add(...resources: ResourceLike[]): Promise<void> {
    if (this.#state !== 'running') throw refused(this.name, 'add resources', this.#state, 'register them before start()')
    await this.#membership.add(this.#extend(resources))
  }

  async remove(resource: ResourceLike, { dependents = false }: { dependents?: boolean } = {}): Promise<void> {
    const cell = this.#cellOf(resource)
    if (this.#up && this.#state !== 'running') {
      throw refused(this.name, `remove "${cell.name}"`, this.#state, 'it is stopped with everything else')
    }
    await this.#membership.remove(cell, dependents)
  }

  async restart(resource: ResourceLike): Promise<void> {
    const cell = this.#cellOf(resource)
    if (this.#state !== 'running')
      throw refused(this.name, `restart "${cell.name}"`, this.#state, 'call restart() while it is running')
    await this.#supervisor.restart(cell)
  }

  get<T>(resource: ResourceLike<T>): T {
    return this.#cellOf(resource).value as T
  }

  start(): Promise<this> {
    if (this.#starting !== undefined) return this.#starting.promise
    if (this.#up) {
      return Promise.reject(refused(this.name, 'start', this.#state, 'wait until shutdown() has resolved, then start it again'))
    }
    this.#compact()
    this.#up = true
    this.#stopping = this.#order = this.#lastReport = undefined
    this.#lateErrors = []
    this.#probe.reset()
    const starting = new Deferred<this>()
    this.#starting = starting
    this.#to('starting')
    this.#startup = new Startup(this.#graph, this.#cells, this.#concurrency, (result) => this.#startupDone(result))
    this.#startup.begin()
    return starting.promise
  }

  shutdown(reason = 'shutdown'): Promise<ShutdownReport> {
    if (this.#stopping !== undefined) return this.#stopping.promise
    const stopping = new Deferred<ShutdownReport>()
    this.#stopping = stopping
    const now = this.#clock.now()
    const order = { reason, since: now, deadline: now + this.#shutdown.timeout }
    if (!this.#up) stopping.resolve(this.#lastReport ?? reportOf(reason, 0, this.#cells, []))
    else if (this.#state === 'starting') this.#abortStartup(order)
    else if (this.#state !== 'stopping') this.#drain(order)
    return stopping.promise
  }

  fail(error: unknown): void {
    this.#probe.fail({ resource: this.name, state: 'failed', health: 'unhealthy', message: describe(error) })
    if (this.#state === 'starting') this.#startup!.abort(kernelFailed(this.name, error))
    else if (KERNEL_MOVES[this.#state].includes('failed') && this.#state !== 'stopping') this.#to('failed')
  }

  plan(): Plan {
    return planOf({
      graph: this.#graph,
      timeouts: this.#host.timeouts,
      shutdown: this.#shutdown,
      startedIn: (id) => this.#cells[id]!.startMs,
    })
  }

  inspect(): KernelSnapshot {
    const resources = this.#present().map((cell) =>
      snapshotOf(this.#graph, cell, this.#monitor.historyOf(cell), this.#supervisor.restartsOf(cell)),
    )
    return { name: this.name, state: this.#state, probe: this.probe(), resources }
  }

  timeline(): readonly Span[] {
    return timelineOf(this.#present())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown('disposed')
  }

  #startupDone({ ok, errors }: StartupResult): void {
    this.#startup = undefined
    this.#deadlines.release()
    if (ok) {
      this.#probe.started = true
      this.#to('running')
      this.#supervisor.begin()
      for (const cell of this.#cells) this.#monitor.watch(cell)
      this.#starting!.resolve(this)
      return
    }
    const shutdown = this.#order
    if (shutdown === undefined) this.#to('stopping', 'start failed')
    const now = this.#clock.now()
    this.#tearDown(shutdown ?? { reason: 'start failed', since: now, deadline: now + this.#shutdown.timeout }, (report) => {
      // Taken before the state changes: a listener may start the kernel again at once.
      const starting = this.#starting!
      const stopping = this.#stopping
      this.#starting = undefined
      this.#to(shutdown === undefined ? 'failed' : 'stopped')
      starting.reject(new StartError(this.name, errors, report))
      if (shutdown === undefined) stopping?.resolve(report)
      else settle(stopping!, this.name, report)
    })
  }

  /** S7: the starts in flight are told to end and awaited; then what ran is stopped. It was never ready, so nothing is delayed. */
  #abortStartup(order: TeardownOrder): void {
    this.#order = order
    const latest = settleTimes(this.#graph, this.#cells, order.since, order.deadline)
    this.#to('stopping', order.reason)
    this.#startup!.abort(startAborted(undefined, order.reason), latest)
  }

  /** D1: not ready any more, but everything goes on working until the delay is over. */
  #drain(order: TeardownOrder): void {
    this.#starting = undefined
    this.#lateErrors = []
    this.#to('draining', order.reason)
    const reason = startAborted(undefined, order.reason)
    this.#supervisor.end(reason)
    this.#membership.end(reason)
    const stop = () => {
      this.#to('stopping', order.reason)
      this.#tearDown(order, (report) => {
        const stopping = this.#stopping!
        this.#to('stopped')
        settle(stopping, this.name, report)
      })
    }
    if (this.#shutdown.delay === 0) stop()
    else this.#clock.setTimeout(stop, Math.min(this.#shutdown.delay, this.#shutdown.timeout))
  }

  #tearDown(order: TeardownOrder, done: (report: ShutdownReport) => void): void {
    this.#monitor.end()
    new Teardown(this.#graph, this.#cells, this.#clock, order, () => {
      this.#deadlines.release()
      this.#up = false
      this.#probe.started = false
      this.#lastReport = reportOf(order.reason, this.#clock.now() - order.since, this.#present(), this.#lateErrors)
      done(this.#lastReport)
    }).begin()
  }

  #tearDownPart(cells: readonly Cell[], reason: string, done: () => void): void {
    const since = this.#clock.now()
    this.#partial++
    const order = { reason, since, deadline: since + this.#shutdown.timeout }
    new Teardown(this.#graph, cells, this.#clock, order, () => {
      this.#partial--
      done()
    }).begin()
  }

  #partReport(reason: string, cells: readonly Cell[]): ShutdownReport {
    const durationMs = cells.reduce((longest, cell) => Math.max(longest, cell.durationMs), 0)
    return reportOf(reason, durationMs, cells, [])
  }

  #cellOf(resource: ResourceLike): Cell {
    const definition = definitionOf(resource, undefined, 'the resource')
    const id = this.#graph.idOf(definition)
    if (id === NONE) throw unknownResource(definition.name, this.name)
    return this.#cells[id]!
  }

  /** Takes resources and what they depend on into the graph, and returns the new ones. */
  #extend(resources: Iterable<ResourceLike>): readonly Cell[] {
    const size = this.#cells.length
    this.#graph.add(Array.from(resources, (resource) => definitionOf(resource, undefined, 'a resource')))
    for (let id = size; id < this.#graph.size; id++) {
      this.#cells.push(new Cell(id, this.#graph.nameOf(id), this.#graph.definitions[id]!, this.#host))
    }
    return this.#cells.slice(size)
  }

  #letGo(cells: readonly Cell[]): void {
    for (const cell of cells) {
      this.#supervisor.abandon(cell, removed(cell.name))
      this.#bringUp.forget(cell)
      this.#monitor.drop(cell)
    }
  }

  #forget(cells: readonly Cell[]): void {
    this.#graph.remove(cells.map(({ id }) => id))
    for (const cell of cells) {
      this.#monitor.forget(cell)
      this.#probe.forget(cell)
    }
    if (this.#graph.removed > this.#graph.size / 2) this.#compact()
  }

  /** Closes the gaps of removed resources, unless somebody is walking over them. */
  #compact(): void {
    if (this.#graph.removed === 0 || this.#partial > 0) return
    const kept = this.#graph.compact().map((id) => this.#cells[id]!)
    this.#cells.length = 0
    for (const cell of kept) cell.id = this.#cells.push(cell) - 1
  }

  #present(): readonly Cell[] {
    return this.#graph.removed === 0 ? this.#cells : this.#cells.filter(({ id }) => this.#graph.has(id))
  }

  #to(state: KernelState, reason?: string): void {
    const from = this.#state
    this.#state = move(KERNEL_MOVES, from, state, `kernel "${this.name}"`)
    this.#events.emit('kernel:state', { from, to: state, ...(reason === undefined ? {} : { reason }) })
    this.#probe.changed()
  }

  #hostOf(timeouts: Required<Timeouts>): CellHost {
    return {
      timeouts,
      clock: this.#clock,
      events: this.#events,
      deadlines: this.#deadlines,
      view: new NarrowView(this),
      troubleChanged: (cell) => this.#probe.troubleChanged(cell),
      failing: (cell, error) => this.#failing(cell, error),
      orphaned: (resource, errors) => {
        this.#events.emit('resource:orphan', { resource, ...(errors[0] === undefined ? {} : { error: errors[0] }) })
        for (const error of errors) this.#lateErrors.push(error)
      },
      lateError: (error) => {
        this.#events.emit('resource:error', { resource: error.resource ?? this.name, phase: error.phase, error })
        this.#lateErrors.push(error)
      },
    }
  }

  #failing(cell: Cell, error: KeelsonError): void {
    if (this.#state === 'starting' && cell.gone) {
      cell.fail(error)
      if (cell.impact === 'unready') this.fail(error)
    } else this.#supervisor.failing(cell, error)
  }
}

function settle(stopping: Deferred<ShutdownReport>, kernel: string, report: ShutdownReport): void {
  if (report.ok) stopping.resolve(report)
  else stopping.reject(new ShutdownError(kernel, report))
}
