import type { Resource } from './define/carrier.js'
import type { ResourceLike } from './define/dependency.js'
import type { HookWrap } from './define/hook-wrap.js'
import type { KernelView } from './define/kernel-view.js'
import type { Panel } from './define/panel.js'
import type { Replacement } from './define/replacement.js'
import type { Timeouts } from './define/resource.js'
import type { ShutdownReport } from './observe/report.js'
import type { CheckResult } from './observe/snapshot.js'
import type { Span } from './observe/timeline.js'
import type { Clock } from './time/clock.js'

export interface KernelOptions {
  /** Shown in messages, logs and probes; default `'app'`. */
  name?: string
  /** Defaults for resources that say nothing, in ms: start 30_000, check 5_000, drain 10_000, stop 10_000. */
  timeouts?: Timeouts
  /** How long a shutdown may take. */
  shutdown?: {
    /** How long work goes on after readiness turned false, so that load balancers see it, in ms and less than `timeout`; default 0. */
    delay?: number
    /**
     * The budget of a whole shutdown, the delay included, in ms; default 25_000, which leaves 5 s of the 30 that Kubernetes gives
     * (`terminationGracePeriodSeconds`). `Infinity`: each hook has its own timeout and nothing else ends it.
     */
    timeout?: number
  }
  /**
   * Resources, with what they depend on, that start before all others and stop after them, without an edge to each: a logger, a tracer.
   * What has no other reason to depend on them is not restarted with them and does not fail with them.
   */
  base?: Iterable<ResourceLike>
  /** How many start hooks may run at the same time; default unlimited. */
  concurrency?: number
  /** Made by `replace()` of `@keelson/kernel/testing`. */
  replace?: Iterable<Replacement>
  /** Where time comes from; default `systemClock`. */
  clock?: Clock
}

/** What whoever runs a kernel may fill in. */
export interface KernelDefaults {
  shutdown?: {
    /** How long work goes on after readiness turned false, in ms; it takes at most a fifth of the shutdown's timeout. */
    delay?: number
    /** The budget of a whole shutdown, in ms; not taken when the delay that `createKernel()` was given would use it up. */
    timeout?: number
  }
}

/** What `await using` calls, if the libraries that the reader compiles with know of it. */
type AsyncDisposal = typeof Symbol extends { readonly asyncDispose: infer Name extends symbol }
  ? { [K in Name]: () => PromiseLike<void> }
  : object

