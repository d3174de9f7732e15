import type { Cell } from './cell/cell.js'
import { experienceOf } from './cell/experience.js'
import { TIMEOUTS } from './defaults.js'
import type { Resource } from './define/carrier.js'
import { isMs } from './define/checks.js'
import type { ResourceLike } from './define/dependency.js'
import { graphReader } from './define/graph-reader.js'
import type { HookWrap } from './define/hook-wrap.js'
import type { Panel } from './define/panel.js'
import { readKernelDefaults, validateFunction, validateReason } from './define/validate.js'
import { fromCaller, notStarted, refused, registeredTooLate } from './errors.js'
import { propertyOf } from './foreign.js'
import { dependenciesOf, planOf } from './graph/plan.js'
import { Monitor } from './heal/monitor.js'
import { Roster } from './heal/roster.js'
import { Upkeep } from './heal/upkeep.js'
import type { Kernel, KernelDefaults, KernelOptions } from './kernel.js'
import { KernelHost } from './kernel-host.js'
import { Lifecycle } from './lifecycle.js'
import type { KernelEvents, KernelListener } from './observe/events.js'
import type { Plan } from './observe/planned.js'
import type { Probe } from './observe/probe.js'
import type { ShutdownReport } from './observe/report.js'
import { type CheckResult, type KernelSnapshot, type ResourceSnapshot, snapshotOf } from './observe/snapshot.js'
import { type Span, timelineOf } from './observe/timeline.js'
import type { KernelState } from './state.js'
import { wordsFor } from './thrown.js'
import { systemClock } from './time/clock.js'
import { Deadlines } from './time/deadline.js'
import { guardedClock } from './time/guarded-clock.js'

/** The façade: composes the parts of a kernel. Its methods work when they are taken off it. */
export class LiveKernel implements Kernel {
  readonly name: string
  readonly #host: KernelHost
  readonly #roster: Roster
  readonly #monitor: Monitor
  readonly #upkeep: Upkeep
  readonly #lifecycle: Lifecycle

