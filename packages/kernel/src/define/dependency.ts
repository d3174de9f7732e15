import { invalidOption } from '../errors.js'
import type { Ref } from './ref.js'
import { Definition, RESOURCE, type Resource, type ResourceCarrier } from './resource.js'

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

/** Dependencies by the name under which `start` receives them. */
export type Dependencies = Readonly<Record<string, Dependency>>

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
export type Values<D extends Dependencies> = { readonly [K in keyof D]: Value<D[K]> }

/** Depends on a resource that may be missing: `start` receives `undefined` when it failed to start. */
export function optional<T>(resource: ResourceLike<T>): OptionalDependency<T> {
  return new Edge('optional', resource) as OptionalDependency<T>
}

/** Depends on the current instance of a resource: `start` receives a `Ref`, and is not restarted with the resource. */
export function ref<T>(resource: ResourceLike<T>): RefDependency<T> {
  return new Edge('ref', resource) as RefDependency<T>
}

/**
 * The resource that `x` is or carries.
 *
 * @throws KeelsonError `INVALID_OPTION` when it is neither, for example a class without a decorator.
 */
export function resourceOf<T>(x: ResourceLike<T>): Resource<T> {
  return definitionOf(x, undefined, 'a resource') as Resource<unknown> as Resource<T>
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

/** `resourceOf` with a message that names the place: the resource and the option where `x` was given. */
export function definitionOf(x: unknown, owner: string | undefined, option: string): Definition {
  const definition = carriedBy(x)
  if (definition === undefined) throw invalidOption(owner, option, `is ${named(x)}, not a resource`, remedy(x))
  return definition
}

/** `definitionOf` for each of a list. What is no list would silently be an empty one. */
export function definitionsOf(resources: Iterable<ResourceLike>): Definition[] {
  if (typeof resources !== 'object' || typeof resources?.[Symbol.iterator] !== 'function') {
    throw invalidOption(undefined, 'its resources', 'are not a list', 'pass an array, as in [api]')
  }
  return Array.from(resources, (resource, i) => carriedBy(resource) ?? definitionOf(resource, undefined, `resources[${i}]`))
}

/** The definition that `x` is or carries; undefined when it is neither. */
export function carriedBy(x: unknown): Definition | undefined {
  if (x instanceof Definition) return x
  if ((typeof x !== 'object' && typeof x !== 'function') || x === null) return undefined
  const carried = (x as Partial<ResourceCarrier<unknown>>)[RESOURCE]
  return carried instanceof Definition ? carried : undefined
}

function named(x: unknown): string {
  if (typeof x === 'function') return `the function or class ${x.name || '(anonymous)'}`
  // A string may be a secret.
  return typeof x === 'string' ? 'a string' : x === null || typeof x !== 'object' ? String(x) : 'an object'
}

function remedy(x: unknown): string {
  if (Object(x)[RESOURCE] !== undefined) return 'another copy of @keelson/kernel made it, see npm ls'
  if (typeof x === 'function') return 'decorate the class with @Service(), or pass what resource() returned'
  if (x === undefined) return 'it may be used before it is defined: make dependsOn a getter, or move the definition up'
  return 'pass what resource() returned'
}
