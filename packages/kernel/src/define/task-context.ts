import type { Clock } from '../time/clock.js'
import type { WorkInFlight } from '../words.js'
import type { StartContext } from './context.js'
import type { KernelView } from './kernel-view.js'
import type { Panel } from './panel.js'

/** What `run` of a task is given: what `start` of a resource is, for as long as it runs. */
export interface TaskContext extends StartContext {
  /** Aborts when the task is told to end; the same as `stopping`. */
  readonly signal: AbortSignal
  /** Of a task with `ready: 'signalled'`: it is ready now. Later calls, and those of other tasks, do nothing. */
  ready(): void
}

/** The context of a start, and what a task has besides: methods and getters work when `run` destructures them. */
export class TaskScope implements TaskContext {
  readonly #ctx: StartContext
  readonly #ready: () => void

  constructor(ctx: StartContext, ready: () => void) {
    this.#ctx = ctx
    this.#ready = ready
  }

  get name(): string {
    return this.#ctx.name
  }

  get signal(): AbortSignal {
    return this.#ctx.stopping
  }

  get stopping(): AbortSignal {
    return this.#ctx.stopping
  }

  get kernel(): KernelView {
    return this.#ctx.kernel
  }

  get clock(): Clock {
    return this.#ctx.clock
  }

  get ready() {
    return () => this.#ready()
  }

  get defer() {
    return (cleanup: () => unknown) => this.#ctx.defer(cleanup)
  }

  get extend() {
    return (ms: number) => this.#ctx.extend(ms)
  }

  get healthy() {
    return () => this.#ctx.healthy()
  }

  get unhealthy() {
    return (error: unknown) => this.#ctx.unhealthy(error)
  }

  get recheck() {
    return () => this.#ctx.recheck()
  }

  get standBy() {
    return (reason: string) => this.#ctx.standBy(reason)
  }

  get crashed() {
    return (error: unknown) => this.#ctx.crashed(error)
  }

  get track() {
    return <W>(label: string, work: PromiseLike<W> | (() => PromiseLike<W>)) => this.#ctx.track(label, work)
  }

  get step() {
    return <W>(name: string, work: () => W) => this.#ctx.step(name, work)
  }

  get workload() {
    return (read: () => Iterable<WorkInFlight>) => this.#ctx.workload(read)
  }

  get counters() {
    return (read: () => Readonly<Record<string, number>>) => this.#ctx.counters(read)
  }

  get panel() {
    return (panel: Panel) => this.#ctx.panel(panel)
  }
}
