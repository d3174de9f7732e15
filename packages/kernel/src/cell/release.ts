import { hookFailed, type KeelsonError, timedOut } from '../errors.js'
import { shareOf } from '../graph/plan.js'
import type { Outcome } from '../observe/report.js'
import { StopScope } from './context.js'
import { HookRun } from './hook-run.js'
import type { Instance } from './instance.js'

/** The longest that an asynchronous kill, and cleanups after a stop that ran out of time, are waited for, in ms. */
const LAST_GRACE = 1_000

/** What one resource may take of a teardown. */
export interface StopOrder {
  readonly reason: string
  /** Now, in ms since the epoch. */
  readonly at: number
  /** Milliseconds for its drain and stop together, or for its stop alone where it is not drained. */
  readonly limit: number
  /** When the whole teardown is over, in ms since the epoch. */
  readonly end: number
  /** The longest that what is below it may take, in ms. */
  readonly below: number
}

/** Releases an instance: its stop hook (or the value's own dispose), then the deferred cleanups; kill when time runs out. */
export class Release extends HookRun {
  readonly errors: KeelsonError[] = []
  outcome: Outcome = 'stopped'
  readonly #instance: Instance
  /** Whether there is a value that could be killed: one that comes while only cleanups run is released on its own. */
  readonly holdsValue: boolean
  readonly #order: StopOrder
  #end: number
  #below: number
  #reported = false
  #withCleanups = true
  readonly #done: (release: Release) => void

  constructor(instance: Instance, order: StopOrder, done: (release: Release) => void) {
    super(instance.cell.host.deadlines, order.at, order.limit)
    this.#instance = instance
    this.holdsValue = instance.hasValue
    this.#order = order
    this.#end = order.end
    this.#below = order.below
    this.#done = done
  }

  /** Somebody who waits for it has less time: until `deadline` for the stop, until `end` for it and all that is `below`. */
  hurry(deadline: number, end: number, below: number): void {
    this.#end = Math.min(this.#end, end)
    this.#below = Math.max(this.#below, below)
    this.moveDeadline(Math.min(this.deadline, deadline))
  }

  /** `withCleanups`: false while another release of the same instance runs them. */
  begin({ withCleanups = true } = {}): void {
    this.#withCleanups = withCleanups
    const hook = releaseHook(this.#instance)
    if (hook === undefined) return this.resolved()
    this.call(() => hook(this.#instance.value, new StopScope(this.#instance.cell.name, this, this.#order.reason)))
  }

  protected override resolved(): void {
    if (!this.over) this.#cleanUp()
  }

  protected override rejected(cause: unknown): void {
    if (this.abortedBy(cause)) return
    const error = hookFailed(this.#instance.cell.name, 'stop', cause)
    if (this.over) return this.#instance.cell.host.lateError(error)
    this.errors.push(error)
    this.outcome = 'failed'
    this.#cleanUp()
  }

  override expire(): void {
    const { cell } = this.#instance
    const error = timedOut(cell.name, 'stop', this.deadline - this.startedAt, { own: cell.timeout('stop') })
    this.errors.push(error)
    this.outcome = 'timed-out'
    this.finish()
    this.abort(error)
    void this.#killAndCleanUp()
  }

  #cleanUp(): void {
    if (!this.#withCleanups || this.#instance.cleanups === undefined) return this.#finish()
    this.watch()
    void this.#runCleanups()
  }

  /** Last in, first out; one that fails does not keep the others from running. */
  async #runCleanups(): Promise<void> {
    const { cell, cleanups } = this.#instance
    for (let cleanup = cleanups?.pop(); cleanup !== undefined; cleanup = cleanups?.pop()) {
      try {
        await cleanup()
      } catch (cause) {
        const error = hookFailed(cell.name, 'stop', cause)
        if (this.over) cell.host.lateError(error)
        else {
          this.errors.push(error)
          this.outcome = 'failed'
        }
      }
      if (this.over) return
    }
    this.#finish()
  }

  async #killAndCleanUp(): Promise<void> {
    const { cell, cleanups = [], value } = this.#instance
    const { options } = cell.definition
    const { clock, deadlines } = cell.host
    const wanted = Math.min(LAST_GRACE, cell.timeout('stop'))
    const grace = shareOf(wanted, wanted + this.#below, Math.max(0, this.#end - clock.now()))

    const killed = this.holdsValue && options.kill ? this.#settle('kill', () => options.kill!(value)) : undefined
    const cleaned = (this.#withCleanups ? cleanups.splice(0) : []).reverse().map((cleanup) => this.#settle('stop', cleanup))
    const work = Promise.all([killed, ...cleaned])
    if (killed === undefined && cleaned.length === 0) return this.#report()
    const settled = await deadlines.within(work, grace)
    if (killed !== undefined && settled && (await killed)) this.outcome = 'killed'
    this.#report()
  }

  /** Runs a last-resort callback, keeps its error, and says whether it succeeded. */
  async #settle(phase: 'kill' | 'stop', callback: () => unknown): Promise<boolean> {
    const { name, host } = this.#instance.cell
    try {
      await callback()
      return true
    } catch (cause) {
      const error = hookFailed(name, phase, cause)
      if (this.#reported) host.lateError(error)
      else this.errors.push(error)
      return false
    }
  }

  #finish(): void {
    this.finish()
    this.#report()
  }

  #report(): void {
    this.#reported = true
    this.#done(this)
  }
}

/** How the value of an instance is released: its stop hook, else what the value itself brings; undefined when nothing is to do. */
export function releaseHook({ cell, value, hasValue }: Instance): ((value: unknown, ctx: StopScope) => unknown) | undefined {
  if (!hasValue) return undefined
  const { options } = cell.definition
  if (options.stop !== undefined) return (value, ctx) => options.stop!(value, ctx)
  const dispose = disposeOf(value, Symbol.asyncDispose) ?? disposeOf(value, Symbol.dispose)
  return dispose && (() => dispose.call(value))
}

/** Older runtimes have no such symbols. */
function disposeOf(value: unknown, symbol: symbol | undefined): (() => unknown) | undefined {
  if (symbol === undefined || value === null || (typeof value !== 'object' && typeof value !== 'function')) return undefined
  const dispose: unknown = (value as Record<symbol, unknown>)[symbol]
  return typeof dispose === 'function' ? (dispose as () => unknown) : undefined
}
