import { type Dependency, optional, RESOURCE, type Resource, type ResourceLike, ref, resourceOf } from '@keelson/kernel'
import type { Delayed, InjectToken } from './inject-list.js'

/** A resource that a constructor parameter asks for. */
export interface Wanted {
  readonly dependency: Dependency
  readonly resource: Resource<unknown>
  readonly kind: 'required' | 'optional' | 'ref'
  /** The field of a service that depends on it through plain classes. */
  readonly field: string
}

/**
 * The resource that a token stands for; undefined for a class without `@Service()`, for `ref()` and `optional()` of one, and for a
 * token of the container.
 */
export function wantedResource(token: unknown): Wanted | undefined {
  const dependency = dependencyOf(token)
  if (isEdge(dependency)) {
    const { kind, resource } = dependency
    return carriesResource(resource) ? wanted(dependency, resourceOf(resource), kind) : undefined
  }
  return carriesResource(dependency) ? wanted(dependency, resourceOf(dependency), 'required') : undefined
}

/** What a token stands for: the argument of `@Use`, with every `delay()` resolved. */
export function dependencyOf(token: unknown): unknown {
  const given = typeof token === 'symbol' && used.has(token) ? used.get(token) : token
  const dependency = isDelayed(given) ? undelayed(given) : given
  if (!isEdge(dependency) || !isDelayed(dependency.resource)) return dependency
  const resource = undelayed(dependency.resource) as ResourceLike
  return dependency.kind === 'ref' ? ref(resource) : optional(resource)
}

function wanted(dependency: Dependency, resource: Resource<unknown>, kind: Wanted['kind']): Wanted {
  const field = kind === 'required' ? `constructor:${resource.name}` : `constructor:${kind}(${resource.name})`
  return { dependency, resource, kind, field }
}

/** A symbol for the argument of `@Use`: tsyringe's metadata can hold symbols and classes only. */
export function useToken(dependency: InjectToken): symbol {
  const token = Symbol('@Use')
  used.set(token, dependency)
  return token
}

export function isUseToken(token: unknown): boolean {
  return typeof token === 'symbol' && used.has(token)
}

const used = new Map<symbol, InjectToken>()

export function isDelayed(token: unknown): token is Delayed<unknown> {
  return typeof token === 'object' && token !== null && 'createProxy' in token && typeof token.createProxy === 'function'
}

/** The class of a `delay()`: tsyringe passes it only to the factory of a proxy's target, which runs at the first use of the proxy. */
export function undelayed(delayed: Delayed<unknown>): unknown {
  let type: unknown
  const capture = (given: unknown) => {
    type = given
    return {}
  }
  Reflect.ownKeys(delayed.createProxy(capture as never) as object)
  return type
}

export function isEdge(x: unknown): x is Exclude<Dependency, ResourceLike> & { readonly kind: 'optional' | 'ref' } {
  return typeof x === 'object' && x !== null && 'kind' in x && (x.kind === 'optional' || x.kind === 'ref') && 'resource' in x
}

function carriesResource(x: unknown): x is ResourceLike {
  return (
    (typeof x === 'object' || typeof x === 'function') && x !== null && (x as { [RESOURCE]?: unknown })[RESOURCE] !== undefined
  )
}
