import { type Dependencies, RESOURCE, type ResourceOptions, resource } from '@keelson/kernel'
import { misused } from '../errors.js'
import type { Fits, InjectToken } from '../inject/inject-list.js'
import { announce } from '../inject/kernel-scope.js'
import { define, type HookOption, type ServiceClass } from './definition.js'
import '../hooks/metadata.js'
import { type Class, listParameters } from '../inject/parameters.js'
import { container } from '../inject/tsyringe.js'
import { servicesByClass } from './services.js'

type Options = ResourceOptions<unknown, Dependencies>

/** The options of `@Service`. */
export interface ServiceOptions<I extends readonly InjectToken[] | undefined = readonly InjectToken[] | undefined>
  extends Omit<Options, 'dependsOn' | HookOption> {
  /** The name of the resource, in messages, probes and plans; default the name of the class. Set it where class names are minified. */
  name?: string
  /** Further dependencies by name, besides the constructor's; their values are the second argument of `@OnStart` methods. */
  dependsOn?: Dependencies
  /**
   * What the constructor receives, in its order, where the compiler emits no metadata (esbuild, tsx, type stripping, standard
   * decorators). TypeScript compares it with the constructor. It replaces metadata and `@Use`.
   */
  inject?: I
}

/** A class decorator: a standard one, and one for `experimentalDecorators`. */
export type ServiceDecorator<I> = <C extends abstract new (...args: never[]) => object>(
  type: C & Fits<C, I>,
  context?: ClassDecoratorContext,
) => void

/**
 * Makes a class a resource: `createKernel([Orders])`, `dependsOn: { orders: Orders }`, `kernel.get(Orders)`. A kernel has one
 * instance of it, constructed when the service starts and dropped after it has stopped; its hooks are the methods decorated
 * with `@OnStart`, `@OnCheck`, `@OnActivate`, `@OnQuiesce`, `@OnDrain`, `@OnStop` and `@OnKill`; `@OnRun` makes it a task. A class that extends a service needs a `@Service()` of its own.
 *
 * @throws KeelsonError `INVALID_OPTION` for a bad or unknown option; from `createKernel()` for a constructor parameter that
 * cannot be injected.
 *
 * @example
 * @Service({ timeouts: { stop: 5_000 } })
 * class Orders {
 *   constructor(readonly database: Database, @Use(limiter) readonly limiter: RateLimiterMemory) {}
 *
 *   @OnStart() async open(ctx: StartContext) { await this.database.migrate(ctx.signal) }
 *   @OnStop() async close() { await this.flush() }
 * }
 */
export function Service<const I extends readonly InjectToken[] | undefined = undefined>(
  options: ServiceOptions<I> = {},
): ServiceDecorator<I> {
  if (typeof options !== 'object') throw misused('Service', 'a class', 'it is not called with options', 'write @Service()')
  return (decorated) => {
    const type = decorated as unknown as Class
    const name = options.name ?? type.name
    // A class without a name that is exported as default is named after that.
    if (name === '' || (options.name === undefined && /^default(_\d+)?$/.test(name)))
      throw misused('Service', 'a class without a name', 'resources have names', "write @Service({ name: 'orders' })")
    if (Object.hasOwn(type, RESOURCE)) throw misused('Service', `class ${type.name}`, 'it is there twice', 'keep one')
    if (options.inject !== undefined) listParameters(type, injectList(options.inject, name))
    const { timeouts, ...passed } = kernelOptions(options, name)
    const service: ServiceClass = { type, name, passed, timeouts, late: options as ServiceClass['late'] }
    const definition = define(service, container)
    // Not inherited: a class that extends a service needs its own decorator.
    Object.defineProperty(type, RESOURCE, {
      get(this: unknown) {
        return this === type ? definition : undefined
      },
    })
    servicesByClass.set(type, service)
    announce(type)
  }
}

const OWN = ['name', 'inject', 'dependsOn', 'after']
const HOOKS: Readonly<Record<HookOption | 'run' | 'onEnd' | 'ready', string>> = {
  start: 'OnStart',
  check: 'OnCheck',
  activate: 'OnActivate',
  quiesce: 'OnQuiesce',
  drain: 'OnDrain',
  stop: 'OnStop',
  kill: 'OnKill',
  run: 'OnRun',
  onEnd: 'OnRun',
  ready: 'OnRun',
}

/** The options for the kernel, without reading those that are late-bound. */
function kernelOptions(options: object, name: string): ServiceClass['passed'] & Pick<Options, 'timeouts'> {
  const passed: Record<string, unknown> = {}
  for (const key of Object.keys(options)) {
    if (OWN.includes(key)) continue
    const hook = (HOOKS as Readonly<Record<string, string>>)[key]
    if (hook !== undefined)
      throw misused('Service', `class ${name}`, `${key} is no option of it`, `decorate a method with @${hook}()`)
    passed[key] = (options as Record<string, unknown>)[key]
  }
  // Refuses what the kernel does not know or cannot work with, where the class is defined. Whether there is a check, its methods say.
  resource(name, { ...passed, start: () => {}, check: () => {} })
  return passed
}

function injectList(inject: unknown, name: string): readonly InjectToken[] {
  if (Array.isArray(inject)) return inject
  throw misused('Service', `class ${name}`, 'inject is not an array', 'list what the constructor receives, in its order')
}
