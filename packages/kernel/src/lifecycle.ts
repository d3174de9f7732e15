import type { Cell } from './cell/cell.js'
import { MOST_OF_BUDGET, SHUTDOWN } from './defaults.js'
import { type KeelsonError, kernelFailed, refused, startAborted } from './errors.js'
import { attempt } from './foreign.js'
import { Failures } from './heal/failures.js'
import type { Monitor } from './heal/monitor.js'
import type { Roster } from './heal/roster.js'
import type { Upkeep } from './heal/upkeep.js'
import type { Kernel } from './kernel.js'
import type { KernelHost } from './kernel-host.js'
import { reportOf, ShutdownError, type ShutdownReport, StartError } from './observe/report.js'
import { KERNEL_MOVES, type KernelState, move } from './state.js'
import { Deferred } from './time/deferred.js'
import { Teardown, type TeardownOrder } from './walk/shutdown.js'
import { Startup, type StartupResult } from './walk/startup.js'

/** From a call of start() until its teardown is over. */
interface Life {
  readonly started: Deferred<Kernel>
  /** Whether its start has succeeded. */
  ran: boolean
  /** Somebody asked for its end. */
  shutdown: Deferred<ShutdownReport> | undefined
  /** Why its start is given up before it has begun. */
  unwanted: KeelsonError | undefined
  /** A task that was done while it started: with everything up, there is nothing left to do. */
  done: { readonly cell: Cell; readonly instance: unknown } | undefined
}

/** What a kernel is doing, with what it needs for that. */
type Phase =
  | { readonly at: 'rest' }
  /** start() was called by a listener, or behind what one asked for, and begins when the turn of that has ended. */
  | { readonly at: 'asked'; readonly life: Life }
  | { readonly at: 'starting'; readonly life: Life; readonly startup: Startup }
  | { readonly at: 'running'; readonly life: Life }
  | { readonly at: 'ending'; readonly life: Life }

/** What the lifecycle of a kernel moves. */
export interface LifecycleParts {
  readonly kernel: Kernel
  readonly name: string
  readonly host: KernelHost
  readonly roster: Roster
  readonly monitor: Monitor
  readonly upkeep: Upkeep
  readonly shutdown: { readonly delay?: number; readonly timeout?: number }
}

/** A shutdown that somebody asked for, and the longest that work may go on before it, in ms. */
interface DrainOrder extends TeardownOrder {
  readonly delay: number
}

/** The state of a whole kernel, and the one place that moves it. */
export class Lifecycle {
  state: KernelState = 'idle'
  readonly #parts: LifecycleParts
  /** What whoever runs the kernel fills in where `createKernel()` was given nothing. */
  #defaults: { readonly delay: number; readonly timeout: number } = SHUTDOWN
  #phase: Phase = { at: 'rest' }
  /** The last life, when it ended in the turn in which it was asked for. */
  #stillborn: Life | undefined
  /** A shutdown that was asked for at rest. */
  #idleShutdown: Deferred<ShutdownReport> | undefined
  #report: ShutdownReport | undefined
  #stopped: Deferred<ShutdownReport> | undefined
  readonly #failures: Failures
  /** What went wrong in the kernel itself: it does not start again. */
  #broken: KeelsonError | undefined

  constructor(parts: LifecycleParts) {
    this.#parts = parts
    this.#failures = new Failures(parts.name, parts.host.probe)
  }

  /** Whether anything may be running. */
  get up(): boolean {
    return this.#phase.at !== 'rest'
  }

