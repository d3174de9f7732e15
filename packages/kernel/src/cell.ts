import type { Clock } from './clock.js'
import type { Deadlines } from './deadline.js'
import { DrainRun } from './drain-run.js'
import { budgetSpent, dependencyFailed, hookFailed, type KeelsonError, notStarted, type Phase } from './errors.js'
import type { Events } from './events.js'
import { countCheck, type HealthCount } from './health.js'
import type { CheckRecord } from './history.js'
import { Instance } from './instance.js'
import type { KernelView } from './kernel-view.js'
import { Release, releaseHook, type StopOrder } from './release.js'
import type { Outcome } from './report.js'
import type { Definition, Impact, Timeouts } from './resource.js'
import { move, RESOURCE_MOVES, type ResourceState } from './state.js'

/** What a cell needs of the kernel that it lives in. */
export interface CellHost {
  readonly clock: Clock
  readonly events: Events
  /** Of hooks that somebody waits for. */
  readonly deadlines: Deadlines
  readonly timeouts: Required<Timeouts>
  readonly view: KernelView
  /** Whether a resource is fine, or why it is not, has changed. */
  troubleChanged(cell: Cell): void
  /** A running resource is gone. */
  crashed(cell: Cell, error: KeelsonError): void
  /** A value that came after its start had been given up was released. */
  orphaned(resource: string, errors: readonly KeelsonError[]): void
  /** A hook failed after it had been given up. */
  lateError(error: KeelsonError): void
}

export interface StartListener {
  started(cell: Cell): void
  /** At once; `startSettled` follows when what it had acquired is released. */
  startFailed(cell: Cell, error: KeelsonError): void
  startSettled(cell: Cell, errors: readonly KeelsonError[]): void
}

export interface StopListener {
  stopped(cell: Cell): void
}

/** One live resource: the sole owner of its state. Its hooks run in its current instance. */
export class Cell {
  readonly id: number
  readonly name: string
  readonly definition: Definition
  readonly host: CellHost
  state: ResourceState = 'idle'
  instance: Instance | undefined
  /** Why it failed. */
  error: KeelsonError | undefined
  count: HealthCount = FRESH
  /** Why it is unhealthy. */
  healthError: KeelsonError | undefined
  /** How its last teardown ended, with everything that went wrong in it. */
  outcome: Outcome = 'never-started'
  teardownErrors: readonly KeelsonError[] = NO_ERRORS
  /** When its hooks ran, in ms since the epoch; 0 for never. */
  startedAt = 0
  runningAt = 0
  failedAt = 0
  drainAt = 0
  stopAt = 0
  stoppedAt = 0

  #startListener: StartListener | undefined
  #stopListener: StopListener | undefined

  constructor(id: number, name: string, definition: Definition, host: CellHost) {
    this.id = id
    this.name = name
    this.definition = definition
    this.host = host
  }

  get impact(): Impact {
    return this.definition.options.impact ?? 'unready'
  }

  timeout(hook: keyof Timeouts): number {
    return this.definition.options.timeouts?.[hook] ?? this.host.timeouts[hook]
  }

  /** What its dependents work with: there from the end of its start until it has stopped, unless it failed. */
  get available(): boolean {
    return this.runningAt !== 0 && this.stoppedAt === 0 && this.state !== 'failed'
  }

  get value(): unknown {
    if (!this.available) throw notStarted(this.name, this.state)
    return this.instance!.value
  }

  /** How long its last start took; undefined unless it succeeded. */
  get startMs(): number | undefined {
    return this.runningAt === 0 ? undefined : this.runningAt - this.startedAt
  }

  /** How long its drain and stop took. */
  get durationMs(): number {
    return this.stoppedAt === 0 ? 0 : this.stoppedAt - (this.drainAt || this.stopAt)
  }

  /** S4, H2: whether the kernel's probe has nothing to say about it. */
  get fine(): boolean {
    return this.state !== 'failed' && this.state !== 'restarting' && this.count.health !== 'unhealthy'
  }

  start(deps: Record<string, unknown>, listener: StartListener): void {
    this.#startListener = listener
    this.error = this.healthError = undefined
    this.count = FRESH
    this.outcome = 'never-started'
    this.teardownErrors = NO_ERRORS
    this.runningAt = this.failedAt = this.drainAt = this.stopAt = this.stoppedAt = 0
    this.#to('starting')
    this.instance = new Instance(this)
    this.startedAt = this.instance.startedAt
    this.instance.begin(deps)
  }

  started(): void {
    this.runningAt = this.host.clock.now()
    this.#to('running')
    if (this.definition.options.check !== undefined) this.#setHealth({ health: 'healthy', failures: 0, passes: 1 }, undefined)
    this.#startListener!.started(this)
  }

  startFailed(instance: Instance, error: KeelsonError): void {
    this.instance = undefined
    this.#fail(error, 'start')
    this.#startListener!.startFailed(this, error)
    if (!instance.hasValue && instance.cleanups === undefined) return this.#startListener!.startSettled(this, NO_ERRORS)
    const at = this.host.clock.now()
    const limit = this.timeout('stop')
    const order = { reason: 'its start failed', at, limit, end: at + limit }
    new Release(instance, order, ({ errors }) => {
      for (const problem of errors) this.#report(problem)
      this.#startListener!.startSettled(this, errors)
    }).begin()
  }

