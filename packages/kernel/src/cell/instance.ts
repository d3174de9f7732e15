import { LAST_GRACE, MOST_LATE_CLEANUPS } from '../defaults.js'
import type { ResourceLike } from '../define/dependency.js'
import type { HookCall } from '../define/hook-wrap.js'
import type { Panel } from '../define/panel.js'
import type { Subgraph } from '../define/subgraph.js'
import { notWork, validateFunction, validateMs, validateName } from '../define/validate.js'
import { crashed, endlessCleanups, hookFailed, type KeelsonError, startAborted, timedOut, workRefused } from '../errors.js'
import { promiseOf, propertyOf } from '../foreign.js'
import type { HookHost } from '../hook/hook-host.js'
import { HookRun } from '../hook/hook-run.js'
import { LazyAbort } from '../hook/lazy-abort.js'
import { Steps } from '../hook/steps.js'
import type { Turn } from '../hook/turn.js'
import { describe } from '../thrown.js'
import type { Deadlines } from '../time/deadline.js'
import type { WorkSnapshot } from '../words.js'
import { type CountReader, readCounts } from './counters.js'
import type { Owner } from './owner.js'
import { Readiness } from './readiness.js'
import { StartScope } from './scopes.js'
import { Workload, type WorkReader } from './workload.js'

/**
 * One life of a resource: the run of its start hook, then the value that it made, until that is released. A new start
 * makes a new instance; what an old one still says is dropped.
 */
export class Instance extends HookRun {
  /** The resource that it is an instance of; another one once that has exchanged it for a new one. */
  owner: Owner<Instance>
  value: unknown
  /** Whether there is a value to release; `undefined` is a value too. */
  hasValue = false
  /** What `ctx.defer()` registered and has not run yet. */
  cleanups: (() => unknown)[] | undefined
  /** Whether the cleanups of its failed start are running. */
  cleaning = false
  /** Whether everything that it had is released, or given up. */
  released = false
  /** The last that it was told: to begin to take work, to take no more. */
  turned: 'activate' | 'quiesce' | undefined
  /** Made when it takes its first: most instances have neither. */
  #openTurns: Set<Turn> | undefined
  /** What it shows of itself, until it is released. */
  panels: Set<Panel> | undefined
  #workload: Workload | undefined
  #counters: Set<CountReader> | undefined
  /** Whether its drain is over, or will not be: nobody would wait for more work. */
  #closed = false
  /** `ctx.extend()` cannot pass it: set by a shutdown that waits for this start. */
  #latest: number | undefined
  /** Whether its start hook has returned. */
  #returned = false
  /** The error given to ctx.crashed() while the start hook ran. */
  #crash: KeelsonError | undefined
  #readiness: Readiness | undefined
  #life: LazyAbort | undefined
  /** How often cleanups were registered after its release. */
  #late = 0
  /** Why its release began. */
  #retired: string | undefined

  /** R1: whether it waits to be tried, and why the try before it failed. */
  waiting = false
  #revoked = false
  readonly #before: KeelsonError | undefined

  /** `before` is the try that failed: all share one deadline. */
  constructor(owner: Owner<Instance>, before?: { readonly instance: Instance; readonly error: KeelsonError }) {
    super(before?.instance.startedAt ?? owner.host.clock.now(), owner.timeout('start'))
    this.owner = owner
    if (before === undefined) return
    this.deadline = before.instance.deadline
    this.#before = before.error
    this.waiting = true
    this.watch()
  }

  begin(deps: Record<string, unknown>): void {
    this.waiting = false
    // A listener that heard of this start may have asked for a shutdown.
    if (this.aborted) return this.#fail(this.#unwanted())
    const { options, self } = this.owner.definition
    this.call(() => options.start.call(self, deps, new StartScope(this)))
  }

  protected override get host(): HookHost {
    return this.owner.host
  }

  protected override get which(): HookCall {
    return { resource: this.name, phase: 'start' }
  }

  protected override get deadlines(): Deadlines {
    return this.owner.host.deadlines
  }

  get name(): string {
    return this.owner.name
  }

  get label(): string {
    return this.owner.label
  }

