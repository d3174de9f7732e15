import type { Cell } from './cell/cell.js'
import type { ResourceLike } from './define/dependency.js'
import type { Timeouts } from './define/resource.js'
import { validateKernelDefaults } from './define/validate.js'
import { type KeelsonError, kernelFailed, refused, registeredTooLate, startAborted } from './errors.js'
import { type Plan, planOf } from './graph/plan.js'
import { Monitor } from './heal/monitor.js'
import { Roster } from './heal/roster.js'
import { Upkeep } from './heal/upkeep.js'
import type { Kernel, KernelDefaults, KernelOptions } from './kernel.js'
import { KernelHost } from './kernel-host.js'
import type { KernelEvents, KernelListener } from './observe/events.js'
import type { Probe, ProbeReason } from './observe/probe.js'
import { reportOf, ShutdownError, type ShutdownReport, StartError } from './observe/report.js'
import { type KernelSnapshot, snapshotOf } from './observe/snapshot.js'
import { type Span, timelineOf } from './observe/timeline.js'
import { KERNEL_MOVES, type KernelState, move } from './state.js'
import { describe } from './thrown.js'
import { systemClock } from './time/clock.js'
import { Deadlines } from './time/deadline.js'
import { Deferred } from './time/deferred.js'
import { Teardown, type TeardownOrder } from './walk/shutdown.js'
import { Startup, type StartupResult } from './walk/startup.js'

const TIMEOUTS: Required<Timeouts> = { start: 30_000, check: 5_000, drain: 10_000, stop: 10_000 }
const SHUTDOWN = { delay: 0, timeout: 25_000 }

/** A delay that was not asked for leaves most of a short budget to the teardown. */
const MOST_OF_BUDGET = 0.2

/** The kernel: composes the walks over the graph, and holds the state of the whole. */
export class LiveKernel implements Kernel {
  readonly name: string
  readonly #host: KernelHost
  readonly #roster: Roster
  readonly #monitor: Monitor
  readonly #upkeep: Upkeep
  #shutdown: { readonly delay: number; readonly timeout: number }
  readonly #delayGiven: boolean
  readonly #concurrency: number
  #state: KernelState = 'idle'
  /** Whether anything may be running: from the start until its teardown is over. */
  #up = false
  #startup: Startup | undefined
  #starting: Deferred<this> | undefined
  #stopping: Deferred<ShutdownReport> | undefined
  #lastReport: ShutdownReport | undefined

