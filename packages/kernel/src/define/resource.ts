import type { HookContext, StartContext, StopContext } from '../cell/context.js'
import type { Dependencies, ResourceLike, Values } from './dependency.js'
import { validateResource } from './validate.js'

/** Where anything that stands for a resource carries it; the same symbol in every copy of this package. */
export const RESOURCE: unique symbol = Symbol.for('keelson.resource') as never
declare const VALUE: unique symbol

/** Anything that carries a resource. */
export interface ResourceCarrier<T> {
  readonly [RESOURCE]: Resource<T>
}

/** A named definition with its hooks; the same definition may be used by any number of kernels. */
export interface Resource<T> extends ResourceCarrier<T> {
  readonly name: string
  /** Only in the types: what `start` resolves to. */
  readonly [VALUE]: () => T
}

/** What a failure of a resource means for the kernel that runs it. */
export type Impact = 'unready' | 'degraded' | 'none'

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
  /** Stops taking new work and finishes what was accepted. */
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
