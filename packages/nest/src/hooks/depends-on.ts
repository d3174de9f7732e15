import 'reflect-metadata'
import { KeelsonError, type ResourceOptions } from '@keelson/kernel'
import type { Type } from '@nestjs/common'

/** A provider of the app: its class or its token. */
export type ProviderToken = Type<unknown> | (abstract new (...args: never[]) => unknown) | string | symbol

/** What a provider is as a resource. Its hooks are methods, and what it depends on are its injections and `@DependsOn()`. */
export type ProviderResourceOptions = Pick<ResourceOptions<unknown, object>, 'timeouts' | 'impact' | 'labels'>

const DEPENDS_ON = 'keelson:depends-on'
const OPTIONS = 'keelson:resource'

/**
 * Makes a resource of a provider, a controller or a module of Nest that has hooks: it starts when what it depends on has started, and
 * stops before that stops, each within timeouts of its own, instead of in the phases of Nest. It depends on these, on what is injected
 * into it, and on the modules that its module imports; all of them that have hooks become resources, too. Providers without hooks are
 * looked through. `onModuleInit` is its start, `onApplicationBootstrap` its activation (when everything runs), `beforeApplicationShutdown`
 * its drain, `onModuleDestroy` and then `onApplicationShutdown` its stop.
 *
 * @throws KeelsonError `INVALID_OPTION` for what is undefined, as in a circular import.
 *
 * @example
 * @DependsOn(Mailer) // which it gets from ModuleRef, so that Nest does not know
 * @Injectable()
 * class Outbox implements OnModuleInit, BeforeApplicationShutdown {}
 */
export function DependsOn(...providers: ProviderToken[]): ClassDecorator {
  return (type) => {
    const missing = providers.indexOf(undefined as never)
    if (missing !== -1) {
      const what = `@DependsOn() of ${type.name}: its argument ${missing} is undefined`
      throw new KeelsonError('INVALID_OPTION', `${what}; it may be used before it is defined, as in a circular import`)
    }
    Reflect.defineMetadata(DEPENDS_ON, providers, type)
  }
}

/**
 * Makes a resource of a provider, a controller or a module of Nest that has hooks, as `@DependsOn()` does, and says how: `timeouts`, `impact`, `labels`.
 *
 * @example
 * @AsResource({ timeouts: { drain: 60_000 } })
 * @Injectable()
 * class Exports implements BeforeApplicationShutdown {}
 */
export function AsResource(options: ProviderResourceOptions = {}): ClassDecorator {
  return (type) => Reflect.defineMetadata(OPTIONS, { ...options }, type)
}

/** What decorators say of an instance's class. */
export interface Declared {
  readonly dependsOn: readonly ProviderToken[]
  readonly options: ProviderResourceOptions
}

/** Undefined where no decorator makes it a resource. */
export function declaredOf(instance: object): Declared | undefined {
  const type: unknown = instance.constructor
  if (typeof type !== 'function') return undefined
  const dependsOn = Reflect.getMetadata(DEPENDS_ON, type) as readonly ProviderToken[] | undefined
  const options = Reflect.getMetadata(OPTIONS, type) as ProviderResourceOptions | undefined
  if (dependsOn === undefined && options === undefined) return undefined
  return { dependsOn: dependsOn ?? [], options: options ?? {} }
}