  constructor(options: KernelOptions) {
    const clock = options.clock ?? systemClock
    this.name = options.name ?? 'app'
    const { delay = SHUTDOWN.delay, timeout = SHUTDOWN.timeout } = options.shutdown ?? {}
    this.#shutdown = { delay, timeout }
    this.#delayGiven = options.shutdown?.delay !== undefined
    this.#concurrency = options.concurrency ?? Infinity
    this.#host = new KernelHost(this, clock, { ...TIMEOUTS, ...options.timeouts }, (cell, error) => this.#failing(cell, error))
    this.#roster = new Roster(options.replace ?? [])
    this.#monitor = new Monitor(clock, new Deadlines(clock, true))
    this.#upkeep = new Upkeep({
      name: this.name,
      clock,
      events: this.#host.events,
      probe: this.#host.probe,
      roster: this.#roster,
      monitor: this.#monitor,
      timeout: this.#shutdown.timeout,
      fail: (error) => this.fail(error),
    })
  }

  get state(): KernelState {
    return this.#state
  }

  probe(): Probe {
    return this.#host.probe.current
  }

  on<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this {
    this.#host.probe.catchUp()
    this.#host.events.on(type, listener)
    return this
  }

  once<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this {
    this.#host.probe.catchUp()
    this.#host.events.once(type, listener)
    return this
  }

  off<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this {
    this.#host.events.off(type, listener)
    return this
  }

  register(...resources: ResourceLike[]): this {
    this.takeIn(resources)
    return this
  }

  takeIn(resources: Iterable<ResourceLike>): void {
    if (this.#up) throw registeredTooLate(this.name, this.#state)
    this.#roster.takeIn(resources, this.#host)
  }

  async add(...resources: ResourceLike[]): Promise<void> {
    if (this.#host.events.telling) await undefined
    if (this.#state !== 'running') throw refused(this.name, 'add resources', this.#state, 'register them before start()')
    await this.#upkeep.membership.add(this.#roster.takeIn(resources, this.#host))
  }

  async remove(resource: ResourceLike, { dependents = false }: { dependents?: boolean } = {}): Promise<void> {
    if (this.#host.events.telling) await undefined
    const cell = this.#roster.cellOf(resource, this.name)
    if (this.#up && this.#state !== 'running') {
      throw refused(this.name, `remove "${cell.name}"`, this.#state, 'it is stopped with everything else')
    }
    await this.#upkeep.membership.remove(cell, dependents)
  }

  async restart(resource: ResourceLike): Promise<void> {
    if (this.#host.events.telling) await undefined
    const cell = this.#roster.cellOf(resource, this.name)
    if (this.#state !== 'running')
      throw refused(this.name, `restart "${cell.name}"`, this.#state, 'call restart() while it is running')
    await this.#upkeep.supervisor.restart(cell)
  }

  get<T>(resource: ResourceLike<T>): T {
    return this.#roster.cellOf(resource, this.name).value as T
  }

  start(): Promise<this> {
    if (this.#starting !== undefined) return this.#starting.promise
    if (this.#up) {
      return Promise.reject(refused(this.name, 'start', this.#state, 'wait until shutdown() has resolved, then start it again'))
    }
    this.#up = true
    this.#stopping = this.#lastReport = undefined
    const starting = new Deferred<this>()
    this.#starting = starting
    this.#host.events.outside(() => this.#begin())
    return starting.promise
  }

  shutdown(reason = 'shutdown'): Promise<ShutdownReport> {
    if (this.#stopping !== undefined) return this.#stopping.promise
    const stopping = new Deferred<ShutdownReport>()
    this.#stopping = stopping
    const now = this.#host.clock.now()
    const order = { reason, since: now, deadline: now + this.#shutdown.timeout }
    if (this.#state === 'starting') this.#startup?.giveUp(startAborted(undefined, reason))
    this.#host.events.outside(() => {
      const superseded = this.#stopping !== stopping
      if (!this.#up || superseded) stopping.resolve(this.#lastReport ?? reportOf(reason, 0, this.#roster.present, []))
      else if (this.#state === 'starting') this.#abortStartup(order)
      else if (this.#state !== 'stopping') this.#drain(order)
    })
    return stopping.promise
  }

  fail(error: unknown): void {
    const starting = this.#starting
    const reason: ProbeReason = { resource: this.name, state: 'failed', health: 'unhealthy', message: describe(error) }
    this.#host.probe.fail(reason)
    const failure = kernelFailed(this.name, error)
    if (this.#state === 'starting') this.#startup?.giveUp(failure)
    this.#host.events.outside(() => {
      if (this.#starting !== starting) return // it has been started again since, or stopped
      this.#host.probe.fail(reason) // a start that was asked for before, and began after, has forgotten it
      if (this.#state === 'starting') this.#startup?.abort(failure)
      else if (KERNEL_MOVES[this.#state].includes('failed') && this.#state !== 'stopping') this.#to('failed')
    })
  }

  defaults(options: KernelDefaults): this {
    validateKernelDefaults(options)
    const delay = options.shutdown?.delay
    if (delay === undefined || this.#delayGiven || this.#stopping !== undefined) return this
    const { timeout } = this.#shutdown
    this.#shutdown = { delay: Math.min(delay, timeout * MOST_OF_BUDGET), timeout }
    return this
  }

  plan(): Plan {
    return planOf({
      graph: this.#roster.graph,
      timeouts: this.#host.timeouts,
      shutdown: this.#shutdown,
      startedIn: (id) => this.#roster.cells[id]!.startMs,
    })
  }

  inspect(): KernelSnapshot {
    const resources = this.#roster.present.map((cell) =>
      snapshotOf(this.#roster.graph, cell, this.#monitor.historyOf(cell), this.#upkeep.supervisor.restartsOf(cell)),
    )
    return { name: this.name, state: this.#state, probe: this.probe(), resources }
  }

  timeline(): readonly Span[] {
    return timelineOf(this.#roster.present)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown('disposed')
  }

  #begin(): void {
    this.#roster.compact()
    if (this.#state !== 'idle') for (const cell of this.#roster.cells) cell.renew()
    this.#host.renew()
    const startup: Startup = new Startup(this.#roster.graph, this.#roster.cells, this.#concurrency, (result) => {
      // S7: a shutdown that came first takes over, or has done so.
      if (this.#startup === startup && (result.ok || this.#stopping === undefined)) this.#startupDone(result)
    })
    this.#startup = startup
    this.#to('starting')
    startup.begin()
  }

  #startupDone({ ok, errors }: StartupResult): void {
    this.#startup = undefined
    this.#host.deadlines.release()
    if (ok) {
      const starting = this.#starting!
      this.#host.probe.started = true
      this.#upkeep.begin()
      for (const cell of this.#roster.cells) this.#monitor.watch(cell)
      this.#to('running')
      return starting.resolve(this)
    }
    this.#to('stopping', 'start failed')
    const since = this.#host.clock.now()
    this.#tearDown({ reason: 'start failed', since, deadline: since + this.#shutdown.timeout }, (report) => {
      // Taken before the state changes: a listener may start the kernel again at once.
      const starting = this.#starting!
      const stopping = this.#stopping
      this.#starting = undefined
      this.#to('failed')
      starting.reject(new StartError(this.name, errors, report))
      stopping?.resolve(report)
    })
  }

  /**
   * S7: nothing new starts; the starts in flight are told to end and awaited by the teardown, which stops what ran. It was never
   * ready, so nothing is delayed.
   */
  #abortStartup(order: TeardownOrder): void {
    const startup = this.#startup!
    this.#startup = undefined
    this.#to('stopping', order.reason)
    startup.handOver(startAborted(undefined, order.reason))
    this.#tearDown(order, (report) => {
      const starting = this.#starting!
      const stopping = this.#stopping!
      this.#starting = undefined
      this.#to('stopped')
      starting.reject(new StartError(this.name, startup.errors, report))
      settle(stopping, this.name, report)
    })
  }

  /** D1: not ready any more, but everything goes on working until the delay is over. */
  #drain(order: TeardownOrder): void {
    this.#starting = undefined
    this.#host.lateErrors = []
    this.#to('draining', order.reason)
    this.#upkeep.end(startAborted(undefined, order.reason))
    const stop = () => {
      this.#to('stopping', order.reason)
      this.#tearDown(order, (report) => {
        const stopping = this.#stopping!
        this.#to('stopped')
        settle(stopping, this.name, report)
      })
    }
    if (this.#shutdown.delay === 0) stop()
    else this.#host.clock.setTimeout(stop, Math.min(this.#shutdown.delay, this.#shutdown.timeout))
  }

  #tearDown(order: TeardownOrder, done: (report: ShutdownReport) => void): void {
    this.#monitor.end()
    this.#host.orphanage.hurry(order.deadline)
    const tornDown = () => {
      this.#host.deadlines.release()
      this.#up = false
      this.#host.rest()
      this.#lastReport = reportOf(order.reason, this.#host.clock.now() - order.since, this.#roster.present, this.#host.lateErrors)
      done(this.#lastReport)
    }
    new Teardown(this.#roster.graph, this.#roster.cells, this.#host.clock, order, () =>
      this.#host.orphanage.whenEmpty(tornDown),
    ).begin()
  }

  #to(state: KernelState, reason?: string): void {
    const from = this.#state
    this.#state = move(KERNEL_MOVES, from, state, `kernel "${this.name}"`)
    this.#host.probe.outdated()
    this.#host.events.emit('kernel:state', { from, to: state, ...(reason === undefined ? {} : { reason }) })
    this.#host.probe.changed()
  }

  #failing(cell: Cell, error: KeelsonError): void {
    if (this.#state === 'running' || this.#state === 'failed') return this.#upkeep.supervisor.failing(cell, error)
    if (!cell.gone) return
    cell.fail(error)
    if (this.#state === 'starting' && cell.impact === 'unready') this.fail(error)
  }
}

function settle(stopping: Deferred<ShutdownReport>, kernel: string, report: ShutdownReport): void {
  if (report.ok) stopping.resolve(report)
  else stopping.reject(new ShutdownError(kernel, report))
}
