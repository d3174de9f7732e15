import { validateMs } from '../define/validate.js'
import { crashed, hookFailed, type KeelsonError, startAborted, timedOut } from '../errors.js'
import { Deferred } from '../time/deferred.js'
import type { Cell } from './cell.js'
import { StartScope } from './context.js'
import { HookRun } from './hook-run.js'
import { Readiness } from './readiness.js'
import { Release } from './release.js'

/**
 * One life of a resource: the run of its start hook, then the value that it made, until that is released. A new start
 * makes a new instance; what an old one still says is dropped.
 */
export class Instance extends HookRun {
  readonly cell: Cell
  value: unknown
  /** Whether there is a value to release; `undefined` is a value too. */
  hasValue = false
  /** What `ctx.defer()` registered and has not run yet. */
  cleanups: (() => unknown)[] | undefined
  /** `ctx.extend()` cannot pass it: set by a shutdown that waits for this start. */
  latest = Infinity
  /** Whether the cleanups of its failed start are running. */
  cleaning = false
  /** How many users keep it from being stopped. */
  leases = 0
  #readiness: Readiness | undefined
  #unleased: Deferred<void> | undefined

  constructor(cell: Cell) {
    super(cell.host.deadlines, cell.host.clock.now(), cell.timeout('start'))
    this.cell = cell
  }

  begin(deps: Record<string, unknown>): void {
    // A listener that heard of this start may have asked for a shutdown.
    if (this.aborted) return this.#fail(startAborted(this.cell.name, 'the kernel no longer wants it'))
    this.call(() => this.cell.definition.options.start(deps, new StartScope(this)))
  }

  defer(cleanup: () => unknown): void {
    this.cleanups ??= []
    this.cleanups.push(cleanup)
  }

  extend(ms: number): void {
    validateMs(this.cell.name, 'ctx.extend(ms)', ms)
    if (!this.over) this.moveDeadline(Math.min(this.latest, Math.max(this.deadline, this.cell.host.clock.now() + ms)))
  }

  /** Health said by the resource itself; without an error it is healthy. */
  push(error: KeelsonError | undefined): void {
    this.cell.host.events.outside(() => {
      if (this.#current) this.cell.health.push(error)
    })
  }

  crashed(cause: unknown): void {
    const error = crashed(this.cell.name, cause)
    this.cell.host.events.outside(() => {
      if (!this.#current) return
      if (this.over) this.cell.crashed(error)
      else this.#fail(error)
    })
  }

  /** Keeps the instance from being stopped until the returned function is called. */
  lease(): () => void {
    this.leases++
    return () => {
      this.leases--
      if (this.leases === 0) this.#unleased?.resolve()
    }
  }

  /** Settles when nobody holds a lease any more. */
  unleased(): Promise<void> {
    this.#unleased = new Deferred<void>()
    if (this.leases === 0) this.#unleased.resolve()
    return this.#unleased.promise
  }

  /** Tells a start in flight to end by `latest`, whatever it asks for. */
  endStart(latest: number, reason: KeelsonError): void {
    this.latest = latest
    this.moveDeadline(Math.min(this.deadline, latest))
    this.abort(reason)
  }

  /** Tells the start to end: a hook in flight sees its signal, a wait for the first good check ends here. */
  override abort(reason: unknown): void {
    super.abort(reason)
    if (this.#readiness !== undefined && !this.over) this.#fail(startAborted(this.cell.name, 'the kernel no longer wants it'))
  }

  override expire(): void {
    const error = timedOut(this.cell.name, 'start', this.deadline - this.startedAt, { cause: this.#readiness?.error })
    super.abort(error)
    this.#fail(error)
  }

  protected override resolved(value: unknown): void {
    this.value = value
    this.hasValue = true
    if (this.over) this.#releaseOrphan()
    else if (this.cell.definition.options.check === undefined) this.#started()
    else this.#awaitReadiness()
  }

  protected override rejected(cause: unknown): void {
    const { name, host } = this.cell
    const told = this.abortedBy(cause)
    const error = told ? startAborted(name, 'the kernel no longer wants it', cause) : hookFailed(name, 'start', cause)
    if (!this.over) return this.#fail(error)
    if (!told) host.lateError(error)
    if (this.cleanups !== undefined && this.cleanups.length > 0 && !this.cleaning) this.#releaseOrphan()
  }

  #awaitReadiness(): void {
    if (this.aborted) return this.#fail(startAborted(this.cell.name, 'the kernel no longer wants it'))
    this.watch()
    this.#readiness = new Readiness(this, () => this.#started())
    this.#readiness.begin()
  }

  #started(): void {
    this.finish()
    this.cell.started()
  }

  #fail(error: KeelsonError): void {
    this.finish()
    this.#readiness?.cancel(error)
    this.cell.startFailed(this, error)
  }

  /** S5: what arrives after its start was given up belongs to nobody: it is released as it arrives. */
  #releaseOrphan(): void {
    const { name, host } = this.cell
    const at = host.clock.now()
    const limit = this.cell.timeout('stop')
    const order = { reason: 'its start had been given up', at, limit, end: at + limit, below: 0 }
    const release: Release = new Release(this, order, () => host.orphanReleased(name, release))
    host.orphanArrived(release)
    release.begin({ withCleanups: !this.cleaning })
  }

  get #current(): boolean {
    return this.cell.instance === this && (this.cell.state === 'starting' || this.cell.state === 'running')
  }
}