  /** Aborts when this instance is told to drain or stop. */
  get stopping(): AbortSignal {
    if (this.#life === undefined) {
      this.#life = new LazyAbort()
      if (this.#retired !== undefined) this.#life.abort(new Error(this.#retired))
    }
    return this.#life.signal
  }

  defer(cleanup: () => unknown): void {
    validateFunction(this.name, 'ctx.defer(cleanup)', cleanup)
    this.cleanups ??= []
    this.cleanups.push(cleanup)
    // There is no later any more.
    if (this.released && this.#returned) this.#cleanUpLate()
  }

  extend(ms: number): void {
    validateMs(this.name, 'ctx.extend(ms)', ms)
    const deadline = this.owner.host.clock.now() + ms
    if (!this.over) this.moveDeadline(Math.min(this.#latest ?? Infinity, Math.max(this.deadline, deadline)))
    else if (this.#activating) {
      for (const { phase, run } of this.openTurns) if (phase === 'activate') run.moveDeadline(Math.max(run.deadline, deadline))
    }
  }

  push(error: KeelsonError | undefined): void {
    this.owner.host.events.outside(() => {
      if (this.owner.isCurrent(this)) this.owner.pushed(error)
    })
  }

  recheck(): void {
    this.owner.host.events.outside(() => {
      if (this.owner.isCurrent(this)) this.owner.recheck()
    })
  }

  standBy(reason: string): void {
    validateName(this.name, 'the reason of ctx.standBy(reason)', reason)
    this.owner.host.events.outside(() => {
      if (!this.owner.isCurrent(this) || this.over || this.#returned || this.aborted) return
      this.moveDeadline(Infinity)
      this.owner.standBy(reason)
    })
  }

  crashed(cause: unknown): void {
    const error = crashed(this.name, cause)
    this.owner.host.events.outside(() => {
      if (!this.owner.isCurrent(this)) return
      if (this.over) this.owner.crashed(error)
      else if (this.#returned) this.#fail(error)
      else this.#crashInStart(error)
    })
  }

  /** Its start hook still works with what it depends on: it is told to end, and its start fails when it has, or soon. */
  #crashInStart(error: KeelsonError): void {
    if (this.#crash !== undefined) return this.owner.host.lateError(error)
    this.#crash = error
    this.owner.crashedInStart(error)
    this.endStart(Math.min(LAST_GRACE, this.owner.timeout('stop')), error)
  }

  /** Of a subgraph: its start hook has said what it is made of. */
  bringUp(resources: Iterable<ResourceLike>): Promise<Subgraph> {
    return this.owner.bringUp(this, resources)
  }

  step<W>(name: string, work: () => W): W {
    validateName(this.name, 'the name of ctx.step(name, work)', name)
    validateFunction(this.name, 'the work of ctx.step(name, work)', work)
    if (this.over && !this.#activating) return work()
    this.owner.steps ??= new Steps()
    return this.owner.steps.run(name, work, () => this.owner.host.clock.now())
  }

  /** W1: registers work before it begins, so that a drain that begins with it waits for it. */
  async track<W>(label: string, work: PromiseLike<W> | (() => PromiseLike<W>)): Promise<W> {
    validateName(this.name, 'the label of ctx.track(label, work)', label)
    if (this.#closed) throw workRefused(this.name, label)
    const end = this.lease(label)
    try {
      const called = typeof work === 'function'
      const returned: unknown = called ? work() : work
      const promise = promiseOf(returned)
      if (promise === undefined) throw notWork(this.name, returned, called)
      return (await promise) as W
    } finally {
      end()
    }
  }

  /** Keeps the instance from being stopped until the returned function is called. */
  lease(label: string): () => void {
    const workload = this.#work
    const piece = workload.begin(label, this.owner.host.clock.now())
    return () => workload.end(piece)
  }

  readWorkBy(reader: WorkReader): () => void {
    validateFunction(this.name, 'ctx.workload(read)', reader)
    return this.#work.addReader(reader)
  }

  readCountsBy(reader: CountReader): () => void {
    validateFunction(this.name, 'ctx.counters(read)', reader)
    this.#counters ??= new Set()
    const counters = this.#counters
    counters.add(reader)
    return () => counters.delete(reader)
  }

  show(panel: Panel): () => void {
    validateFunction(this.name, 'the read of ctx.panel(panel)', propertyOf(panel, 'read'))
    this.panels ??= new Set()
    const panels = this.panels
    panels.add(panel)
    return () => panels.delete(panel)
  }

  finished(then: 'shutdown' | 'restart'): void {
    this.owner.host.events.outside(() => {
      if (this.owner.isCurrent(this)) this.owner.finished(then)
    })
  }

  /** How many pieces of work keep it from being stopped. */
  get openWork(): number {
    return this.#workload?.open ?? 0
  }

  /** Settles when no work keeps it from being stopped any more. */
  workSettled(): Promise<void> {
    return this.#work.settled()
  }

  /** What work there is now; undefined for none. */
  readWork(): WorkSnapshot | undefined {
    return this.#workload?.read(this.owner.host.clock.now())
  }

  /** What it counts, as of now; undefined for nothing. */
  readCounts(): Readonly<Record<string, number>> | undefined {
    return this.#counters && readCounts(this.#counters)
  }

  /** No more work is accepted. */
  closeWork(): void {
    this.#closed = true
  }

  get #work(): Workload {
    this.#workload ??= new Workload()
    return this.#workload
  }

  /** Tells a start in flight to end within `limit`, whatever it asks for. */
  endStart(limit: number, reason: KeelsonError): void {
    this.#latest = Math.min(this.#latest ?? Infinity, this.owner.host.clock.now() + limit)
    this.moveDeadline(Math.min(this.deadline, this.#latest))
    this.retire(reason.message)
    this.abort(reason)
  }

  /** Its release begins. */
  retire(reason: string): void {
    if (this.#retired !== undefined) return
    this.#retired = reason
    this.#life?.abort(new Error(reason))
    if (this.#openTurns !== undefined)
      for (const { phase, run } of this.#openTurns) if (phase === 'activate') run.abort(new Error(reason))
  }

  /** Its activation and quiesce, while they are in flight: its drain and its stop come after that. */
  get openTurns(): Set<Turn> {
    this.#openTurns ??= new Set()
    return this.#openTurns
  }

  /** An activation or a quiesce is in flight. */
  get turning(): boolean {
    return this.#openTurns !== undefined && this.#openTurns.size > 0
  }

  get #activating(): boolean {
    return this.turned === 'activate' && this.turning
  }

  /** Nobody waits for an activation or a quiesce any more. */
  cancelTurns(reason: unknown): void {
    for (const { run } of this.openTurns) run.cancel(reason)
    this.#openTurns = undefined
  }

  /** A release of it is over: of its value, or only of what its start had registered before there was one. */
  end(withValue: boolean): void {
    this.released = this.#closed = true
    if (withValue) this.value = undefined // its context may be held for long
    if (this.#returned && this.cleanups !== undefined && this.cleanups.length > 0) this.#cleanUpLate()
  }

  /** Tells the start to end: a hook in flight sees its signal, a wait for the first good check ends here. */
  override abort(reason: unknown): void {
    super.abort(reason)
    if ((this.#readiness === undefined && !this.waiting) || this.over) return
    this.#fail(this.#unwanted(this.#lastFailure, lastFailure(this.#lastFailure)))
  }

  /** Why its check does not pass, or else why the try before it failed. */
  get #lastFailure(): unknown {
    return this.#readiness?.error ?? this.#before?.cause ?? this.#before
  }

  /** The same, and a value that comes all the same is released: what its start needs goes away. */
  revoke(reason: unknown): void {
    this.#revoked = true
    this.abort(reason)
  }

  override expire(): void {
    if (this.#crash !== undefined) return this.#fail(this.#crash)
    const steps = this.owner.steps?.open.map(({ name }) => name)
    const error = timedOut(this.name, 'start', this.deadline - this.startedAt, { cause: this.#lastFailure, steps })
    super.abort(error)
    this.#fail(error)
  }

  protected override resolved(value: unknown): void {
    this.#returned = true
    this.value = value
    this.hasValue = true
    const { options } = this.owner.definition
    if (this.over) this.owner.orphaned(this)
    else if (this.#crash !== undefined) this.#fail(this.#crash)
    else if (this.#revoked) this.#fail(this.#unwanted())
    else if (options.check === undefined || options.monitor?.gate === false) this.#started()
    else this.#awaitReadiness()
  }

  protected override rejected(cause: unknown): void {
    this.#returned = true
    const told = this.abortedBy(cause)
    const error = told ? this.#unwanted(cause) : hookFailed(this.name, 'start', cause, this.owner.steps?.failedWith(cause))
    if (!this.over && this.#crash === undefined) return this.#fail(error)
    if (!told) this.owner.host.lateError(error)
    if (!this.over) return this.#fail(this.#crash!)
    if (this.cleanups !== undefined && this.cleanups.length > 0 && !this.cleaning) this.owner.orphaned(this)
  }

  #awaitReadiness(): void {
    if (this.aborted) return this.#fail(this.#unwanted())
    this.watch()
    this.#readiness = new Readiness(this, () => this.#started())
    this.#readiness.begin()
  }

  #started(): void {
    this.finish()
    this.owner.steps?.settle()
    this.owner.started()
  }

  #fail(error: KeelsonError): void {
    this.finish()
    this.owner.steps?.settle()
    this.#readiness?.cancel(error)
    this.owner.startFailed(error)
  }

  #unwanted(cause?: unknown, more = ''): KeelsonError {
    return startAborted(this.name, `the kernel no longer wants it${more}`, cause)
  }

  /** S5: what is registered when everything else has been released belongs to nobody: it is released at once. */
  #cleanUpLate(): void {
    const { host } = this.owner
    this.#late++
    if (this.#late > MOST_LATE_CLEANUPS) {
      this.cleanups!.length = 0
      if (this.#late === MOST_LATE_CLEANUPS + 1) host.lateError(endlessCleanups(this.name))
      return
    }
    for (const cleanup of this.cleanups!.splice(0).reverse()) {
      void (async () => cleanup())().catch((cause: unknown) => host.lateError(hookFailed(this.name, 'stop', cause)))
    }
  }
}

function lastFailure(error: unknown): string {
  return error === undefined ? '' : `; the last failure was: ${describe(error)}`
}