  /** S4: it cannot start because what it depends on has failed. */
  failDependency(dependency: Cell): KeelsonError {
    const error = dependencyFailed(this.name, dependency.name, dependency.error)
    this.#fail(error, 'start')
    return error
  }

  crashed(error: KeelsonError): void {
    this.#fail(error, undefined)
    this.host.crashed(this, error)
  }

  /** Said by the resource itself: takes effect at once, whatever the thresholds say. */
  pushHealth(error: KeelsonError | undefined): void {
    if (error === undefined) this.#setHealth({ health: 'healthy', failures: 0, passes: 1 }, undefined)
    else this.#setHealth({ health: 'unhealthy', failures: 1, passes: 0 }, error)
  }

  /** Said by a check: counts towards the thresholds. */
  recordCheck({ ok, durationMs, error }: CheckRecord): void {
    const { name, host, definition } = this
    if (host.events.active) {
      host.events.emit('check:result', { resource: name, ok, durationMs, ...(error === undefined ? {} : { error }) })
    }
    const { failureThreshold = 3, successThreshold = 1 } = definition.options.monitor ?? {}
    this.#setHealth(countCheck(this.count, ok, { failureThreshold, successThreshold }), error ?? this.healthError)
  }

  /** The most that its drain and stop may take by their own timeouts, in ms. A hook that it does not have takes nothing. */
  get teardownTime(): number {
    return this.#drainTime + this.#stopTime
  }

  /** Drains, then stops, then cleans up. A drain that fails or runs out of time is recorded and does not keep the stop. */
  stop(order: StopOrder, listener: StopListener): void {
    this.#stopListener = listener
    if (!this.#drains) return this.#stop(order)
    const drainTime = Math.min(this.#drainTime, order.limit)
    const stopTime = Math.min(this.#stopTime, order.limit)
    const limit = order.limit === Infinity ? drainTime : order.limit * (drainTime / (drainTime + stopTime || 1))
    this.#to('draining')
    this.drainAt = order.at
    new DrainRun(this.instance!, { ...order, limit: Math.min(limit, drainTime) }, (error) => {
      if (error !== undefined) this.#teardownFailed(error)
      const at = this.host.clock.now()
      this.#stop({ ...order, at, limit: Math.max(0, order.limit - (at - order.at)) })
    }).begin()
  }

  /** The budget was spent before its turn: it is not asked to stop, only killed where it can be. */
  skip(): void {
    const { instance, name } = this
    this.drainAt = 0
    this.stopAt = this.stoppedAt = this.host.clock.now()
    this.#to('stopping')
    this.#teardownFailed(budgetSpent(name))
    this.outcome = 'not-attempted'
    const { kill } = this.definition.options
    if (kill !== undefined && instance!.hasValue) {
      try {
        const killed: unknown = kill(instance!.value)
        Promise.resolve(killed).catch((cause: unknown) => this.host.lateError(hookFailed(name, 'kill', cause)))
        this.outcome = 'killed'
      } catch (cause) {
        this.#teardownFailed(hookFailed(name, 'kill', cause))
      }
    }
    this.instance = undefined
    this.#to('failed')
  }

  /** What has crashed has no work left to finish: it is only stopped. */
  get #drains(): boolean {
    return this.definition.options.drain !== undefined && this.instance?.hasValue === true && this.state !== 'failed'
  }

  get #drainTime(): number {
    return this.#drains ? this.timeout('drain') : 0
  }

  get #stopTime(): number {
    if (this.instance === undefined) return 0
    return this.instance.cleanups !== undefined || releaseHook(this.instance) !== undefined ? this.timeout('stop') : 0
  }

  #stop(order: StopOrder): void {
    this.#to('stopping')
    this.stopAt = order.at
    const limit = Math.min(order.limit, this.#stopTime)
    const capped = limit === order.limit ? order : { ...order, limit }
    new Release(this.instance!, capped, ({ outcome, errors }) => {
      for (const error of errors) this.#teardownFailed(error)
      this.outcome = outcome
      this.stoppedAt = this.host.clock.now()
      this.instance = undefined
      this.#to(outcome === 'stopped' ? 'stopped' : 'failed')
      this.#stopListener!.stopped(this)
    }).begin()
  }

  #teardownFailed(error: KeelsonError): void {
    this.teardownErrors = [...this.teardownErrors, error]
    this.#report(error)
  }

  #fail(error: KeelsonError, phase: Phase | undefined): void {
    this.error = error
    this.failedAt = this.host.clock.now()
    this.#to('failed')
    this.#report(error, phase)
    this.host.troubleChanged(this)
  }

  #report(error: KeelsonError, phase = error.phase): void {
    this.host.events.emit('resource:error', { resource: this.name, phase, error })
  }

  #setHealth(count: HealthCount, error: KeelsonError | undefined): void {
    const from = this.count.health
    this.count = count
    this.healthError = count.health === 'unhealthy' ? error : undefined
    if (from === count.health) return
    this.host.events.emit('health:change', {
      resource: this.name,
      from,
      to: count.health,
      ...(this.healthError === undefined ? {} : { error: this.healthError }),
    })
    this.host.troubleChanged(this)
  }

  #to(state: ResourceState): void {
    const from = this.state
    this.state = move(RESOURCE_MOVES, from, state, this.name)
    if (this.host.events.active) this.host.events.emit('resource:state', { resource: this.name, from, to: state })
  }
}

const FRESH: HealthCount = { health: 'unknown', failures: 0, passes: 0 }
const NO_ERRORS: readonly KeelsonError[] = []
