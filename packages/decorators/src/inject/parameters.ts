import type { Problem } from '../errors.js'
import type { InjectToken } from './inject-list.js'
import { refuseInjectedProperties } from './injected-properties.js'
import './tsyringe.js'
import { dependencyOf, isEdge, isUseToken, type Wanted, wantedResource } from './wanted.js'

/** A class that can be constructed. */
export type Class = new (...args: never[]) => object

/** What is known of one parameter of a constructor. */
export interface Parameter {
  readonly token: unknown
  /** `@injectAll`: every registration of the token, as an array. */
  readonly multiple: boolean
  readonly isOptional: boolean
  /** `@injectWithTransform`. */
  readonly transform: { readonly token: unknown; readonly args: readonly unknown[] } | undefined
  /** The resource that the token stands for. */
  readonly wanted: Wanted | undefined
  /** Under which name a service of this constructor depends on that resource: that of the first parameter that asks for it. */
  readonly field: string
  /** It has a default value, which it keeps when it cannot be injected. */
  readonly hasDefault: boolean
  readonly missing: Problem | undefined
}

const lists = new WeakMap<Class, readonly InjectToken[]>()
const known = new WeakMap<Class, readonly Parameter[]>()

/** Sets what a constructor receives, in place of its metadata. */
export function listParameters(type: Class, inject: readonly InjectToken[]): void {
  lists.set(type, inject)
}

/**
 * The constructor parameters of a class: what `inject` lists, else `@Use` and tsyringe's decorators over `design:paramtypes`.
 * A class without a constructor has those of the class that it extends.
 */
export function parametersOf(type: Class): readonly Parameter[] {
  let parameters = known.get(type)
  if (parameters === undefined) {
    parameters = read(type)
    known.set(type, parameters)
  }
  return parameters
}

/** The class that declares the constructor: the class itself, or one that it extends. */
export function declaredBy(type: Class): Class {
  let level: unknown = type
  while (isOwnClass(level) && level.length === 0) level = Object.getPrototypeOf(level)
  return isOwnClass(level) ? level : type
}

function read(type: Class): readonly Parameter[] {
  for (let level: unknown = type; isOwnClass(level); level = Object.getPrototypeOf(level)) refuseInjectedProperties(level)
  for (let level: unknown = type; isOwnClass(level); level = Object.getPrototypeOf(level)) {
    const list = lists.get(level)
    const types: readonly unknown[] | undefined = Reflect.getOwnMetadata('design:paramtypes', level)
    const tokens: Readonly<Record<number, unknown>> | undefined = Reflect.getOwnMetadata('injectionTokens', level)
    if (list !== undefined) return parametersFrom(level, list, 'too-short')
    if (types !== undefined) return parametersFrom(level, Object.assign([...types], tokens), 'circular')
    if (tokens !== undefined || level.length > 0) {
      return parametersFrom(level, Object.assign([], tokens), level === type ? 'no-metadata' : 'undecorated-base')
    }
  }
  return []
}

function parametersFrom(type: Class, given: readonly unknown[], otherwise: Problem): readonly Parameter[] {
  const length = Math.max(given.length, type.length)
  const parameters: Parameter[] = []
  for (let index = 0; index < length; index++) {
    const read = parameter(given[index], index >= type.length, otherwise)
    parameters.push({ ...read, field: fieldIn(parameters, read.wanted) ?? `constructor[${index}]` })
  }
  return parameters
}

/** The field of the first parameter that asks for the same resource in the same way. */
export function fieldIn(parameters: readonly Parameter[], wanted: Wanted | undefined): string | undefined {
  if (wanted === undefined) return undefined
  for (const { wanted: other, field } of parameters) {
    if (other?.resource === wanted.resource && other.kind === wanted.kind) return field
  }
  return undefined
}

/** tsyringe describes a parameter by its token alone, or by an object that holds the token. */
function parameter(given: unknown, hasDefault: boolean, otherwise: Problem): Omit<Parameter, 'field'> {
  const { token, multiple, isOptional, transform, transformArgs = [] } = isDescriptor(given) ? given : { token: given }
  const wanted = wantedResource(token)
  const isMissing = token === undefined || token === null
  return {
    token,
    multiple: multiple === true,
    isOptional: isOptional === true,
    transform: transform === undefined ? undefined : { token: transform, args: transformArgs },
    wanted,
    hasDefault,
    missing: isMissing ? otherwise : wanted === undefined && mustBeResource(token) ? 'no-resource' : undefined,
  }
}

/** Whether only a resource is allowed: for `@Use`, `ref()` and `optional()`. Other tokens may be classes or the container's. */
function mustBeResource(token: unknown): boolean {
  return isUseToken(token) || isEdge(dependencyOf(token))
}

interface Descriptor {
  readonly token: unknown
  readonly multiple?: boolean
  readonly isOptional?: boolean
  readonly transform?: unknown
  readonly transformArgs?: readonly unknown[]
}

function isDescriptor(given: unknown): given is Descriptor {
  return typeof given === 'object' && given !== null && 'token' in given
}

function isOwnClass(level: unknown): level is Class {
  return typeof level === 'function' && level !== Function.prototype
}
