import 'reflect-metadata'
import type { Dependency } from '@keelson/kernel'
import { dependencyOf } from './resource-token.js'

/** Where the decorators of Nest 11 and 12 keep what they were given. */
const IMPORTS = 'imports'
const PROVIDERS = 'providers'
const CONTROLLERS = 'controllers'
const PARAMETERS = 'self:paramtypes'
const PROPERTIES = 'self:properties_metadata'
/** On the class of a controller, and on its methods. */
const ENHANCERS = ['__guards__', '__interceptors__', '__pipes__', '__exceptionFilters__']

/**
 * The resources that the providers and controllers of a module ask for, and those of all that it imports, as far as decorators and dynamic
 * modules tell before anything is made. A dynamic module that is a promise tells nothing.
 */
export function foundDependencies(entry: unknown): readonly Dependency[] {
  const found = new Set<Dependency>()
  const seen = new Set<unknown>()
  const modules = [entry]

  function note(token: unknown): void {
    const dependency = dependencyOf(behind(token))
    if (dependency !== undefined) found.add(dependency)
  }

  function lookAt(provider: unknown): void {
    const it = behind(provider)
    if (seen.has(it)) return
    seen.add(it)
    if (typeof it === 'function') {
      for (const { param } of metadata<{ param: unknown }>(PARAMETERS, it)) note(param)
      for (const { type } of metadata<{ type: unknown }>(PROPERTIES, it)) note(type)
      enhancersOf(it).forEach(lookAt)
      return
    }
    const { useClass, useExisting, inject } = Object(it) as { useClass?: unknown; useExisting?: unknown; inject?: unknown }
    if (useClass !== undefined) lookAt(useClass)
    note(useExisting)
    for (const token of listOf(inject)) note(Object(token).token ?? token)
  }

  // What is found on the way is added at the end.
  for (const imported of modules) {
    const it = behind(imported)
    if (it === undefined || it === null || seen.has(it)) continue
    const dynamic = typeof it === 'object' ? (it as Record<string, unknown>) : {}
    if (typeof it === 'object') seen.add(it)
    const type = typeof it === 'function' ? it : dynamic.module
    for (const key of [IMPORTS, PROVIDERS, CONTROLLERS]) {
      const list = [...(typeof type === 'function' ? metadata(key, type) : []), ...listOf(dynamic[key])]
      if (key === IMPORTS) modules.push(...list)
      else list.forEach(lookAt)
    }
    // Last: it is among what was seen from here on.
    lookAt(type)
  }
  return [...found]
}

/** Guards, interceptors, pipes and filters of a controller or a gateway: those that are classes. */
function enhancersOf(type: object): readonly unknown[] {
  const prototype = (type as { prototype?: object }).prototype ?? {}
  const methods = Object.values(Object.getOwnPropertyDescriptors(prototype)).map(({ value }) => value as unknown)
  const owners = [type, ...methods].filter((owner) => typeof owner === 'function')
  return owners.flatMap((owner) => ENHANCERS.flatMap((key) => metadata(key, owner))).filter((it) => typeof it === 'function')
}

/** What `forwardRef()` stands for, once it is defined. */
function behind(token: unknown): unknown {
  const forward = (Object(token) as { forwardRef?: unknown }).forwardRef
  return typeof forward === 'function' ? forward() : token
}

function metadata<T = unknown>(key: string, type: object): readonly T[] {
  return listOf(Reflect.getMetadata(key, type)) as readonly T[]
}

function listOf(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : []
}
