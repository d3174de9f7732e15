import { pushedUnhealthy } from '../errors.js'
import type { KernelView } from '../observe/kernel-view.js'
import type { HookRun } from './hook-run.js'
import type { Instance } from './instance.js'

/** What every hook is given. */
export interface HookContext {
  /** The name of the resource. */
  readonly name: string
  /** Aborts when the hook ran out of time or its work is no longer wanted. It only aborts: the hook must honour it to stop early. */
  readonly signal: AbortSignal
}

/** What `start` is given; usable for the whole life of the instance that it makes. */
export interface StartContext extends HookContext {
  /** Registers a cleanup: last in, first out, after `stop`, and also when this start fails half-way. */
  defer(cleanup: () => unknown): void
  /** "Still progressing": moves the deadline of the running start to at least `ms` from now; a shutdown's deadline is never moved. */
  extend(ms: number): void
  /** Says that the resource is healthy, at once and without thresholds. */
  healthy(): void
  /** Says that it is unhealthy, at once and without thresholds; nothing is restarted by this. */
  unhealthy(error: unknown): void
  /** Says that it is gone for good. */
  crashed(error: unknown): void
  /** The kernel that runs it, without access to other resources. */
  readonly kernel: KernelView
}

/** What `drain` and `stop` are given. */
export interface StopContext extends HookContext {
  /** Why: what was passed to `shutdown()`. */
  readonly reason: string
  /** When this hook is given up, in ms since the epoch; `Infinity` when it is unbounded. */
  readonly deadline: number
}

/** The context of a check: methods and getters of these classes work when a hook destructures them. */
export class HookScope implements HookContext {
  readonly name: string
  readonly #run: HookRun

  constructor(name: string, run: HookRun) {
    this.name = name
    this.#run = run
  }

  get signal(): AbortSignal {
    return this.#run.signal
  }
}

export class StopScope implements StopContext {
  readonly name: string
  readonly reason: string
  readonly #run: HookRun

  constructor(name: string, run: HookRun, reason: string) {
    this.name = name
    this.reason = reason
    this.#run = run
  }

  get signal(): AbortSignal {
    return this.#run.signal
  }

  get deadline(): number {
    return this.#run.deadline
  }
}

export class StartScope implements StartContext {
  readonly kernel: KernelView
  readonly #instance: Instance

  constructor(instance: Instance) {
    this.kernel = instance.cell.host.view()
    this.#instance = instance
  }

  get name(): string {
    return this.#instance.cell.name
  }

  get signal(): AbortSignal {
    return this.#instance.signal
  }

  get defer() {
    return (cleanup: () => unknown) => this.#instance.defer(cleanup)
  }

  get extend() {
    return (ms: number) => this.#instance.extend(ms)
  }

  get healthy() {
    return () => this.#instance.push(undefined)
  }

  get unhealthy() {
    return (error: unknown) => this.#instance.push(pushedUnhealthy(this.name, error))
  }

  get crashed() {
    return (error: unknown) => this.#instance.crashed(error)
  }
}
