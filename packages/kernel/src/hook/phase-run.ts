import type { HookCall } from '../define/hook-wrap.js'
import { hookFailed, type KeelsonError, timedOut } from '../errors.js'
import { PHASES } from '../phases.js'
import type { Deadlines } from '../time/deadline.js'
import type { Phase, WorkSnapshot } from '../words.js'
import type { HookHost, HookSubject } from './hook-host.js'
import { HookRun } from './hook-run.js'

/** How a hook ended: without an error it did what it is for; `result` is what it resolved to. */
export type PhaseDone = (error: KeelsonError | undefined, result: unknown) => void

/** One call of `activate`, `quiesce`, `drain` or `stop`: bounded, and its failure an error of its phase. */
export class PhaseRun extends HookRun {
  /** Whether it was given up. */
  expired = false
  /** W1: what it still waits for, asked when it runs out of time. */
  left: (() => WorkSnapshot | undefined) | undefined
  readonly #subject: HookSubject
  readonly #phase: Phase
  readonly #work: string
  readonly #done: PhaseDone

  /** `work` is what the error calls it when it runs out of time. */
  constructor(subject: HookSubject, phase: Phase, at: number, limit: number, done: PhaseDone, work: string = phase) {
    super(at, limit)
    this.#subject = subject
    this.#phase = phase
    this.#work = work
    this.#done = done
  }

  protected override get host(): HookHost {
    return this.#subject.host
  }

  protected override get which(): HookCall {
    return { resource: this.#subject.name, phase: this.#phase }
  }

  protected override get deadlines(): Deadlines {
    return this.#subject.host.deadlines
  }

  begin(hook: () => unknown): void {
    this.call(hook)
  }

  /** What it was for is over: its signal aborts, and nobody waits for it any more. */
  cancel(reason: unknown): void {
    this.abort(reason)
    if (!this.over) this.#end(undefined, undefined)
  }

  protected override resolved(result: unknown): void {
    if (!this.over) this.#end(undefined, result)
  }

  protected override rejected(cause: unknown): void {
    const error = hookFailed(this.#subject.name, this.#phase, cause)
    const told = this.abortedBy(cause) // it ended because it was told to
    if (!this.over) this.#end(told ? undefined : error, undefined)
    else if (!told) this.#subject.host.lateError(error)
  }

  override expire(): void {
    const { name, definition } = this.#subject
    const own = this.#subject.timeout(PHASES[this.#phase].timeout)
    const error = timedOut(name, this.#phase, this.deadline - this.startedAt, {
      own,
      work: this.#work,
      unkillable: definition.options.kill === undefined,
      left: this.left?.(),
      steps: this.#phase === 'activate' ? this.#subject.steps?.open.map(({ name }) => name) : undefined,
    })
    this.expired = true
    this.finish()
    this.abort(error)
    this.#done(error, undefined)
  }

  #end(error: KeelsonError | undefined, result: unknown): void {
    this.finish()
    this.#done(error, result)
  }
}
