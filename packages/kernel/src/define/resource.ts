import type { Impact } from '../words.js'
import { RESOURCE, type Resource, type VALUE } from './carrier.js'
import type { HookContext, StartContext, StopContext } from './context.js'
import type { Dependencies, ResourceLike, Values } from './dependency.js'
import { validateResource } from './validate.js'

/** Milliseconds per hook; `Infinity` is unbounded. */
export interface Timeouts {
  start?: number
  check?: number
  drain?: number
  stop?: number
}

/** How `check` is scheduled and counted. */
export interface MonitorOptions {
  /** Milliseconds from the end of one check to the start of the next; default 10_000. */
  interval?: number
  /** Consecutive failures that make the resource unhealthy; default 3. */
  failureThreshold?: number
  /** Consecutive passes that make it healthy again; default 1. */
  successThreshold?: number
  /** How many results are kept; default 50. */
  history?: number
  /** Whether the start waits until the check has passed once; default true. */
  gate?: boolean
}

/**
 * How a resource that fails while it runs is restarted, with what depends on it; without this it is not. A first start that failed
 * is not tried again before somebody calls `kernel.restart()`.
 */
export interface RestartOptions {
  /** How many restarts are tried within the window; one more failure and the resource has failed for good. */
  attempts: number
  /** The window, in ms. */
  within: number
  /** Milliseconds before the first restart; default 100. */
  delay?: number
  /** By what the delay grows with each restart in the window; default 2. */
  factor?: number
  /** The longest delay, in ms; default 30_000. */
  maxDelay?: number
  /** The part of each delay, 0 to 1, that is left to chance, so that many processes do not restart at once; default 0.1. */
  jitter?: number
}

/**
 * The hooks and limits of a resource. Write `start` before `check`, `drain`, `stop` and `kill`: TypeScript infers their
 * `value` from it, reading from top to bottom.
 */
export interface ResourceOptions<T, D extends Dependencies> {
  /** What `start` needs, by the name under which it receives it; read when a kernel takes the resource in. */
  dependsOn?: D
  /** Started before, stopped after; nothing is passed and no failure propagates. */
  after?: readonly ResourceLike[]
  /** Makes the value. Throwing or rejecting fails the start. */
  start(deps: Values<D>, ctx: StartContext): T | PromiseLike<T>
  /** Healthy when it resolves to anything but `false`. */
  check?(value: T, ctx: HookContext): unknown
  /**
   * Begins to take work: called when everything runs that must, and after each restart, dependencies first. Its failure is a failure of
   * the start. For schedules, consumers and loops, so that a service that is rolled back never took any work.
   */
  activate?(value: T, ctx: HookContext): unknown
  /**
   * Takes no new work: called at the instant a shutdown begins, before the lame duck's delay, dependents first, for all at once; also
   * before a restart and a removal. Its drain and its stop come after it.
   */
  quiesce?(value: T, ctx: StopContext): unknown
  /** Finishes what was accepted. May resolve to `{ note: 'finished 3 jobs' }`, which the report shows. */
  drain?(value: T, ctx: StopContext): unknown
  /** Releases the value. When absent, the value's own `Symbol.asyncDispose` or `Symbol.dispose` is called, if it has one. */
  stop?(value: T, ctx: StopContext): unknown
  /** The last resort once `stop` ran out of time; a promise is awaited for at most a second. */
  kill?(value: T): unknown
  /** Of its failure on the kernel; default `'unready'`. */
  impact?: Impact
  /** Shown by `inspect()`; never put a secret here. */
  labels?: Readonly<Record<string, string>>
  /** Milliseconds; what is absent comes from the kernel's `timeouts`. */
  timeouts?: Timeouts
  monitor?: MonitorOptions
  restart?: RestartOptions
}

/**
 * Defines a resource. Nothing runs until a kernel starts it.
 *
 * @throws KeelsonError `INVALID_OPTION` for a bad name, hook, number or unknown option.
 *
 * @example
 * const db = resource('db', {
 *   start: () => connect(process.env.DB_URL),
 *   check: (db) => db.ping(),
 *   stop: (db) => db.close(),
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function resource<T, const D extends Dependencies = {}>(name: string, options: ResourceOptions<T, D>): Resource<T> {
  validateResource(name, options)
  return new Definition(name, options as unknown as AnyOptions) as Resource<unknown> as Resource<T>
}

/** Options with their types forgotten, as the kernel handles them. */
export type AnyOptions = ResourceOptions<unknown, Dependencies>

/** What `resource()` makes. */
export class Definition implements Resource<unknown> {
  declare readonly [VALUE]: () => unknown
  readonly name: string
  readonly options: AnyOptions

  constructor(name: string, options: AnyOptions) {
    this.name = name
    this.options = options
  }

  get [RESOURCE](): this {
    return this
  }
}