  get shutdownOptions(): { readonly delay: number; readonly timeout: number } {
    const { delay, timeout } = this.#parts.shutdown
    const whole = timeout ?? (delay !== undefined && delay >= this.#defaults.timeout ? SHUTDOWN.timeout : this.#defaults.timeout)
    return { delay: delay ?? Math.min(this.#defaults.delay, whole * MOST_OF_BUDGET), timeout: whole }
  }

  /** Without effect once a shutdown was asked for. */
  fillIn(defaults: { readonly delay?: number; readonly timeout?: number }): void {
    if (this.#asked === undefined) this.#defaults = { ...this.#defaults, ...defaults }
  }

  /** Settles when the current life, or else the next, is over; never rejects. */
  get stopped(): Promise<ShutdownReport> {
    if (this.#stopped === undefined) {
      this.#stopped = new Deferred()
      if (this.#report !== undefined) this.#stopped.resolve(this.#report)
    }
    return this.#stopped.promise
  }

  start(): Promise<Kernel> {
    const { host, name } = this.#parts
    const phase = this.#phase
    if (this.#broken !== undefined && phase.at === 'rest') return Promise.reject(this.#broken)
    if ((phase.at === 'ending' && phase.life.ran) || (this.state === 'failed' && phase.at === 'running')) {
      return Promise.reject(refused(name, 'start', this.state, 'wait until shutdown() has resolved, then start it again'))
    }
    if (phase.at !== 'rest') return phase.life.started.promise
    // It has failed within the call of start() before this one; a listener that heard of it may try again.
    if (this.#stillborn !== undefined && !host.events.telling) return this.#stillborn.started.promise
    const life: Life = { started: new Deferred(), ran: false, shutdown: undefined, unwanted: undefined, done: undefined }
    this.#phase = { at: 'asked', life }
    if (this.#report !== undefined) this.#stopped = undefined
    this.#report = this.#idleShutdown = undefined
    this.#noteStillborn(life)
    host.events.outside(() => this.#begin(life))
    return life.started.promise
  }

  shutdown(reason: string, delay = Infinity): Promise<ShutdownReport> {
    const phase = this.#phase
    if (phase.at === 'rest') return this.#shutdownAtRest(reason)
    const { life } = phase
    if (life.shutdown !== undefined) return life.shutdown.promise
    life.shutdown = new Deferred()
    this.#parts.host.events.guarded(() => this.#askFor(phase, reason, delay))
    return life.shutdown.promise
  }

  #askFor(phase: Exclude<Phase, { at: 'rest' }>, reason: string, delay: number): void {
    const { life } = phase
    const { clock, events } = this.#parts.host
    const since = clock.now()
    const order = { reason, since, deadline: since + this.shutdownOptions.timeout, delay }
    this.#parts.host.ending = true
    this.#parts.host.lateErrors ??= []
    this.#giveUp(startAborted(undefined, reason))
    events.outside(() => this.#obey(life, order))
  }

  /** What was asked for in a listener is done when it no longer interrupts: the life may have moved on by then. */
  #obey(life: Life, order: DrainOrder): void {
    const phase = this.#phase
    if (phase.at === 'rest' || phase.life !== life) return
    if (phase.at === 'starting') this.#abortStart(phase.startup, life, order)
    else if (phase.at === 'running') this.#drain(life, order)
  }

  #shutdownAtRest(reason: string): Promise<ShutdownReport> {
    if (this.#idleShutdown === undefined) {
      this.#idleShutdown = new Deferred()
      this.#report ??= reportOf(reason, 0, this.#parts.roster.present, [])
      this.#idleShutdown.resolve(this.#report)
      this.#stopped?.resolve(this.#report)
    }
    return this.#idleShutdown.promise
  }

  /** Liveness turns false until the next start, whatever becomes of the resources. */
  fail(cause: unknown): void {
    const { name, host } = this.#parts
    const phase = this.#phase
    const life = phase.at === 'rest' ? undefined : phase.life
    const failure = kernelFailed(name, cause)
    this.#failures.add(undefined, failure)
    this.#giveUp(failure)
    host.events.outside(() => {
      const now = this.#phase
      if ((now.at === 'rest' ? undefined : now.life) !== life) return // it has been started again since, or stopped
      this.#failures.add(undefined, failure) // a start that was asked for before, and began after, has forgotten it
      if (now.at === 'starting') now.startup.abort(failure)
      else this.#failed(failure)
    })
  }

  /** A start that goes on, or is still to begin, launches nothing from now on. */
  #giveUp(error: KeelsonError): void {
    const phase = this.#phase
    if (phase.at === 'starting') phase.startup.giveUp(error)
    else if (phase.at === 'asked') phase.life.unwanted ??= error
  }

  /**
   * Something went wrong in the kernel itself, or in its clock: whoever waits is told, with the report so far, and what can be stopped is
   * stopped as far as that goes.
   */
  broke(cause: unknown): void {
    const { name, upkeep } = this.#parts
    const failure = kernelFailed(name, cause)
    const phase = this.#phase
    this.#broken ??= failure
    this.#failures.add(undefined, failure)
    attempt(() => upkeep.end(failure))
    if (phase.at === 'rest') return
    if (phase.at === 'running' && phase.life.shutdown === undefined) attempt(() => this.#failed(failure))
    else this.#abandon(phase, failure)
  }

  /** Ends a life that cannot be relied on. */
  #abandon(phase: Exclude<Phase, { at: 'rest' }>, failure: KeelsonError): void {
    const { name, host, roster, monitor } = this.#parts
    const { life } = phase
    const reason = 'the kernel failed'
    const errors = [...(host.lateErrors ?? []), { error: failure, order: host.nextOrder() }]
    const report = reportOf(reason, 0, roster.present, errors)
    host.ending = true
    this.#phase = { at: 'rest' }
    this.#report = report
    this.#idleShutdown = life.shutdown ?? new Deferred()
    this.state = 'failed'
    host.probe.outdated()
    void this.#idleShutdown.promise.catch(() => {})
    life.started.reject(new StartError(name, [failure], report))
    this.#idleShutdown.reject(new ShutdownError(name, report))
    this.#stopped?.resolve(report)
    attempt(() => monitor.end())
    attempt(() => phase.at === 'starting' && phase.startup.handOver(failure))
    const since = attempt(() => host.clock.now()) ?? Infinity
    const order = { reason, since, deadline: since + this.shutdownOptions.timeout }
    attempt(() => new Teardown(roster.graph, roster.cells, roster.cells, order, host.orphanage, () => {}).begin())
  }

  /** A resource has failed for good, and the kernel cannot be ready without it; it goes on living where all replicas share that (H8). */
  lost(cell: Cell, error: KeelsonError, shared: boolean): void {
    if (this.#phase.at === 'starting') return this.#phase.startup.abort(error)
    if (shared) return this.#parts.host.probe.changed()
    this.#failures.add(cell, kernelFailed(this.#parts.name, error))
    this.#failed(error)
  }

  /** It runs again: the kernel does, too, when there was no other reason. */
  regained(cell: Cell): void {
    if (!this.#failures.remove(cell)) return
    if (!this.#failures.any && this.state === 'failed' && this.#phase.at === 'running') this.#to('running')
    else this.#parts.host.probe.changed()
  }

  /** A resource has crashed, or its checks have failed past the threshold. */
  failing(cell: Cell, error: KeelsonError): void {
    const { at } = this.#phase
    if (at === 'starting' || at === 'running') this.#parts.upkeep.supervisor.failing(cell, error)
    else if (cell.crashError !== undefined) cell.failMeanwhile(error)
  }

  /** T1: a task is done, without having been told to end. */
  finished(cell: Cell, then: 'shutdown' | 'restart'): void {
    const phase = this.#phase
    if (phase.at !== 'starting' && phase.at !== 'running') return
    if (then === 'restart') this.#parts.upkeep.supervisor.finished(cell)
    else if (phase.at === 'running') this.#done(cell)
    else phase.life.done = { cell, instance: cell.instance }
  }

  /** What goes wrong in this shutdown is heard by whoever waits for the end of the kernel. */
  #done(cell: Cell): void {
    if (cell.serving) this.shutdown(`${cell.name} is done`).catch(() => {})
  }

  #failed(error: KeelsonError): void {
    const { at } = this.#phase
    if (at !== 'ending' && KERNEL_MOVES[this.state].includes('failed')) this.#to('failed', undefined, error)
    else this.#parts.host.probe.changed()
  }

  #begin(life: Life): void {
    const { host, roster, upkeep, monitor } = this.#parts
    upkeep.renew()
    roster.compact()
    if (this.state !== 'idle') {
      for (const cell of roster.present) {
        cell.renew()
        cell.hasRun = false
      }
    }
    this.#failures.clear()
    host.renew()
    upkeep.begin()
    const startup: Startup = new Startup(roster.present, {
      bringUp: upkeep.bringUp,
      awaitActivation: () => (roster.activates ? roster.present.filter((cell) => cell.awaitsActivation) : []),
      watch: (cell) => monitor.watch(cell),
      notActivated: (cell, error) => upkeep.supervisor.notActivated(cell, error),
      whenCalm: (callback) => upkeep.supervisor.recoveries.whenCalm(callback),
      aborted: (error) => upkeep.end(error),
      // S7: a shutdown that came first takes over, or has done so.
      done: (result) => {
        const phase = this.#phase
        if (phase.at === 'starting' && phase.startup === startup && (result.ok || life.shutdown === undefined)) {
          this.#started(life, result)
        }
      },
    })
    this.#phase = { at: 'starting', life, startup }
    this.#to('starting')
    if (life.unwanted !== undefined) {
      if (life.unwanted.code !== 'ABORTED') this.#failures.add(undefined, life.unwanted)
      startup.giveUp(life.unwanted)
    }
    startup.begin()
  }

  #started(life: Life, { ok, errors }: StartupResult): void {
    const { kernel, name, host, upkeep } = this.#parts
    host.deadlines.release()
    if (ok) {
      life.ran = true
      upkeep.supervisor.recoveries.started()
      host.lateErrors = undefined
      this.#phase = { at: 'running', life }
      host.probe.started = true
      this.#to('running')
      life.started.resolve(kernel)
      if (life.done !== undefined && life.done.cell.instance === life.done.instance) this.#done(life.done.cell)
      return
    }
    const since = host.clock.now()
    this.#end(life, { reason: 'start failed', since, deadline: since + this.shutdownOptions.timeout }, (report) => {
      this.#to('failed')
      life.started.reject(new StartError(name, errors, report))
    })
  }

  /**
   * S7: nothing new starts; the starts in flight are told to end and awaited by the teardown, which stops what ran. It was never
   * ready, so nothing is delayed.
   */
  #abortStart(startup: Startup, life: Life, order: TeardownOrder): void {
    const { name, upkeep } = this.#parts
    const aborted = startAborted(undefined, order.reason)
    startup.handOver(aborted)
    upkeep.end(aborted)
    this.#end(life, order, (report) => {
      this.#to('stopped')
      life.started.reject(new StartError(name, startup.errors, report))
    })
  }

