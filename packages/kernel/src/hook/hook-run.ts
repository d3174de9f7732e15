import type { HookCall } from '../define/hook-wrap.js'
import { follow, isA, promiseOf, propertyOf } from '../foreign.js'
import { Bounded, type Deadlines } from '../time/deadline.js'
import type { HookHost } from './hook-host.js'
import { LazyAbort } from './lazy-abort.js'

/** One call of one hook: bounded in time, with an abort signal. */
export abstract class HookRun extends Bounded {
  readonly startedAt: number
  /** Made when somebody asks for the signal, or aborts: most hooks do neither. */
  #abort: LazyAbort | undefined

  constructor(startedAt: number, limit: number) {
    super()
    this.startedAt = startedAt
    this.deadline = startedAt + limit
  }

  protected abstract get host(): HookHost
  /** Whose hook it is, and which. */
  protected abstract get which(): HookCall
  /** Where its deadline is watched. */
  protected abstract get deadlines(): Deadlines
  /** Called once, with what the hook returned or resolved to; also when that comes after the run was over. */
  protected abstract resolved(value: unknown): void
  /** Called once, with what the hook threw or rejected with; also when that comes after the run was over. */
  protected abstract rejected(error: unknown): void

  get aborted(): boolean {
    return this.#abort?.aborted === true
  }

  get signal(): AbortSignal {
    this.#abort ??= new LazyAbort()
    return this.#abort.signal
  }

  abort(reason: unknown): void {
    this.#abort ??= new LazyAbort()
    this.#abort.abort(reason)
  }

  /** Whether the hook failed because it was told to: it threw the signal's reason, or an `AbortError` after the abort. */
  abortedBy(error: unknown): boolean {
    if (!this.aborted) return false
    return error === this.#abort!.reason || (isA(error, Error) && propertyOf(error, 'name') === 'AbortError')
  }

  /** Moves the deadline, earlier or later, while the run is open. */
  moveDeadline(deadline: number): void {
    this.deadlines.move(this, deadline)
  }

  /** Calls the hook and follows what it returns. One that returns a plain value costs no timer and no promise. */
  protected call(hook: () => unknown): void {
    let result: unknown
    let promise: Promise<unknown> | undefined
    try {
      result = this.host.wraps.length === 0 ? hook() : this.#wrapped(hook)
      promise = promiseOf(result)
    } catch (error) {
      return this.rejected(error)
    }
    if (promise === undefined) return this.resolved(result)
    if (!this.over) this.watch()
    follow(
      promise,
      (value) => {
        try {
          this.resolved(value)
        } catch (error) {
          this.host.broke(error)
        }
      },
      (error) => {
        try {
          this.rejected(error)
        } catch (broken) {
          this.host.broke(broken)
        }
      },
    )
  }

  #wrapped(hook: () => unknown): unknown {
    return this.host.wraps.reduceRight((inner, wrap) => () => wrap(this.which, inner), hook)()
  }

  /** From now on the deadline counts; again is the same as once. */
  protected watch(): void {
    this.deadlines.watch(this)
  }

  /** Ends the run: its deadline no longer counts. */
  protected finish(): void {
    this.deadlines.settle(this)
  }
}
