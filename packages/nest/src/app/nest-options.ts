import { type Dependencies, KeelsonError, type StartContext, type Values } from '@keelson/kernel'
import type { AppServerOptions } from '@keelson/node'
import type { INestApplication, NestApplicationOptions } from '@nestjs/common'
import type { AbstractHttpAdapter } from '@nestjs/core'
import type { HookOrder } from '../hooks/provider-graph.js'
import { kindOf } from './kind-of.js'
import { isEntry, makesEntry, type NestEntry } from './nest-entry.js'

/** The options of `httpServer`, and what an app of Nest is made of. TLS is an option of Nest: `options: { httpsOptions }`. */
export interface NestServerOptions<D extends Dependencies<D>>
  extends Omit<AppServerOptions<D, INestApplication>, 'app' | 'tls' | 'http2'> {
  /** The root module, or a function that makes it from the values of `dependsOn`, at each start. */
  module: NestEntry | ((deps: Values<D>, ctx: StartContext) => NestEntry | PromiseLike<NestEntry>)
  /** Makes the adapter of another platform, at each start: `() => new FastifyAdapter()`. Default: that of Express. */
  adapter?(): AbstractHttpAdapter
  /** What `NestFactory.create()` takes. `abortOnError` is false, whatever it says. */
  options?: NestApplicationOptions
  /** Called with the app before it is initialized: pipes, guards, a prefix, `connectMicroservice()`. Not `listen()`. */
  setup?(app: INestApplication, deps: Values<D>): unknown
  /**
   * In which order hooks of providers are called: `'nest'` (default) that of Nest, but for providers with `@DependsOn()` or `@AsResource()` and what is
   * below these; `'graph'`: each provider with hooks is a resource, started when what it depends on has started and stopped before that.
   */
  hooks?: HookOrder
}

type Key = Exclude<keyof NestServerOptions<Dependencies>, symbol | number>

/** TypeScript sees to it that none is missing. */
const KEYS: Readonly<Record<Key, true>> = {
  dependsOn: true,
  after: true,
  module: true,
  adapter: true,
  options: true,
  setup: true,
  hooks: true,
  port: true,
  host: true,
  path: true,
  readableAll: true,
  writableAll: true,
  fd: true,
  backlog: true,
  reusePort: true,
  waitForPort: true,
  probes: true,
  serverOptions: true,
  admission: true,
  drain: true,
  timeouts: true,
  impact: true,
  labels: true,
  monitor: true,
  restart: true,
  retry: true,
  shared: true,
}

/** Throws `INVALID_OPTION` for what is of Nest; what is of every server is checked by `appServer()`. */
export function checkNestOptions(name: string, options: unknown, keys: Readonly<Record<string, true>> = KEYS): void {
  const refuse = (option: string, problem: string) => {
    const message = `resource "${name}": ${option} ${problem}`
    return new KeelsonError('INVALID_OPTION', message, { resource: name, details: { option } })
  }
  if (typeof options !== 'object' || options === null) throw refuse('the options', 'must be an object')
  const { module, adapter, options: nest, setup, hooks } = options as Record<string, unknown>
  if (module === undefined) throw refuse('module', 'is missing; add module: AppModule, or module: (deps) => …')
  for (const key of Object.keys(options)) {
    if (key === 'tls')
      throw refuse(key, 'is not an option: give options: { httpsOptions: … }, or https to the adapter of Fastify')
    if (key === 'http2') throw refuse(key, 'is not an option: give http2 to the adapter of Fastify')
    if (!Object.hasOwn(keys, key)) throw refuse(key, `is not an option; there are ${Object.keys(keys).join(', ')}`)
  }
  if (!isEntry(module) && !makesEntry(module)) {
    throw refuse('module', `must be a class with @Module(), a dynamic module or a function that makes one, not ${kindOf(module)}`)
  }
  for (const [key, value] of Object.entries({ adapter, setup })) {
    if (value !== undefined && typeof value !== 'function') throw refuse(key, `must be a function, not ${kindOf(value)}`)
  }
  if (hooks !== undefined && hooks !== 'nest' && hooks !== 'graph') throw refuse('hooks', "must be 'nest' or 'graph'")
  // Those of a microservice may be made of what it depends on.
  const made = typeof nest === 'function' && keys !== KEYS
  if (nest !== undefined && !made && (typeof nest !== 'object' || nest === null)) {
    throw refuse('options', `must be an object, not ${kindOf(nest)}`)
  }
}
