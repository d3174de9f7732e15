import { type Dependencies, type Resource, type ResourceOptions, resource, type StartContext } from '@keelson/kernel'
import { Construction } from './construction.js'
import { edgesOf, edgesOfProvider } from './edges.js'
import { hooksOf, NO_HOOKS } from './hooks.js'
import { isAnnounced, scopeOf } from './kernel-scope.js'
import type { Class } from './parameters.js'
import { type Provider, providerIn } from './provider.js'
import { registrationOf } from './registration.js'
import { checkAll, startAll, stopAll } from './run-hooks.js'
import type { DependencyContainer } from './tsyringe.js'
import { wantedResource } from './wanted.js'

type AnyOptions = ResourceOptions<object, Dependencies>

/** A class decorated with `@Service`, as far as it does not depend on a container. */
export interface ServiceClass {
  readonly type: Class
  readonly name: string
  /** For the kernel as they are. */
  readonly options: Omit<AnyOptions, 'dependsOn' | 'after' | 'start' | 'check' | 'drain' | 'stop' | 'kill'>
  /** Read when a kernel takes the service in: these may name what is defined later. */
  readonly late: Pick<AnyOptions, 'dependsOn' | 'after'>
}

/** The resource of a class that is constructed from what `container` holds. */
export function define({ type, name, options, late }: ServiceClass, container: DependencyContainer): Resource<object> {
  let own = NO_HOOKS
  let hooks = NO_HOOKS
  let override: Provider | undefined
  const look = () => {
    override = overrideOf(type, container)
    hooks = override === undefined ? own : NO_HOOKS
  }
  return resource(name, {
    ...options,
    get dependsOn() {
      own = hooksOf(type)
      look()
      const edges = override === undefined ? edgesOf(type, container) : edgesOfProvider(override, type, container)
      const dependsOn: Record<string, Dependencies[string]> = { ...late.dependsOn }
      for (const [field, { dependency }] of edges) dependsOn[field] = dependency
      return dependsOn
    },
    get after() {
      return late.after
    },
    start(deps: Readonly<Record<string, unknown>>, ctx: StartContext) {
      look()
      const scope = scopeOf(ctx.kernel, container)
      const declared = declaredOf(late.dependsOn, deps)
      for (const [field, value] of Object.entries(declared)) {
        const wanted = wantedResource(late.dependsOn![field])!
        if (!wanted.followed) scope.runs(wanted.resource, value)
      }
      const construction = new Construction(scope, deps)
      const instance = override === undefined ? construction.construct(type) : (construction.provide(override) as object)
      scope.runs(wantedResource(type)!.resource, instance)
      return startAll(hooks.start, instance, [ctx, declared])
    },
    get check() {
      return hooks.check.length === 0 ? undefined : (instance: object, ctx: unknown) => checkAll(hooks.check, instance, ctx)
    },
    get drain() {
      return hooks.drain.length === 0 ? undefined : (instance: object, ctx: unknown) => stopAll(hooks.drain, instance, ctx)
    },
    get stop() {
      if (override !== undefined) return notOurs
      return hooks.stop.length === 0 ? undefined : (instance: object, ctx: unknown) => stopAll(hooks.stop, instance, ctx)
    },
  } as AnyOptions)
}

/** What a container gives in the place of a service is used as it is: it has no hooks, and the container's owner releases it. */
function overrideOf(type: Class, container: DependencyContainer): Provider | undefined {
  const registration = registrationOf(type, container)
  if (registration === undefined || isAnnounced(registration) || registration.provider.useClass === type) return undefined
  return providerIn(registration, container)
}

function notOurs(): void {}

/** Of all that a service was given, what its `dependsOn` names. */
function declaredOf(dependsOn: Dependencies | undefined, deps: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const declared: Record<string, unknown> = {}
  for (const field in dependsOn) declared[field] = deps[field]
  return declared
}
