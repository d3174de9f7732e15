import { taskReturned } from '../errors.js'
import { Deferred } from '../time/deferred.js'
import { FINISH, type FinishingContext, type StartContext } from './context.js'
import { type TaskContext, TaskScope } from './task-context.js'

/** A task that runs, as others see it. */
export interface Task {
  /**
   * Settles as `run` does: with what it resolves to, or the error that it fails with; with undefined when it is told to stop before it
   * has begun. A rejection that nobody handles is no unhandled one: the kernel has heard of it.
   */
  readonly done: Promise<unknown>
}

/** How a task is run: as `run`, `onEnd` and `ready` of `task()` say. */
export interface TaskPlan {
  run(ctx: TaskContext): unknown
  readonly onEnd?: 'shutdown' | 'restart' | 'ignore' | undefined
  readonly ready?: 'at-once' | 'signalled' | undefined
}

/**
 * The life of a task in a resource of another kind, such as a class: made in its `start`, with the context of that; its `activate`
 * returns what `begin()` does, its `drain` what `end()` does.
 */
export function taskRun(ctx: StartContext, plan: TaskPlan): TaskRun {
  return new TaskRun(plan, ctx as FinishingContext)
}

/** One life of a task (T1). */
export class TaskRun implements Task {
  readonly #plan: TaskPlan
  readonly #ctx: FinishingContext
  readonly #result = new Deferred<unknown>()
  readonly #ready = new Deferred<void>()
  readonly #ended = new Deferred<void>()
  #begun = false
  #isReady: boolean
  #over = false
  /** Whether a drain tells what it fails with. */
  #drained = false
  /** What it failed with after it was told to end. */
  #failure: { readonly error: unknown } | undefined

  constructor(plan: TaskPlan, ctx: FinishingContext) {
    this.#plan = plan
    this.#ctx = ctx
    this.#isReady = plan.ready !== 'signalled'
    for (const { promise } of [this.#result, this.#ready]) promise.catch(() => {})
    const told = () => {
      this.#ready.resolve()
      if (!this.#begun) this.#result.resolve(undefined)
    }
    ctx.stopping.addEventListener('abort', told, { once: true })
  }

  get done(): Promise<unknown> {
    return this.#result.promise
  }

  /** S9: everything runs. Settles when it is ready, where it says so itself; what fails within the call itself is thrown. */
  begin(): Promise<void> | undefined {
    this.#begun = true
    try {
      const returned = this.#plan.run(new TaskScope(this.#ctx, () => this.#becomeReady()))
      if (!isPromise(returned)) throw taskReturned(this.#ctx.name)
      void this.#follow(returned)
    } catch (error) {
      this.#over = true
      this.#result.reject(error)
      throw error
    }
    return this.#plan.ready === 'signalled' ? this.#ctx.step('run() until ctx.ready()', () => this.#ready.promise) : undefined
  }

  /** It has been told to end by `ctx.stopping`; fails with what it fails with then. */
  async end(): Promise<void> {
    if (!this.#begun) return
    this.#drained = true
    if (!this.#over) await this.#ctx.track('run()', this.#ended.promise)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  async #follow(running: PromiseLike<unknown>): Promise<void> {
    const { onEnd = 'shutdown' } = this.#plan
    try {
      const result = await running
      this.#over = true
      this.#result.resolve(result)
      this.#becomeReady()
      if (onEnd !== 'ignore' && !this.#ctx.stopping.aborted) this.#ctx[FINISH](onEnd)
    } catch (error) {
      this.#over = true
      this.#result.reject(error)
      this.#failed(error)
    } finally {
      this.#ended.resolve()
    }
  }

  #becomeReady(): void {
    this.#isReady = true
    this.#ready.resolve()
  }

  #failed(error: unknown): void {
    const { stopping } = this.#ctx
    if (!stopping.aborted) return this.#isReady ? this.#ctx.crashed(error) : this.#ready.reject(error)
    const told = error === stopping.reason || (error instanceof Error && error.name === 'AbortError')
    if (told) return
    this.#failure = { error }
    // D6: one that crashed, or had no time left, is not drained; its cleanups come later, or at once when all is released.
    this.#ctx.defer(() => {
      if (!this.#drained) throw error
    })
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function'
}
