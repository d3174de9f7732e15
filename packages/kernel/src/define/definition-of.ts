import { fromCaller, invalidOption } from '../errors.js'
import { isA, propertyOf } from '../foreign.js'
import { wordsFor } from '../thrown.js'
import { RESOURCE, type Resource } from './carrier.js'
import type { ResourceLike } from './dependency.js'
import { Definition } from './resource.js'

/**
 * The resource that `x` is or carries.
 *
 * @throws KeelsonError `INVALID_OPTION` when it is neither, for example a class without a decorator.
 */
export function resourceOf<T>(x: ResourceLike<T>): Resource<T> {
  try {
    return definitionOf(x, undefined, 'a resource') as Resource<unknown> as Resource<T>
  } catch (error) {
    throw fromCaller(resourceOf, error)
  }
}

/** `resourceOf` with a message that names the place: the resource and the option where `x` was given. */
export function definitionOf(x: unknown, owner: string | undefined, option: string): Definition {
  const definition = carriedBy(x)
  if (definition === undefined) throw invalidOption(owner, option, `is ${named(x)}, not a resource`, remedy(x))
  return definition
}

/** `definitionOf` for each of a list. What is no list would silently be an empty one. */
export function definitionsOf(resources: Iterable<ResourceLike>, option = 'resources'): Definition[] {
  if (typeof resources !== 'object' || typeof resources?.[Symbol.iterator] !== 'function') {
    throw invalidOption(undefined, `its ${option}`, 'are not a list', 'pass an array, as in [api]')
  }
  return Array.from(resources, (resource, i) => carriedBy(resource) ?? definitionOf(resource, undefined, `${option}[${i}]`))
}

/** The definition that `x` is or carries; undefined when it is neither. */
export function carriedBy(x: unknown): Definition | undefined {
  if (isA(x, Definition)) return x
  const carried = propertyOf(x, RESOURCE)
  return isA(carried, Definition) ? carried : undefined
}

/** What it is, as far as it may be told. */
export function named(x: unknown): string {
  if (typeof x === 'function') return `the function or class ${wordsFor(propertyOf(x, 'name') || '(anonymous)')}`
  // A string may be a secret.
  return typeof x === 'string' ? 'a string' : x === null || typeof x !== 'object' ? String(x) : 'an object'
}

function remedy(x: unknown): string {
  if (propertyOf(x, RESOURCE) !== undefined) return 'another version of @keelson/kernel made it, see npm ls'
  if (typeof x === 'function') return 'decorate the class with @Service(), or pass what resource() returned'
  if (x === undefined) return 'it may be used before it is defined: make dependsOn a getter, or move the definition up'
  return 'pass what resource() returned'
}
