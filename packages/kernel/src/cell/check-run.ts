import { checkReturnedFalse, hookFailed, type KeelsonError, timedOut } from '../errors.js'
import type { Deadlines } from '../time/deadline.js'
import { HookScope } from './context.js'
import { HookRun } from './hook-run.js'
import type { Instance } from './instance.js'

/** How a check ended: without an error it passed. */
export type CheckDone = (error: KeelsonError | undefined, durationMs: number) => void

/** One check of an instance. A timeout is a failure, reported at once; `open` stays true until the hook itself settles. */
export class CheckRun extends HookRun {
  readonly name: string
  open = true
  readonly #instance: Instance
  readonly #limit: number
  readonly #done: CheckDone

  constructor(instance: Instance, deadlines: Deadlines, limit: number, done: CheckDone) {
    super(deadlines, instance.cell.host.clock.now(), limit)
    this.name = instance.cell.name
    this.#instance = instance
    this.#limit = limit
    this.#done = done
  }

  begin(): void {
    const { cell, value } = this.#instance
    this.call(() => cell.definition.options.check!(value, new HookScope(this.name, this)))
  }

  protected override resolved(result: unknown): void {
    this.open = false
    this.#end(result === false ? checkReturnedFalse(this.name) : undefined)
  }

  protected override rejected(error: unknown): void {
    this.open = false
    this.#end(hookFailed(this.name, 'check', error))
  }

  override expire(): void {
    const error = timedOut(this.name, 'check', this.#limit)
    this.abort(error)
    this.#end(error)
  }

  /** Drops the result: nobody waits for it any more. */
  cancel(reason: unknown): void {
    if (!this.over) this.finish()
    this.abort(reason)
  }

  #end(error: KeelsonError | undefined): void {
    if (this.over) return
    this.finish()
    this.#done(error, this.#instance.cell.host.clock.now() - this.startedAt)
  }
}
