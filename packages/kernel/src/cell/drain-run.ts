import { hookFailed, type KeelsonError, timedOut } from '../errors.js'
import { StopScope } from './context.js'
import { HookRun } from './hook-run.js'
import type { Instance } from './instance.js'
import type { StopOrder } from './release.js'

/** The drain of an instance: its hook, and the leases that are held on it. What is not finished in time is stopped all the same. */
export class DrainRun extends HookRun {
  readonly #instance: Instance
  readonly #reason: string
  readonly #done: (error: KeelsonError | undefined) => void
  /** Why the hook failed, while leases are still held. */
  #failure: KeelsonError | undefined

  constructor(instance: Instance, { reason, at, limit }: StopOrder, done: (error: KeelsonError | undefined) => void) {
    super(instance.cell.host.deadlines, at, limit)
    this.#instance = instance
    this.#reason = reason
    this.#done = done
  }

  begin(): void {
    const { cell, value, leases } = this.#instance
    const { options } = cell.definition
    const drain = () => options.drain?.(value, new StopScope(cell.name, this, this.#reason))
    this.call(leases === 0 ? drain : () => this.#withLeases(drain))
  }

  /** A drain that fails ends no lease; its error is told when the leases have ended, or time is up. */
  async #withLeases(drain: () => unknown): Promise<void> {
    const { cell } = this.#instance
    try {
      await drain()
    } catch (cause) {
      this.#failure = hookFailed(cell.name, 'drain', cause)
      if (this.over) cell.host.lateError(this.#failure)
    }
    await this.#instance.unleased()
  }

  /** Somebody who waits for it has less time. */
  hurry(deadline: number): void {
    this.moveDeadline(Math.min(this.deadline, deadline))
  }

  protected override resolved(): void {
    if (!this.over) this.#end(this.#failure)
  }

  protected override rejected(cause: unknown): void {
    const { cell } = this.#instance
    const error = hookFailed(cell.name, 'drain', cause)
    if (!this.over) this.#end(error)
    else if (!this.abortedBy(cause)) cell.host.lateError(error)
  }

  override expire(): void {
    const { cell } = this.#instance
    const error = timedOut(cell.name, 'drain', this.deadline - this.startedAt, { own: cell.timeout('drain') })
    this.abort(error)
    this.#end(this.#failure ?? error)
  }

  #end(error: KeelsonError | undefined): void {
    this.finish()
    this.#done(error)
  }
}
