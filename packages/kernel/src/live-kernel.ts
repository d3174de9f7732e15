import { Cell, type CellHost } from './cell.js'
import { type Clock, systemClock } from './clock.js'
import { Deadlines } from './deadline.js'
import { Deferred } from './deferred.js'
import { definitionOf, type ResourceLike } from './dependency.js'
import { describe, type KeelsonError, kernelFailed, refused, registeredTooLate, startAborted, unknownResource } from './errors.js'
import { Events, type KernelEvents, type KernelListener } from './events.js'
import { Graph, NONE } from './graph.js'
import type { Kernel, KernelOptions } from './kernel.js'
import { NarrowView } from './kernel-view.js'
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
  #state: KernelState = 'idle'
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
    this.#graph.add(Array.from(resources, (resource) => definitionOf(resource, undefined, 'a resource')))
    for (let id = this.#cells.length; id < this.#graph.size; id++) {
      this.#cells.push(new Cell(id, this.#graph.nameOf(id), this.#graph.definitions[id]!, this.#host))
    }
  }

  get<T>(resource: ResourceLike<T>): T {
    const definition = definitionOf(resource, undefined, 'the resource of get()')
    const id = this.#graph.idOf(definition)
    if (id === NONE) throw unknownResource(definition.name, this.name)
    return this.#cells[id]!.value as T
  }

  start(): Promise<this> {
    if (this.#starting !== undefined) return this.#starting.promise
    if (this.#up) {
      return Promise.reject(refused(this.name, 'start', this.#state, 'wait until shutdown() has resolved, then start it again'))
    }
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
    const resources = this.#cells.map((cell) => snapshotOf(this.#graph, cell, this.#monitor.historyOf(cell)))
    return { name: this.name, state: this.#state, probe: this.probe(), resources }
  }

  timeline(): readonly Span[] {
    return timelineOf(this.#cells)
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
      for (const cell of this.#cells) this.#monitor.watch(cell)
      this.#starting!.resolve(this)
      return
    }
    const shutdown = this.#order
    if (shutdown === undefined) this.#to('stopping', 'start failed')
    const now = this.#clock.now()
    this.#tearDown(shutdown ?? { reason: 'start failed', since: now, deadline: now + this.#shutdown.timeout }, (report) => {
      this.#to(shutdown === undefined ? 'failed' : 'stopped')
      const starting = this.#starting!
      this.#starting = undefined
      starting.reject(new StartError(this.name, errors, report))
      if (shutdown === undefined) this.#stopping?.resolve(report)
      else this.#settleShutdown(report)
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
    this.#to('draining', order.reason)
    const stop = () => {
      this.#to('stopping', order.reason)
      this.#tearDown(order, (report) => {
        this.#to('stopped')
        this.#settleShutdown(report)
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
      this.#lastReport = reportOf(order.reason, this.#clock.now() - order.since, this.#cells, this.#lateErrors)
      done(this.#lastReport)
    }).begin()
  }

  #settleShutdown(report: ShutdownReport): void {
    if (report.ok) this.#stopping!.resolve(report)
    else this.#stopping!.reject(new ShutdownError(this.name, report))
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
      crashed: (cell, error) => this.#crashed(cell, error),
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

  /** Nothing restarts it: a kernel that cannot be ready without it has failed. */
  #crashed(cell: Cell, error: KeelsonError): void {
    this.#monitor.drop(cell)
    if (cell.impact === 'unready' && (this.#state === 'running' || this.#state === 'starting')) this.fail(error)
  }
}