  constructor(options: KernelOptions) {
    const broke = (error: unknown) => this.#lifecycle.broke(error)
    const clock = guardedClock(options.clock ?? systemClock, broke)
    this.name = options.name ?? 'app'
    this.#host = new KernelHost(
      this,
      clock,
      { ...TIMEOUTS, ...options.timeouts },
      {
        failing: (cell, error) => this.#lifecycle.failing(cell, error),
        recovered: (cell) => this.#upkeep.supervisor.recovered(cell),
        broke,
        bringUp: (cell, instance, resources) => this.#upkeep.subgraphs.bringUp(cell, instance, resources),
        recheck: (cell) => this.#monitor.recheck(cell),
        finished: (cell, then) => this.#lifecycle.finished(cell, then),
      },
    )
    this.#roster = new Roster(options.replace ?? [])
    this.#monitor = new Monitor(clock, new Deadlines(clock, true, broke))
    const { events, probe, orphanage } = this.#host
    const { name } = this
    const roster = this.#roster
    const monitor = this.#monitor
    this.#upkeep = new Upkeep({
      name,
      clock,
      events,
      probe,
      orphanage,
      roster,
      monitor,
      concurrency: options.concurrency ?? Infinity,
      timeout: () => this.#lifecycle.shutdownOptions.timeout,
      takeIn: (resources) => roster.takeInAdded(resources, this.#host),
      takeInMembers: (subgraph, resources) => roster.takeInMembers(subgraph, resources, this.#host),
      lost: (cell, error, shared) => this.#lifecycle.lost(cell, error, shared),
      regained: (cell) => this.#lifecycle.regained(cell),
    })
    const shutdown = options.shutdown ?? {}
    this.#lifecycle = new Lifecycle({ kernel: this, name, host: this.#host, roster, monitor, upkeep: this.#upkeep, shutdown })
  }

  get state(): KernelState {
    return this.#lifecycle?.state ?? 'idle'
  }

  get stopped(): Promise<ShutdownReport> {
    return this.#lifecycle.stopped
  }

  probe = (): Probe => this.#host.probe.current

  on = <K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this => {
    try {
      this.#host.probe.catchUp()
      this.#host.events.on(type, listener)
      return this
    } catch (error) {
      throw fromCaller(this.on, error)
    }
  }

  once = <K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this => {
    try {
      this.#host.probe.catchUp()
      this.#host.events.once(type, listener)
      return this
    } catch (error) {
      throw fromCaller(this.once, error)
    }
  }

  off = <K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this => {
    this.#host.events.off(type, listener)
    return this
  }

  register = (...resources: ResourceLike[]): this => {
    try {
      this.takeIn(resources)
      return this
    } catch (error) {
      throw fromCaller(this.register, error)
    }
  }

  takeInBase(resources: Iterable<ResourceLike>): void {
    this.#roster.takeInBase(resources, this.#host)
  }

  takeIn(resources: Iterable<ResourceLike>): void {
    const { state, up } = this.#lifecycle
    if (up) throw registeredTooLate(this.name, state)
    this.#roster.refuseWhileReading()
    this.#roster.takeIn(resources, this.#host)
  }

  add = async (...resources: ResourceLike[]): Promise<void> => {
    this.#roster.refuseWhileReading()
    await this.#host.events.inTurn(() => {
      if (this.state !== 'running') {
        const remedy = this.state === 'starting' ? 'await start() first' : 'register() them before the next start()'
        throw refused(this.name, 'add resources', this.state, remedy)
      }
      return this.#upkeep.membership.add(this.#roster.takeInAdded(resources, this.#host))
    })
  }

  remove = (resource: ResourceLike, options: { dependents?: boolean } = {}): Promise<void> =>
    this.#host.events.inTurn(() => {
      const { dependents = false } = options
      const cell = this.#roster.cellOf(resource, this.name)
      if (this.#lifecycle.up && this.state !== 'running') {
        throw refused(this.name, `remove "${cell.name}"`, this.state, 'it is stopped with everything else')
      }
      return this.#upkeep.membership.remove(cell, dependents)
    })

  restart = (resource: ResourceLike): Promise<void> =>
    this.#host.events.inTurn(() => {
      const cell = this.#roster.cellOf(resource, this.name)
      if (this.state !== 'running') {
        const ends = this.state === 'draining' || this.state === 'stopping' || this.state === 'failed'
        const remedy = ends ? 'start() it again once it has stopped' : 'await start() first'
        throw refused(this.name, `restart "${cell.name}"`, this.state, remedy)
      }
      return this.#upkeep.supervisor.restart(cell)
    })

  rotate = (resource: ResourceLike): Promise<void> =>
    this.#host.events.inTurn(() => {
      const cell = this.#roster.cellOf(resource, this.name)
      if (this.state !== 'running')
        throw refused(this.name, `rotate "${cell.name}"`, this.state, 'rotate it while the kernel runs')
      return this.#upkeep.rotations.rotate(cell)
    })

  check = (resource?: ResourceLike): Promise<readonly CheckResult[]> =>
    this.#host.events.inTurn(() => {
      const cells = resource === undefined ? this.#roster.present : [this.#roster.cellOf(resource, this.name)]
      if (!this.#lifecycle.up || this.state === 'stopping')
        throw refused(this.name, 'run checks', this.state, 'ask while it runs')
      const [cell] = cells
      if (resource !== undefined && cell?.failureThreshold !== undefined && !this.#monitor.watches(cell)) {
        throw notStarted(cell.name, cell.state)
      }
      return this.#monitor.check(cells)
    })

  cordon = (reason: string): void => {
    try {
      validateReason(reason)
    } catch (error) {
      throw fromCaller(this.cordon, error)
    }
    this.#host.cordon(reason)
  }

  uncordon = (): void => this.#host.cordon(undefined)

  get = <T>(resource: ResourceLike<T>): T => {
    try {
      return this.#roster.cellOf(resource, this.name).value as T
    } catch (error) {
      throw fromCaller(this.get, error)
    }
  }

  start = (): Promise<this> => (graphReader()?.start(this) ?? this.#lifecycle.start()) as Promise<this>

  // What is passed may come from anywhere.
  shutdown = (reason: unknown = 'shutdown', options?: unknown): Promise<ShutdownReport> => {
    const delay = propertyOf(options, 'delay')
    return this.#lifecycle.shutdown(wordsFor(reason), isMs(delay) === undefined ? (delay as number) : undefined)
  }

  fail = (error: unknown): void => this.#lifecycle.fail(error)

  defaults = (options: KernelDefaults): this => {
    try {
      this.#lifecycle.fillIn(readKernelDefaults(options))
      return this
    } catch (error) {
      throw fromCaller(this.defaults, error)
    }
  }

  plan = (): Plan =>
    planOf({
      graph: this.#roster.graph,
      timeouts: this.#host.timeouts,
      shutdown: this.#lifecycle.shutdownOptions,
      experienceOf: (id) => experienceOf(this.#roster.cells[id]!),
    })

  inspect = ((resource?: ResourceLike): KernelSnapshot | ResourceSnapshot => {
    if (resource === undefined) {
      return { name: this.name, state: this.state, probe: this.probe(), resources: this.#roster.present.map(this.#snapshotOf) }
    }
    try {
      return this.#snapshotOf(this.#roster.cellOf(resource, this.name))
    } catch (error) {
      throw fromCaller(this.inspect, error)
    }
  }) as Kernel['inspect']

  timeline = (): readonly Span[] => timelineOf(this.#roster.present)

  panels = (): readonly { readonly resource: string; readonly panel: Panel }[] =>
    this.#roster.present.flatMap(({ name, instance }) =>
      Array.from(instance?.panels ?? [], (panel) => ({ resource: name, panel })),
    )

  find = (name: string): Resource<unknown> | undefined => this.#roster.named(name)?.definition.source

  wrapHooks = (wrap: HookWrap): (() => void) => {
    const host = this.#host
    validateFunction(undefined, 'wrapHooks(wrap)', wrap)
    host.wraps = [...host.wraps, wrap]
    return () => {
      host.wraps = host.wraps.filter((other) => other !== wrap)
    }
  }

  #snapshotOf = (cell: Cell): ResourceSnapshot =>
    snapshotOf(
      cell,
      dependenciesOf(this.#roster.graph, cell.id),
      this.#monitor.historyOf(cell),
      this.#upkeep.supervisor.restartsOf(cell),
    )

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown('disposed')
  }
}
