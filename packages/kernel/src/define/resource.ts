import { sameInEveryCopy } from '../copies.js'
import { fromCaller } from '../errors.js'
import type { Impact } from '../words.js'
import { RESOURCE, type Resource, type VALUE } from './carrier.js'
import { isObject } from './checks.js'
import type { HookContext, StartContext, StopContext } from './context.js'
import type { Dependencies, ResourceLike, Values } from './dependency.js'
import { isLiteral, readOffered, readOptions, validateNamed } from './read-options.js'

/** How long a hook may take, in ms; `Infinity` is unbounded. */
export interface Timeouts {
  /** Of `start`, with the first check, and of `activate`; default 30_000. */
  start?: number
  /** Of each `check`; default 5_000. */
  check?: number
  /** Of `drain`, and of `quiesce`; default 10_000. The budget of the shutdown may leave it less. */
  drain?: number
  /** Of `stop` with the cleanups; default 10_000. The budget of the shutdown may leave it less. */
  stop?: number
}

/** How `check` is scheduled and counted. */
export interface MonitorOptions {
  /** Milliseconds from the end of one check to the start of the next, more than 0; default 10_000. */
  interval?: number
  /** Consecutive failures that make the resource unhealthy; default 3. */
  failureThreshold?: number
  /** Consecutive passes that make it healthy again; default 1. */
  successThreshold?: number
  /** How many results are kept; default 50. */
  history?: number
  /** Whether the start waits until the check has passed once; default true. */
  gate?: boolean
  /**
   * For how many ms what `ctx.unhealthy()` said changes nothing, when `ctx.healthy()` or a check that passes comes in time; default 0,
   * `Infinity` for ever. May be given without a check.
   */
  tolerance?: number
}

/**
 * How a first start that fails is tried again. The kernel waits for a resource whose impact is `'unready'`, as long as its
 * `timeouts.start` allows for all tries together. It goes on without any other after its first try, and the next ones are made in the
 * background, each within `timeouts.start`: when one succeeds, what had failed for want of the resource starts, too. A start that fails
 * with `INVALID_OPTION` is not tried again, and no restart is: that has a policy of its own.
 */
export interface RetryOptions {
  /** How many tries there are in all, 1 or more; default `Infinity`. */
  attempts?: number
  /** Milliseconds before the second try; default 500. */
  delay?: number
  /** By what the delay grows with each try, 1 or more; default 2. */
  factor?: number
  /** The longest delay, in ms, not shorter than `delay`; default 10_000. */
  maxDelay?: number
  /** The part of each delay, 0 to 1, that is left to chance, so that many processes do not try at once; default 0.1. */
  jitter?: number
}

/** How a resource that fails while it runs is restarted, with what depends on it; without this it is not. For its first start see `retry`. */
export interface RestartOptions {
  /** How many restarts are tried within the window; one more failure and the resource has failed for good. `Infinity`: it never gives up. */
  attempts: number
  /** The window, in ms, more than 0: a restart that is longer ago counts no more. `Infinity`: all count. */
  within: number
  /** Milliseconds before the first restart in the window; default 100. */
  delay?: number
  /** By what the delay grows with each restart in the window, 1 or more; default 2. */
  factor?: number
  /** The longest delay, in ms, not shorter than `delay`; default 30_000. */
  maxDelay?: number
  /** The part of each delay, 0 to 1, that is left to chance, so that many processes do not restart at once; default 0.1. */
  jitter?: number
}

/**
 * The hooks and limits of a resource. Write `start` before `check`, `drain`, `stop` and `kill`: TypeScript infers their
 * `value` from it, reading from top to bottom.
 */
export interface ResourceOptions<T, D extends Dependencies<D>> {
  /** What `start` needs, by the name under which it receives it; read when a kernel takes the resource in. */
  dependsOn?: D
  /** Started before, stopped after; nothing is passed and no failure propagates. */
  after?: readonly ResourceLike[]
  /**
   * Makes the value. Throwing or rejecting fails the start. To name the type of the value, write it where `start` returns it,
   * `start: ({ db }): Repo => …`, not as `resource<Repo>(…)`.
   */
  start(deps: Values<D>, ctx: StartContext): T | PromiseLike<T>
  /** Healthy when it resolves to anything but `false`. `value` is `unknown`? Write `start` above. */
  check?(value: T, ctx: HookContext): unknown
  /**
   * Begins to take work: called when everything runs that must, and after each restart, dependencies first. Its failure is a failure of
   * the start. For schedules, consumers and loops, so that a service that is rolled back never took any work. `value` is `unknown`?
   * Write `start` above.
   */
  activate?(value: T, ctx: HookContext): unknown
  /**
   * Takes no new work: called at the instant a shutdown begins, before the lame duck's delay, dependents first, for all at once; also
   * before a restart and a removal. Its drain and its stop come after it. `value` is `unknown`? Write `start` above.
   */
  quiesce?(value: T, ctx: StopContext): unknown
  /**
   * Finishes what was accepted. May resolve to `{ note: 'finished 3 jobs' }`, which the report shows. `value` is `unknown`? Write
   * `start` above.
   */
  drain?(value: T, ctx: StopContext): unknown
  /**
   * Releases the value. When absent, the value's own `Symbol.asyncDispose` or `Symbol.dispose` is called, if it has one. `value` is
   * `unknown`? Write `start` above.
   */
  stop?(value: T, ctx: StopContext): unknown
  /** The last resort once `stop` ran out of time; a promise is awaited for at most a second. `value` is `unknown`? Write `start` above. */
  kill?(value: T): unknown
  /**
   * What its failure means for the kernel; default `'unready'`, or `'degraded'` when it is `shared`.
   * - `'unready'`: a start that fails is rolled back; while it is unhealthy or down, the kernel is not ready; when it has failed for good, not live.
   * - `'degraded'`: the kernel starts and stays ready without it; the probe says `degraded`.
   * - `'none'`: the kernel starts and stays ready without it; the probe only lists why.
   */
  impact?: Impact
  /** Shown by `inspect()`; never put a secret here. */
  labels?: Readonly<Record<string, string>>
  /** Milliseconds; what is absent comes from the kernel's `timeouts`. */
  timeouts?: Timeouts
  /** How `check` is scheduled and counted. */
  monitor?: MonitorOptions
  /** How it is restarted when it fails while it runs; without this it is not. */
  restart?: RestartOptions
  /** How its first start is tried again when it fails; `true` for the defaults. Without this it is not. */
  retry?: RetryOptions | true
  /**
   * All replicas of the service use the same one, as they do a database: that it is away must end none of them, for another process
   * could not mend it. Its impact is `'degraded'` unless another is given, a restart policy that is used up goes on at its
   * `maxDelay`, and liveness never turns false because of it. Default false.
   */
  shared?: boolean
}

