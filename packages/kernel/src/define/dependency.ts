import { sameInEveryCopy } from '../copies.js'
import { fromCaller, invalidOption } from '../errors.js'
import type { ResourceCarrier } from './carrier.js'
import type { Ref } from './ref.js'
import { validateLate } from './validate.js'

/** A resource, or anything that stands for one: a class decorated with `@Service` is recognised when it is used. */
export type ResourceLike<T = unknown> = ResourceCarrier<T> | (abstract new (...args: never[]) => T)

/** `T | undefined`: undefined when the resource failed to start. */
export interface OptionalDependency<T> {
  readonly kind: 'optional'
  readonly resource: ResourceLike<T>
  readonly late: LateArrival
}

/** What becomes of who runs without an optional dependency when that starts at last. */
export type LateArrival = 'ignore' | 'restart'

/** A live reference: the dependent keeps running while the resource is replaced. */
export interface RefDependency<T> {
  readonly kind: 'ref'
  readonly resource: ResourceLike<T>
}

export type Dependency<T = unknown> = ResourceLike<T> | OptionalDependency<T> | RefDependency<T>

/**
 * Dependencies by the name under which `start` receives them. As a constraint, `D extends Dependencies<D>` takes an interface, too,
 * which has no index signature.
 */
export type Dependencies<D = Readonly<Record<string, Dependency>>> = { readonly [K in keyof D]: Dependency }

/** What one entry of `dependsOn` becomes. */
export type Value<D> =
  D extends OptionalDependency<infer T>
    ? T | undefined
    : D extends RefDependency<infer T>
      ? Ref<T>
      : D extends ResourceCarrier<infer T>
        ? T
        : D extends abstract new (
              ...args: never[]
            ) => infer T
          ? T
          : never

/** What `start` receives for its `dependsOn`. */
export type Values<D extends Dependencies<D>> = { readonly [K in keyof D]: Value<D[K]> }

/**
 * Depends on a resource that may be missing: `start` receives `undefined` when it failed to start. When it is tried again (`retry`) and
 * starts at last, a dependent that runs without it goes on without it (`late: 'ignore'`, the default), or goes down and comes back
 * with it (`'restart'`).
 *
 * @throws KeelsonError `INVALID_OPTION` for an unknown option.
 */
export function optional<T>(resource: ResourceLike<T>, options: { late?: LateArrival } = {}): OptionalDependency<T> {
  try {
    validateLate(options)
  } catch (error) {
    throw fromCaller(optional, error)
  }
  return new Edge('optional', resource, options.late ?? 'ignore') as OptionalDependency<T>
}

/** Depends on the current instance of a resource: `start` receives a `Ref`, and is not restarted with the resource. */
export function ref<T>(resource: ResourceLike<T>): RefDependency<T>
export function ref<T>(resource: ResourceLike<T>, ...none: unknown[]): RefDependency<T> {
  if (none.length > 0) {
    const problem = 'takes no options, for it follows what comes late by itself'
    throw fromCaller(
      ref,
      invalidOption(undefined, 'ref()', problem, "leave them out, or depend on it with optional(x, { late: 'restart' })"),
    )
  }
  return new Edge('ref', resource) as RefDependency<T>
}

/** The two kinds of edge that a user wraps a resource in. */
export class Edge {
  readonly kind: 'optional' | 'ref'
  readonly resource: ResourceLike
  readonly late: LateArrival

  constructor(kind: 'optional' | 'ref', resource: ResourceLike, late: LateArrival = 'ignore') {
    this.kind = kind
    this.resource = resource
    this.late = late
  }
}

sameInEveryCopy(Edge, 'edge')