  /** D1: not ready any more, but everything goes on working until the delay is over; what is not live waits for nobody (X10). */
  #drain(life: Life, order: DrainOrder): void {
    const { host, roster, upkeep } = this.#parts
    const delay = this.#failures.any ? 0 : Math.min(this.shutdownOptions.delay, order.delay)
    this.#phase = { at: 'ending', life }
    this.#to('draining', order.reason)
    upkeep.end(startAborted(undefined, order.reason))
    // S9: at this instant, dependents first.
    if (roster.quiesces) for (const cell of [...roster.cells].reverse()) cell.quiesce(order.reason, order.deadline)
    const stop = () => this.#end(life, order, () => this.#to('stopped'))
    if (delay === 0) stop()
    else host.clock.setTimeout(stop, delay)
  }

  /** Tears everything down. `moved` moves the state when that is over, before anybody who waits for it hears of it. */
  #end(life: Life, order: TeardownOrder, moved: (report: ShutdownReport) => void): void {
    const { name, host, roster, monitor } = this.#parts
    this.#phase = { at: 'ending', life }
    host.ending = true
    host.lateErrors ??= []
    this.#to('stopping', order.reason)
    monitor.end()
    host.orphanage.hurry(order.deadline)
    const tornDown = () => {
      if (this.#phase.at === 'rest' || this.#phase.life !== life) return // it was abandoned
      host.deadlines.release()
      const report = reportOf(order.reason, host.clock.now() - order.since, roster.present, host.lateErrors ?? [])
      host.lateErrors = undefined
      this.#phase = { at: 'rest' }
      this.#report = report
      host.rest()
      // A listener of the move may start the kernel again at once.
      const stopped = this.#stopped
      this.#idleShutdown = life.shutdown
      moved(report)
      if (report.ok) life.shutdown?.resolve(report)
      else life.shutdown?.reject(new ShutdownError(name, report))
      stopped?.resolve(report)
    }
    new Teardown(roster.graph, roster.cells, roster.cells, order, host.orphanage, () =>
      host.orphanage.whenEmpty(tornDown),
    ).begin()
  }

  /** start() twice in one turn is one start, also when that fails at once. */
  #noteStillborn(life: Life): void {
    this.#stillborn = life
    void Promise.resolve().then(() => {
      if (this.#stillborn === life) this.#stillborn = undefined
    })
  }

  #to(state: KernelState, reason?: string, error?: KeelsonError): void {
    const { name, host } = this.#parts
    const from = this.state
    this.state = move(KERNEL_MOVES, from, state, `kernel "${name}"`)
    host.probe.outdated()
    const why = reason === undefined ? {} : { reason }
    host.events.emit('kernel:state', { from, to: state, ...why, ...(error === undefined ? {} : { error }) })
    host.probe.changed()
  }

  /** The shutdown that somebody has asked for. */
  get #asked(): Deferred<ShutdownReport> | undefined {
    return this.#phase.at === 'rest' ? this.#idleShutdown : this.#phase.life.shutdown
  }
}
