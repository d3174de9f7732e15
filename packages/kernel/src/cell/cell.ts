import type { Definition, Impact, Timeouts } from '../define/resource.js'
import { dependencyFailed, type KeelsonError, notStarted, startAborted } from '../errors.js'
import type { Outcome } from '../observe/report.js'
import { move, RESOURCE_MOVES, type ResourceState } from '../state.js'
import { CellHealth } from './cell-health.js'
import type { CellHost, StartListener, StopListener } from './cell-host.js'
import { Instance } from './instance.js'
import type { StopOrder } from './release.js'
import { Stopping, teardownTime } from './stopping.js'

/** One live resource: the sole owner of its state. Its hooks run in its current instance. */
export class Cell {
  /** Its place in the graph; it changes when the graph closes gaps. */
  id: number
  readonly name: string
  readonly definition: Definition
  readonly host: CellHost
  state: ResourceState = 'idle'
  instance: Instance | undefined
  /** Why it failed. */
  error: KeelsonError | undefined
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

  /** What it said of itself when it was gone. */
  gone: KeelsonError | undefined
  /** Whether it is being restarted: torn down to be started again. */
  away = false
  /** Whether it is being removed. */
  leaving = false
  /** Made when somebody has something to say of it: most resources of a large graph have no check. */
  #health: CellHealth | undefined
  #startListener: StartListener | undefined
  /** The error that was last told in an event: a crash is told before anybody knows what it leads to. */
  #told: KeelsonError | undefined
  #stopping: Stopping | undefined
  /** A teardown that waits for a start in flight to end. */
  #stopAfterStart: StopOrder | undefined

  constructor(id: number, name: string, definition: Definition, host: CellHost) {
    this.id = id
    this.name = name
    this.definition = definition
    this.host = host
  }

  get health(): CellHealth {
    this.#health ??= new CellHealth(this)
    return this.#health
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
    return !this.away && this.state !== 'failed' && this.#health?.health !== 'unhealthy'
  }

  /** Why it is not fine, as far as it has been said. */
  get trouble(): KeelsonError | undefined {
    return this.error ?? this.gone ?? this.health.error
  }

  /** Forgets how its last life went. */
  renew(): void {
    this.error = this.gone = undefined
    this.leaving = false
    this.#health?.renew()
    this.outcome = 'never-started'
    this.teardownErrors = NO_ERRORS
    this.startedAt = this.runningAt = this.failedAt = this.drainAt = this.stopAt = this.stoppedAt = 0
  }

  start(deps: Record<string, unknown>, listener: StartListener): void {
    this.#startListener = listener
    this.renew()
    this.instance = new Instance(this)
    this.#to('starting')
    this.startedAt = this.instance.startedAt
    this.instance.begin(deps)
  }

  started(): void {
    this.runningAt = this.host.clock.now()
    const order = this.#stopAfterStart
    this.#stopAfterStart = undefined
    if (order === undefined && this.definition.options.check !== undefined) this.health.push(undefined)
    this.#to('running')
    this.#startListener!.started(this)
    if (order !== undefined) this.#stopping!.begin(remainderOf(order, this.host.clock.now()))
  }

  startFailed(instance: Instance, error: KeelsonError): void {
    this.fail(error)
    this.#startListener!.startFailed(this, error)
    const settled = (errors: readonly KeelsonError[]) => {
      const stopping = this.#stopping
      for (const problem of errors) {
        if (stopping?.awaited) this.teardownFailed(problem)
        else this.#report(problem)
      }
      instance.cleaning = false
      this.instance = this.#stopping = undefined
      this.#startListener!.startSettled(this, errors)
      stopping?.end()
    }
    const order = this.#stopAfterStart
    this.#stopAfterStart = undefined
    if (!instance.hasValue && instance.cleanups === undefined) return settled(NO_ERRORS)
    instance.cleaning = true
    this.#stopping ??= new Stopping(this, instance)
    this.#stopping.cleanUp(this.#cleanUpOrder(order), settled)
  }

