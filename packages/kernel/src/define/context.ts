import { symbolOfEveryCopy } from '../copies.js'
import type { Clock } from '../time/clock.js'
import type { WorkInFlight } from '../words.js'
import type { KernelView } from './kernel-view.js'
import type { Panel } from './panel.js'

/** What every hook is given. */
export interface HookContext {
  /** The name of the resource. */
  readonly name: string
  /** Aborts when the hook ran out of time or its work is no longer wanted. It only aborts: the hook must honour it to stop early. */
  readonly signal: AbortSignal
}

/** What `start` is given; usable for the whole life of the instance that it makes. */
export interface StartContext extends HookContext {
  /** The life of the instance: aborts when it is told to drain or stop. `signal` is of the start hook alone. */
  readonly stopping: AbortSignal
  /** Registers a cleanup: last in, first out, after `stop`, and also when this start fails half-way. Once all is released it runs at once. */
  defer(cleanup: () => unknown): void
  /** "Still progressing": moves the deadline of the running start to at least `ms` from now; a shutdown's deadline is never moved. */
  extend(ms: number): void
  /** Says that the resource is healthy, at once and without thresholds. */
  healthy(): void
  /** Says that it is unhealthy, without thresholds; nothing is restarted by this. It counts at once, or after `monitor.tolerance` ms. */
  unhealthy(error: unknown): void
  /**
   * "Something smells": runs the check now. Only when that fails is the resource unhealthy, at once; it is then checked every second, or at
   * its interval when that is shorter, until one passes. Without a check, and while it starts or stops, nothing happens.
   */
  recheck(): void
  /**
   * "It is not my turn yet", as one of several processes says of which another leads: from now on nobody waits for this start, whatever its
   * timeout. The kernel goes on, as ready as if it ran; what needs its value is not started either, and nothing has failed by that.
   * When this start resolves, all that is started. Another reason takes the place of the first; `inspect()` and the event have it; never
   * put a secret in one. Once the start has resolved,
   * nothing happens; to stand by again, let it crash, with a restart policy.
   *
   * @throws KeelsonError `INVALID_OPTION` without a reason.
   */
  standBy(reason: string): void
  /** Says that it is gone for good. What ends while its own `stop` runs has not crashed: that is not counted. */
  crashed(error: unknown): void
  /**
   * Work that this instance has accepted: its drain, also without a hook, waits until all of it has settled, within `timeouts.drain`.
   * `inspect()`, the report and the error of a drain that ran out of time name what is in flight by these labels; never put a secret
   * in one. Resolves and rejects as the work does: handle the promise that is returned.
   *
   * @throws KeelsonError `ABORTED`, and a function is not called, once the drain is over; `INVALID_OPTION` for what is no promise and
   * no function that returns one. It rejects with these.
   *
   * @example
   * await ctx.track(`job ${job.id}`, () => handle(job))
   */
  track<W>(label: string, work: PromiseLike<W> | (() => PromiseLike<W>)): Promise<W>
  /**
   * For what counts its work in flight itself, such as a server or a pool, and waits for it in its own `drain`: `read` is called only
   * when somebody wants to know, and what it tells is listed with what is tracked. Returns a function that ends this; it ends with the
   * instance anyway.
   *
   * @example
   * ctx.workload(() => pool.leases.map(({ key, since }) => ({ label: `lease ${key}`, sinceMs: Date.now() - since })))
   */
  workload(read: () => Iterable<WorkInFlight>): () => void
  /**
   * What this instance counts, by name, such as the requests that a server has refused: `read` is called only when somebody looks, and what
   * it tells is `counts` in `inspect()` and in the details of probes, until the instance is released. Numbers that are finite count, of at
   * most 50 names. Returns a function that ends this.
   *
   * @throws KeelsonError `INVALID_OPTION` for what is no function.
   *
   * @example
   * ctx.counters(() => ({ hits: cache.hits, misses: cache.misses }))
   */
  counters(read: () => Readonly<Record<string, number>>): () => void
  /**
   * What this instance shows of what it watches or serves, in an inspector, until it is released: the containers of a monitor, the servers
   * behind a proxy. Nothing is called before somebody looks; `kernel.panels()` has it. Returns a function that ends this.
   *
   * @throws KeelsonError `INVALID_OPTION` for what has no `read` function.
   *
   * @example
   * ctx.panel({ title: 'Jobs', read: () => ({ at: Date.now(), groups: [{ rows: jobs.map(rowOf) }] }) })
   */
  panel(panel: Panel): () => void
  /**
   * A part of this start, such as `connect` or `migrate`: `timeline()`, a slow start and the error of one that fails in it or runs out
   * of time name it. It lasts until the promise that `work` returns settles, or as long as `work` itself; what `work` returns and throws
   * is passed on. Once the start is over, `work` is only called.
   *
   * @throws KeelsonError `INVALID_OPTION` for a name that is no string, or work that is no function.
   *
   * @example
   * await ctx.step('migrate', () => migrate(db))
   */
  step<W>(name: string, work: () => W): W
  /** The kernel that runs it, without access to other resources. */
  readonly kernel: KernelView
  /** Where the kernel gets its time from: for what waits and measures, so that tests may give it a virtual one. */
  readonly clock: Clock
}

/** How a task says that it is over; nobody else has a use for that. */
export const FINISH: unique symbol = symbolOfEveryCopy('finish') as never

/** The context of a task. */
export interface FinishingContext extends StartContext {
  /** It is done, without having been told to end. */
  [FINISH](then: 'shutdown' | 'restart'): void
}

/** What `drain` and `stop` are given. */
export interface StopContext extends HookContext {
  /** Why: what was passed to `shutdown()`. */
  readonly reason: string
  /** When this hook is given up, in ms since the epoch; `Infinity` when it is unbounded. */
  readonly deadline: number
}
