import type { HookCall } from '../define/hook-wrap.js'
import { checkReturnedFalse, hookFailed, type KeelsonError, timedOut } from '../errors.js'
import type { HookHost } from '../hook/hook-host.js'
import { HookRun } from '../hook/hook-run.js'
import type { Deadlines } from '../time/deadline.js'
import type { Owner } from './owner.js'
import { HookScope } from './scopes.js'

/** The instance that is checked. */
export interface Checked {
  readonly owner: Owner<never>
  readonly value: unknown
}

/** How a check ended: without an error it passed. */
export type CheckDone = (error: KeelsonError | undefined, durationMs: number) => void

/** One check of an instance. A timeout is a failure, told at once; `open` stays true until the hook itself settles. */
export class CheckRun extends HookRun {
  open = true
  protected readonly deadlines: Deadlines
  readonly #checked: Checked
  readonly #done: CheckDone

  constructor(checked: Checked, deadlines: Deadlines, done: CheckDone) {
    super(checked.owner.host.clock.now(), checked.owner.timeout('check'))
    this.deadlines = deadlines
    this.#checked = checked
    this.#done = done
  }

  protected override get host(): HookHost {
    return this.#checked.owner.host
  }

  protected override get which(): HookCall {
    return { resource: this.#checked.owner.name, phase: 'check' }
  }

  begin(): void {
    const { owner, value } = this.#checked
    const { options, self } = owner.definition
    this.call(() => options.check!.call(self, value, new HookScope(owner.name, this)))
  }

  protected override resolved(result: unknown): void {
    this.open = false
    this.#end(result === false ? checkReturnedFalse(this.#checked.owner.name) : undefined)
  }

  protected override rejected(error: unknown): void {
    this.open = false
    this.#end(hookFailed(this.#checked.owner.name, 'check', error))
  }

  override expire(): void {
    const error = timedOut(this.#checked.owner.name, 'check', this.deadline - this.startedAt)
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
    this.#done(error, this.#checked.owner.host.clock.now() - this.startedAt)
  }
}
