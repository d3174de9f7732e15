import type { INestApplicationContext } from '@nestjs/common'
import { holdsResources } from '../inject/keelson-module.js'
import { type Hooked, type HookName, hooksOf, type NestModuleRecord, nameOf, type Wrapper } from './nest-modules.js'

/** Calls a hook: `who` is the provider and the hook, `call` runs it. What it returns is what Nest waits for. */
export type HookRunner = (who: string, hook: HookName, call: () => unknown) => unknown

/** Which instances Nest calls, of those that it knows. */
export type Included = (instance: unknown) => boolean

/**
 * From now on Nest calls each hook of a provider through `run`, in its own order. Its walk sees stand-ins that have the hooks, and
 * nothing else, of what they stand for; the providers themselves are left as they are. Values of resources have no stand-in: what of
 * them is named like a hook is none of Nest's business.
 */
export function followHooks(app: INestApplicationContext, run: HookRunner, included: Included = () => true): void {
  const listed = methodOf(app, 'getModulesToTriggerHooksOn')
  const standIns = new Map<unknown, Hooked>()

  function standIn(wrapper: Wrapper, instance: unknown): Hooked | null {
    const hooks = hooksOf(instance)
    if (hooks.length === 0 || !included(instance)) return null
    let it = standIns.get(instance)
    if (it === undefined) {
      const name = nameOf(wrapper)
      const entries = hooks.map((hook) => [
        hook,
        (signal?: string) => run(`${name}.${hook}()`, hook, () => (instance as Hooked)[hook]?.(signal)),
      ])
      it = Object.fromEntries(entries) as Hooked
      standIns.set(instance, it)
    }
    return it
  }

  function wrapperView(wrapper: Wrapper): Wrapper {
    return Object.create(wrapper, {
      instance: { get: () => standIn(wrapper, wrapper.instance) },
      getStaticTransientInstances: {
        value: () =>
          wrapper.getStaticTransientInstances().map((item) => item && { ...item, instance: standIn(wrapper, item.instance) }),
      },
    })
  }

  const viewOf = (wrappers: Iterable<readonly [unknown, Wrapper]>) =>
    [...wrappers].map(([token, wrapper]) => [token, wrapperView(wrapper)] as const)

  function moduleView(record: NestModuleRecord): NestModuleRecord {
    return Object.create(record, {
      getNonAliasProviders: { value: () => viewOf(record.getNonAliasProviders()) },
      controllers: { get: () => viewOf(record.controllers) },
      injectables: { get: () => viewOf(record.injectables) },
      middlewares: { get: () => viewOf(record.middlewares) },
    })
  }

  define(app, 'getModulesToTriggerHooksOn', function (this: unknown) {
    return (listed.call(this) as NestModuleRecord[]).filter(({ metatype }) => !holdsResources(metatype)).map(moduleView)
  })
}

/** A method of an app itself: what its proxies give out looks the method up again at each call. */
export function methodOf(app: object, name: string): (...args: unknown[]) => unknown {
  for (let prototype = Object.getPrototypeOf(app); prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value
    if (typeof method === 'function') return method as (...args: unknown[]) => unknown
  }
  throw new Error(`this version of NestJS has no ${name}(): @keelson/nest works with NestJS 11 and 12`)
}

/** Sets a property of an app itself: its proxies swallow assignments, not definitions. */
export function define(app: object, name: string, value: unknown): void {
  Object.defineProperty(app, name, { value, configurable: true, writable: true })
}
