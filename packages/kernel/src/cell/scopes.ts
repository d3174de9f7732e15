import { FINISH, type FinishingContext, type HookContext, type StopContext } from '../define/context.js'
import type { ResourceLike } from '../define/dependency.js'
import type { KernelView } from '../define/kernel-view.js'
import type { Panel } from '../define/panel.js'
import { BRING_UP, type Subgraph, type SubgraphContext } from '../define/subgraph.js'
import { type KeelsonError, pushedUnhealthy } from '../errors.js'
import type { HookHost } from '../hook/hook-host.js'
import type { HookRun } from '../hook/hook-run.js'
import type { Clock } from '../time/clock.js'
import type { CountReader } from './counters.js'
import type { WorkReader } from './workload.js'

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

/** What a start context speaks for. */
interface Life {
  readonly owner: { readonly host: HookHost }
  readonly name: string
  /** What its hooks hear as its name. */
  readonly label: string
  readonly signal: AbortSignal
  readonly stopping: AbortSignal
  defer(cleanup: () => unknown): void
  extend(ms: number): void
  /** Without an error it is healthy. */
  push(error: KeelsonError | undefined): void
  recheck(): void
  standBy(reason: string): void
  crashed(cause: unknown): void
  /** Of a subgraph. */
  bringUp(resources: Iterable<ResourceLike>): Promise<Subgraph>
  track<W>(label: string, work: PromiseLike<W> | (() => PromiseLike<W>)): Promise<W>
  readWorkBy(reader: WorkReader): () => void
  readCountsBy(reader: CountReader): () => void
  show(panel: Panel): () => void
  step<W>(name: string, work: () => W): W
  finished(then: 'shutdown' | 'restart'): void
}

export class StartScope implements SubgraphContext, FinishingContext {
  readonly kernel: KernelView
  readonly #life: Life

  constructor(life: Life) {
    this.kernel = life.owner.host.view()
    this.#life = life
  }

  get name(): string {
    return this.#life.label
  }

  get signal(): AbortSignal {
    return this.#life.signal
  }

  get stopping(): AbortSignal {
    return this.#life.stopping
  }

  get clock(): Clock {
    return this.#life.owner.host.clock
  }

  get defer() {
    return (cleanup: () => unknown) => this.#life.defer(cleanup)
  }

  get extend() {
    return (ms: number) => this.#life.extend(ms)
  }

  get healthy() {
    return () => this.#life.push(undefined)
  }

  get unhealthy() {
    return (error: unknown) => this.#life.push(pushedUnhealthy(this.#life.name, error))
  }

  get [BRING_UP]() {
    return (resources: Iterable<ResourceLike>) => this.#life.bringUp(resources)
  }

  get recheck() {
    return () => this.#life.recheck()
  }

  get standBy() {
    return (reason: string) => this.#life.standBy(reason)
  }

  get crashed() {
    return (error: unknown) => this.#life.crashed(error)
  }

  get track() {
    return <W>(label: string, work: PromiseLike<W> | (() => PromiseLike<W>)) => this.#life.track(label, work)
  }

  get [FINISH]() {
    return (then: 'shutdown' | 'restart') => this.#life.finished(then)
  }

  get step() {
    return <W>(name: string, work: () => W) => this.#life.step(name, work)
  }

  get workload() {
    return (read: WorkReader) => this.#life.readWorkBy(read)
  }

  get counters() {
    return (read: CountReader) => this.#life.readCountsBy(read)
  }

  get panel() {
    return (panel: Panel) => this.#life.show(panel)
  }
}