/** Starts, probes and stops a graph of resources. */
export interface Kernel extends KernelView, AsyncDisposal {
  /**
   * Takes in resources and what they depend on.
   *
   * @throws KeelsonError `DUPLICATE_RESOURCE`, `DEPENDENCY_CYCLE`, `INVALID_OPTION`, or `INVALID_STATE` when the kernel is not at rest:
   * `add()` them while it runs. The kernel is then as it was before.
   */
  register(...resources: ResourceLike[]): this
  /**
   * Starts everything, each resource as soon as its dependencies run. One promise however often it is called.
   *
   * @throws StartError when a resource whose impact is `'unready'` fails, or a shutdown comes first; what had started is stopped by then.
   * KeelsonError `INVALID_STATE` while it is being shut down, or has failed and was not.
   */
  start(): Promise<this>
  /**
   * Drains and stops everything in reverse. One promise however often it is called; at once when nothing was started. `delay` shortens
   * the time in which work goes on after readiness turned false, for this time: 0 where nobody sends requests any more. What is not a
   * number of ms counts for nothing, so that this may be a listener itself.
   *
   * @throws ShutdownError when anything failed, with the report inside; everything was still torn down as far as it could be.
   */
  shutdown(reason?: string, options?: { delay?: number }): Promise<ShutdownReport>
  /**
   * The value of a running resource.
   *
   * @throws KeelsonError `NOT_STARTED`, `UNKNOWN_RESOURCE`.
   */
  get<T>(resource: ResourceLike<T>): T
  /**
   * Starts resources, and what they depend on, in a running kernel. When one of them fails whose impact is `'unready'`,
   * all that were added by this call are stopped and taken out again.
   *
   * @throws StartError; KeelsonError `INVALID_STATE` when the kernel is not running, `ABORTED` when a shutdown or a removal comes first,
   * `DUPLICATE_RESOURCE`, `DEPENDENCY_CYCLE`, `INVALID_OPTION`.
   */
  add(...resources: ResourceLike[]): Promise<void>
  /**
   * Stops a resource and takes it out of the kernel. With `dependents`, those that hold its value go first. What came `after` it
   * stays, and is in no order with it if it is added again.
   *
   * @throws KeelsonError `HAS_DEPENDENTS`, `UNKNOWN_RESOURCE`, `INVALID_STATE` while the kernel starts or stops, `ABORTED` when a shutdown
   * comes first; ShutdownError when its stop failed, it is then out all the same.
   */
  remove(resource: ResourceLike, options?: { dependents?: boolean }): Promise<void>
  /**
   * Stops what depends on a resource, restarts it, and starts them again with the new instance, as after a failure but
   * at once and without using up an attempt.
   *
   * @throws KeelsonError `UNKNOWN_RESOURCE`, `INVALID_STATE` when the kernel or the resource is not up yet or any more, `ABORTED` when a
   * shutdown or a removal comes first, or why it did not come back.
   */
  restart(resource: ResourceLike): Promise<void>
  /**
   * Make before break: starts a new instance and waits for its check while the old one serves, puts it in the place of the old one for
   * everybody who follows by `ref()` in one turn, then drains and stops the old one, whose leases end first. For credentials and
   * connections that are to be renewed without a gap. Until it has stopped, what comes and goes is shown as `NAME (rotation)`.
   *
   * @throws KeelsonError `HAS_DEPENDENTS` when something holds its value itself, `UNKNOWN_RESOURCE`, `INVALID_STATE` when it does not run or
   * is being rotated already, `ABORTED` when a shutdown or a removal comes first, or why the new instance did not start: the old one
   * serves on. ShutdownError when the stop of the old one failed; the new one is in its place all the same.
   */
  rotate(resource: ResourceLike): Promise<void>
  /**
   * Runs the check of a resource now, or those of all that run and have one, and joins a check that runs already. The results count as
   * those of any other check: they may turn the resource unhealthy or healthy, restart it, or revive one that had failed by its checks.
   * In the order in which the resources were taken in; empty for a resource without a check.
   *
   * @throws KeelsonError `UNKNOWN_RESOURCE`, `NOT_STARTED` when the resource does not run, `INVALID_STATE` when the kernel is not up. A check
   * that fails is a result.
   */
  check(resource?: ResourceLike): Promise<readonly CheckResult[]>
  /**
   * Takes the kernel out of rotation by hand: not ready, for this reason, until `uncordon()`; live as before, and nothing stops. A second
   * call gives another reason. It holds through stops and starts.
   *
   * @throws KeelsonError `INVALID_OPTION` without a reason.
   */
  cordon(reason: string): void
  /** Takes it back into rotation; nothing when it was not cordoned. */
  uncordon(): void
  /** Declares an unrecoverable failure: liveness turns false at once and stays so until the next start. Stops nothing by itself. */
  fail(error: unknown): void
  /**
   * Fills in options that `createKernel()` was not given, for whoever runs the kernel and knows the platform. Without effect
   * once a shutdown was asked for.
   *
   * @throws KeelsonError `INVALID_OPTION`.
   */
  defaults(options: KernelDefaults): this
  /**
   * Settles when everything is stopped, whoever ended it: the current life of the kernel, or else the next one. It never rejects,
   * waiting for it ends nothing, and what went wrong is in the report.
   */
  readonly stopped: Promise<ShutdownReport>
  /** When each hook of the last start and shutdown ran. */
  timeline(): readonly Span[]
  /** What resources show of themselves with `ctx.panel()`, for whoever presents it; reading one is up to the caller. */
  panels(): readonly { readonly resource: string; readonly panel: Panel }[]
  /**
   * The resource of this name, for `check()`, `restart()` and the like, also one that a subgraph has made; undefined for none. For who
   * knows only names, as a page or a command does.
   */
  find(name: string): Resource<unknown> | undefined
  /**
   * Has each hook (`start`, `check`, `activate`, `quiesce`, `drain`, `stop`) called by `wrap` from now on, for whoever has it run in a context of
   * their own, as tracers do. `wrap` calls the hook, once and at once, and returns what that returns; what it throws fails the hook. Of
   * several the first is outermost. Returns a function that ends this.
   *
   * @throws KeelsonError `INVALID_OPTION` for what is no function.
   *
   * @example
   * kernel.wrapHooks(({ resource, phase }, hook) => storage.run(`${phase} ${resource}`, hook)) // an AsyncLocalStorage
   */
  wrapHooks(wrap: HookWrap): () => void
}
