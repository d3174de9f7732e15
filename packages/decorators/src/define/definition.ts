import {
  type Dependencies,
  type HookContext,
  type Resource,
  type ResourceLike,
  type ResourceOptions,
  resource,
  type StartContext,
  type StopContext,
  type TaskRun,
  taskRun,
} from '@keelson/kernel'
import { type Hook, type Hooks, hooksOf, NO_HOOKS, type RunHook } from '../hooks/hooks.js'
import { activateAll, checkAll, isThenable, startAll, stopAll } from '../hooks/run-hooks.js'
import { Construction } from '../inject/construction.js'
import { edgesOf, edgesOfProvider } from '../inject/edges.js'
import { isAnnounced, type KernelScope, scopeOf } from '../inject/kernel-scope.js'
import type { Class } from '../inject/parameters.js'
import { type Provider, providerIn } from '../inject/provider.js'
import { registrationOf } from '../inject/registration.js'
import type { DependencyContainer } from '../inject/tsyringe.js'
import { dependencyOf, type Wanted, wantedResource } from '../inject/wanted.js'

type AnyOptions = ResourceOptions<object, Dependencies>

/** What decorated methods are instead. */
export type HookOption = 'start' | 'check' | 'activate' | 'quiesce' | 'drain' | 'stop' | 'kill'

/** A class with `@Service()`, without what depends on a container. */
export interface ServiceClass {
  readonly type: Class
  readonly name: string
  /** The options that are passed to the kernel unchanged. */
  readonly passed: Omit<AnyOptions, 'dependsOn' | 'after' | 'timeouts' | HookOption>
  readonly timeouts: AnyOptions['timeouts']
  /** Read when a kernel is created: they may name classes that are defined later. */
  readonly late: Pick<AnyOptions, 'dependsOn' | 'after'>
}

/** The resource of a service that is constructed with `container`. */
export function define(service: ServiceClass, container: DependencyContainer): Resource<object> {
  return resource(service.name, new Definition(service, container) as AnyOptions)
}

/** The options of the resource of a service. A class, so that all of them have the same hidden class. */
class Definition {
  readonly #service: ServiceClass
  readonly #container: DependencyContainer
  /** The provider that replaces the service in the container, as of the latest kernel that was created. */
  #override: Provider | undefined
  /** The instances that were constructed from the class, for any kernel; overrides are not among them. */
  #constructed: WeakSet<object> | undefined
  /** What runs in each of them. */
  #runs: WeakMap<object, TaskRun> | undefined
  #own: Wanted | undefined

  constructor(service: ServiceClass, container: DependencyContainer) {
    this.#service = service
    this.#container = container
    Object.assign(this, service.passed)
  }