  /** S4: it cannot start because what it depends on has failed. */
  failDependency(dependency: Cell): KeelsonError {
    const error = dependencyFailed(this.name, dependency.name, dependency.error)
    this.fail(error)
    return error
  }

  crashed(error: KeelsonError): void {
    this.gone = error
    this.#report(error)
    this.host.failing(this, error)
  }

  /** Nothing more is tried: it has failed. */
  fail(error: KeelsonError): void {
    const from = this.state
    this.error = error
    this.failedAt = this.host.clock.now()
    this.state = move(RESOURCE_MOVES, from, 'failed', this.name)
    this.host.noteTrouble(this)
    this.#announce(from)
    if (this.#told !== error) this.#report(error)
    this.host.tellTrouble()
  }

  /** It is taken away to be started again, or is back, or will not come back. */
  setAway(away: boolean): void {
    this.away = away
    this.host.noteTrouble(this)
    this.host.tellTrouble()
  }

  /** Torn down, and waiting for its turn to start again. */
  restarting(): void {
    if (this.state !== 'restarting') this.#to('restarting')
  }

  /** The restart that it waited for will not come. */
  rest(): void {
    if (this.state === 'restarting') this.#to('stopped')
  }

  /** The most that its teardown may take by its own timeouts, in ms. */
  get teardownTime(): number {
    if (this.instance === undefined) return 0
    // A start in flight may still bring something to stop; what that takes is not known yet.
    return this.state === 'starting' ? this.timeout('stop') : teardownTime(this.instance)
  }

  /** Tears the current instance down; a start in flight is told to end first. Whoever asks again waits for the same end. */
  stop(order: StopOrder, listener: StopListener): void {
    if (this.#stopping !== undefined) return this.#stopping.join(order, listener)
    this.#stopping = new Stopping(this, this.instance!)
    this.#stopping.listen(listener)
    if (this.state === 'starting') {
      this.#stopAfterStart = order
      // Half of its share for the start to end, so that as much is left to release what it brings.
      this.instance!.endStart(order.at + order.limit / 2, startAborted(this.name, order.reason))
    } else if (order.at >= order.end) this.#stopping.skip()
    else this.#stopping.begin(order)
  }

  /** From here on: what its own teardown says of it. */
  draining(at: number): void {
    this.drainAt = at
    this.#to('draining')
  }

  stopping(at: number): void {
    this.stopAt = at
    this.#to('stopping')
  }

  stopped(outcome: Outcome): void {
    this.outcome = outcome
    this.stoppedAt = this.host.clock.now()
    this.instance = this.#stopping = undefined
    this.#to(outcome === 'stopped' ? 'stopped' : 'failed')
  }

  teardownFailed(error: KeelsonError): void {
    this.teardownErrors = [...this.teardownErrors, error]
    this.#report(error)
  }

  /** What the cleanups of a failed start may take: their own timeout, and no more than a teardown that waits for them leaves. */
  #cleanUpOrder(waiting: StopOrder | undefined): StopOrder {
    const at = this.host.clock.now()
    const limit = this.timeout('stop')
    if (waiting === undefined) return { reason: 'its start failed', at, limit, end: at + limit, below: 0 }
    const left = remainderOf(waiting, at)
    return { ...left, limit: Math.min(limit, left.limit) }
  }

  #report(error: KeelsonError): void {
    this.#told = error
    this.host.events.emit('resource:error', { resource: this.name, phase: error.phase, error })
  }

  #to(state: ResourceState): void {
    const from = this.state
    this.state = move(RESOURCE_MOVES, from, state, this.name)
    const { fine, host } = this
    if (!fine) host.noteTrouble(this) // its reason names the state
    this.#announce(from)
    if (!fine) host.tellTrouble()
  }

  #announce(from: ResourceState): void {
    if (this.host.events.active) this.host.events.emit('resource:state', { resource: this.name, from, to: this.state })
  }
}

const NO_ERRORS: readonly KeelsonError[] = []

/** What is left of an order at a later time. */
function remainderOf(order: StopOrder, at: number): StopOrder {
  return { ...order, at, limit: Math.max(0, order.at + order.limit - at) }
}
