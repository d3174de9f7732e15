import type { ResourceCarrier } from './carrier.js'
import type { Ref } from './ref.js'

/** A resource, or anything that stands for one: a class decorated with `@Service` is recognised when it is used. */
export type ResourceLike<T = unknown> = ResourceCarrier<T> | (abstract new (...args: never[]) => T)

/** `T | undefined`: undefined when the resource failed to start. */
export interface OptionalDependency<T> {
  readonly kind: 'optional'
  readonly resource: ResourceLike<T>
}

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

/** Depends on a resource that may be missing: `start` receives `undefined` when it failed to start. */
export function optional<T>(resource: ResourceLike<T>): OptionalDependency<T> {
  return new Edge('optional', resource) as OptionalDependency<T>
}

/** Depends on the current instance of a resource: `start` receives a `Ref`, and is not restarted with the resource. */
export function ref<T>(resource: ResourceLike<T>): RefDependency<T> {
  return new Edge('ref', resource) as RefDependency<T>
}

/** The two kinds of edge that a user wraps a resource in. */
export class Edge {
  readonly kind: 'optional' | 'ref'
  readonly resource: ResourceLike

  constructor(kind: 'optional' | 'ref', resource: ResourceLike) {
    this.kind = kind
    this.resource = resource
  }
}