  get dependsOn(): Dependencies {
    const { type, late } = this.#service
    this.#own ??= wantedResource(type)
    this.#override = overrideOf(type, this.#container)
    const dependsOn: Record<string, Dependencies[string]> = {}
    // The kernel refuses what is no dependency, with the name of its field.
    for (const [field, given] of Object.entries(late.dependsOn ?? {}))
      dependsOn[field] = dependencyOf(given) as Dependencies[string]
    if (this.#override === undefined) edgesOf(type, this.#container, dependsOn)
    else edgesOfProvider(this.#override, type, this.#container, dependsOn)
    return dependsOn
  }

  get after(): AnyOptions['after'] {
    const { after } = this.#service.late
    return Array.isArray(after) ? (after.map(dependencyOf) as ResourceLike[]) : after
  }

  start(deps: Readonly<Record<string, unknown>>, ctx: StartContext): object | Promise<object> {
    const { type, late } = this.#service
    const scope = scopeOf(ctx.kernel, this.#container)
    const declared = late.dependsOn === undefined ? NOTHING : declaredIn(late.dependsOn, deps, scope)
    const override = scope.begin(this, this.#override)
    const construction = new Construction(scope, deps, override === undefined ? type : undefined)
    const made = override === undefined ? construction.construct(type) : (construction.provide(override) as object)
    const started = (instance: object) => {
      scope.runs(this.#own!.resource, instance)
      if (override !== undefined) return instance
      this.#constructed ??= new WeakSet()
      this.#constructed.add(instance)
      const { start, run } = hooksOf(type)
      if (run !== undefined) this.#runs = (this.#runs ?? new WeakMap()).set(instance, runOf(run, instance, ctx, declared))
      return startAll(start, instance, ctx, declared)
    }
    return isThenable(made) ? Promise.resolve(made as PromiseLike<object>).then(started) : started(made)
  }

  /** A drain of what runs has no limit of its own, as of a task. */
  get timeouts(): AnyOptions['timeouts'] {
    const { timeouts } = this.#service
    return this.#hooks.run === undefined || timeouts?.drain !== undefined ? timeouts : { ...timeouts, drain: Infinity }
  }

  get check() {
    return this.#calling(this.#hooks.check, checkAll)
  }

  get activate() {
    const { activate, run } = this.#hooks
    if (run === undefined) return this.#calling(activate, activateAll)
    return (instance: object, ctx: HookContext) => {
      const before = this.#isOurs(instance) ? activateAll(activate, instance, ctx) : undefined
      const begin = () => this.#runs?.get(instance)?.begin()
      return isThenable(before) ? Promise.resolve(before).then(begin) : begin()
    }
  }

  get quiesce() {
    return this.#calling(this.#hooks.quiesce, stopAll)
  }

  get drain() {
    const { drain, run } = this.#hooks
    if (run === undefined) return this.#calling(drain, stopAll)
    const ended: Hook = (instance) => () => this.#runs?.get(instance)?.end()
    return this.#calling([...drain, ended], stopAll)
  }

  get kill() {
    return this.#calling(this.#hooks.kill, stopAll)
  }

  get stop() {
    const { stop } = this.#hooks
    if (stop.length === 0 && this.#override === undefined) return undefined
    return (instance: object, ctx: StopContext) => {
      if (!this.#isOurs(instance)) return undefined
      return stop.length === 0 ? dispose(instance) : stopAll(stop, instance, ctx)
    }
  }

  /** The hooks of the class; none if every instance is an override. */
  get #hooks(): Hooks {
    return this.#override === undefined || this.#constructed !== undefined ? hooksOf(this.#service.type) : NO_HOOKS
  }

  /** What calls these hooks of an instance of the class; undefined where there are none. */
  #calling(hooks: readonly Hook[], callAll: (hooks: readonly Hook[], instance: object, ctx: unknown) => unknown) {
    if (hooks.length === 0) return undefined
    return (instance: object, ctx?: unknown) => (this.#isOurs(instance) ? callAll(hooks, instance, ctx) : undefined)
  }

  #isOurs(instance: object): boolean {
    return this.#constructed?.has(instance) === true
  }
}

/** What the method with `@OnRun` of an instance is run as. */
function runOf({ hook, options }: RunHook, instance: object, ctx: StartContext, deps: object): TaskRun {
  return taskRun(ctx, { ...options, run: (context) => hook(instance).call(instance, context, deps) })
}

/** The provider that replaces a service. Its value is used without hooks, and the owner of the container releases it. */
function overrideOf(type: Class, container: DependencyContainer): Provider | undefined {
  const registration = registrationOf(type, container)
  if (registration === undefined || isAnnounced(registration) || registration.provider.useClass === type) return undefined
  return providerIn(registration, container)
}

/** What the kernel does without a stop hook. */
function dispose(instance: object): unknown {
  const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = instance as Partial<AsyncDisposable & Disposable>
  return (later ?? now)?.call(instance)
}

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({})

/** The values of the service's own `dependsOn`, which factories of the container may ask for, too. */
function declaredIn(
  dependsOn: Dependencies,
  deps: Readonly<Record<string, unknown>>,
  scope: KernelScope,
): Record<string, unknown> {
  const declared: Record<string, unknown> = {}
  for (const field of Object.keys(dependsOn)) {
    const wanted = wantedResource(dependsOn[field])!
    declared[field] = deps[field]
    if (wanted.kind !== 'ref') scope.runs(wanted.resource, deps[field])
  }
  return declared
}