/**
 * Defines a resource. Nothing runs until a kernel starts it.
 *
 * The types come from the options: to name that of the value, write `start: ({ db }): Repo => …`. With `resource<Repo>(…)` the types of
 * the dependencies are not inferred, and TypeScript says that `db` does not exist on type `Values<{}>`.
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
export function resource<T, const D extends Dependencies<D> = {}>(name: string, options: ResourceOptions<T, D>): Resource<T> {
  try {
    validateNamed(name, options, 'resource', 'start')
    return definitionFrom(name, options as unknown as AnyOptions) as Resource<unknown> as Resource<T>
  } catch (error) {
    throw fromCaller(resource, error)
  }
}

/** Timeouts with one that is `Infinity` unless it is given; what is no object is left for the resource to refuse. */
export function unbounded(hook: keyof Timeouts, timeouts: Timeouts = {}): Timeouts {
  return isObject(timeouts) === undefined && timeouts[hook] === undefined ? { ...timeouts, [hook]: Infinity } : timeouts
}

/** Options with their types forgotten, as the kernel handles them. */
export type AnyOptions = ResourceOptions<unknown, Dependencies>

/** What is kept of them: `dependsOn` and `after` are read when a kernel takes the resource in. */
export type KeptOptions = Omit<AnyOptions, 'dependsOn' | 'after'>

/** What `resource()` makes. */
export class Definition implements Resource<unknown> {
  declare readonly [VALUE]: () => unknown
  readonly name: string
  /** A copy: what becomes of the object that was given changes nothing of a kernel. */
  readonly options: KeptOptions
  /** The object that was given: `this` of its hooks. */
  readonly self: AnyOptions

  constructor(name: string, options: KeptOptions, self: AnyOptions) {
    this.name = name
    this.options = options
    this.self = self
  }

  /** What a kernel that takes it in works with from then on. */
  takenIn(): Definition {
    return this
  }

  /** What `resource()` made. */
  get source(): Definition {
    return this
  }

  /** Whether its options are an instance of a class. */
  get isOfClass(): boolean {
    return false
  }

  get [RESOURCE](): this {
    return this
  }

  /** What its hooks hear as its name. */
  get label(): string {
    return this.name
  }

  get impact(): Impact {
    return this.options.impact ?? (this.options.shared === true ? 'degraded' : 'unready')
  }

  get restart(): RestartOptions | undefined {
    return this.options.restart
  }

  get retry(): RetryOptions | true | undefined {
    return this.options.retry
  }
}

sameInEveryCopy(Definition, 'resource')

/** Of an instance of a class: what its methods and getters are is read when a kernel takes it in, after its `dependsOn`. */
class LateDefinition extends Definition {
  override get isOfClass(): boolean {
    return true
  }

  override takenIn(): Definition {
    return new TakenIn(this)
  }
}

class TakenIn extends Definition {
  readonly #source: Definition

  constructor(source: Definition) {
    const offered = source.self as unknown as Readonly<Record<string, unknown>>
    super(source.name, readOffered(source.name, (key) => offered[key]) as unknown as KeptOptions, source.self)
    this.#source = source
  }

  override get source(): Definition {
    return this.#source
  }
}

/** What `resource()` makes of options that it can work with. */
export function definitionFrom(name: string, options: AnyOptions): Definition {
  if (isLiteral(options)) return new Definition(name, readOptions(name, options) as unknown as KeptOptions, options)
  // Mistakes in its own fields are told at once.
  const own = (key: string): unknown => Object.getOwnPropertyDescriptor(options, key)?.value
  const kept = readOffered(name, (key) => (key === 'start' ? options.start : own(key)))
  return new LateDefinition(name, kept as unknown as KeptOptions, options)
}
