import type { Dependency, OptionalDependency, RefDependency, ResourceLike } from '@keelson/kernel'

type Kind = 'value' | 'optional' | 'ref'

/** Tokens of one resource, by how it is depended on. */
const tokens = new WeakMap<object, Map<Kind, symbol>>()

/** Node has symbols as weak keys since 20; the library of ES2022 does not know. */
const dependencies = new WeakMap<object, Dependency>()

/**
 * The token of a resource, or of `ref()` or `optional()` of one, in the container of Nest: for `app.get()`, `inject` of a factory and
 * `overrideProvider()`. One per resource and way of depending on it. Nest shows it in its messages.
 *
 * @example
 * { provide: Orders, useFactory: (db: Pool) => new Orders(db), inject: [resourceToken(db)] }
 */
export function resourceToken(dependency: Dependency): symbol {
  const { kind, resource } = parts(dependency)
  let ofResource = tokens.get(resource)
  if (ofResource === undefined) {
    ofResource = new Map()
    tokens.set(resource, ofResource)
  }
  let token = ofResource.get(kind)
  if (token === undefined) {
    token = Symbol(`${kind === 'value' ? '' : `${kind} of `}resource "${nameOf(resource)}", which nestServer() is to depend on`)
    ofResource.set(kind, token)
    dependencies.set(token as never, dependency)
  }
  return token
}

/** What a token of the container stands for, when it is one of these. */
export function dependencyOf(token: unknown): Dependency | undefined {
  return typeof token === 'symbol' ? dependencies.get(token as never) : undefined
}

function parts(dependency: Dependency): { kind: Kind; resource: object } {
  const { kind, resource } = dependency as OptionalDependency<unknown> | RefDependency<unknown>
  const wrapped = (kind === 'optional' || kind === 'ref') && resource !== undefined
  return wrapped ? { kind, resource } : { kind: 'value', resource: dependency }
}

function nameOf(resource: ResourceLike | object): string {
  return String((resource as { name?: unknown }).name)
}
