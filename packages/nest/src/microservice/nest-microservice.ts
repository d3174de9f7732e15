import {
  type Dependencies,
  KeelsonError,
  type Resource,
  type ResourceOptions,
  resource,
  type StartContext,
  type Values,
} from '@keelson/kernel'
import type { INestMicroservice } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { makesEntry } from '../app/nest-entry.js'
import { checkNestOptions, type NestServerOptions } from '../app/nest-options.js'
import { refuseSignals } from '../app/refuse-signals.js'
import { entryOf, lookFrom, rootModule } from '../app/root-module.js'
import { takeOverHooks } from '../hooks/take-over-hooks.js'
import { appDependencies } from '../inject/app-dependencies.js'
import { followWorkers } from '../queue/follow-workers.js'
import { followTransport } from './follow-transport.js'

type Settings = 'dependsOn' | 'after' | 'impact' | 'labels' | 'restart' | 'retry' | 'shared' | 'timeouts'

export interface NestMicroserviceOptions<D extends Dependencies<D>>
  extends Pick<ResourceOptions<INestMicroservice, D>, Settings>,
    Pick<NestServerOptions<D>, 'module' | 'hooks'> {
  /** What `NestFactory.createMicroservice()` takes: `transport` and its `options`, a logger. `abortOnError` is false, whatever it says. */
  options: object | ((deps: Values<D>) => object)
  /** Called with the app before it listens: pipes, guards, interceptors. Not `listen()`. */
  setup?(app: INestMicroservice, deps: Values<D>): unknown
}

const KEYS = {
  dependsOn: true,
  after: true,
  module: true,
  options: true,
  setup: true,
  hooks: true,
  timeouts: true,
  impact: true,
  labels: true,
  restart: true,
  retry: true,
  shared: true,
} as const satisfies Readonly<Record<keyof NestMicroserviceOptions<Dependencies>, true>>

/**
 * A microservice of NestJS as a resource: it listens once everything that it depends on runs. At the end it waits for the messages that it
 * works on, on TCP also for those that are on the wire, before `app.close()`, and takes no more connections; `timeouts.drain` is `Infinity` by
 * default. It depends on what its modules inject.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const math = nestMicroservice('math', { module: MathModule, options: { transport: Transport.TCP, options: { port: 4000 } } })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function nestMicroservice<const D extends Dependencies<D> = {}>(
  name: string,
  options: NestMicroserviceOptions<D>,
): Resource<INestMicroservice> {
  checkNestOptions(name, options, KEYS)
  const { module, options: nest, setup, hooks, dependsOn: given, after, timeouts, ...settings } = options
  if (nest === undefined) {
    const message = `resource "${name}": options is missing; add options: { transport: Transport.TCP, … }`
    throw new KeelsonError('INVALID_OPTION', message, { resource: name, details: { option: 'options' } })
  }
  let dependsOn: Dependencies = {}
  const start = async (deps: never, ctx: StartContext): Promise<INestMicroservice> => {
    const entry = await entryOf(module, deps, ctx)
    const own = typeof nest === 'function' ? (nest as (deps: never) => object)(deps) : nest
    const root = rootModule(entry, dependsOn, deps, ctx)
    const app = await NestFactory.createMicroservice(root, { ...own, abortOnError: false })
    takeOverHooks(app, hooks ?? 'nest', timeouts?.start !== undefined, ctx)
    refuseSignals(app)
    lookFrom(app, entry)
    followTransport(app, ctx)
    followWorkers(app, ctx)
    await setup?.(app, deps)
    await app.listen()
    return app
  }
  return resource<INestMicroservice, Dependencies>(name, {
    ...settings,
    get dependsOn() {
      dependsOn = appDependencies((options.dependsOn ?? {}) as Dependencies, makesEntry(module) ? undefined : module)
      return dependsOn
    },
    get after() {
      return options.after ?? []
    },
    timeouts: { drain: Infinity, ...timeouts },
    start: start as never,
    // It is closed with its hooks.
    stop: () => {},
  } as ResourceOptions<INestMicroservice, Dependencies>)
}
