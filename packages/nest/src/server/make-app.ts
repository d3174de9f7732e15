import type { Dependencies, StartContext, Values } from '@keelson/kernel'
import type { INestApplication } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestServerOptions } from '../app/nest-options.js'
import { refuseSignals } from '../app/refuse-signals.js'
import { entryOf, lookFrom, rootModule } from '../app/root-module.js'
import { followGateways } from '../gateway/follow-gateways.js'
import { define, methodOf } from '../hooks/follow-hooks.js'
import { takeOverHooks } from '../hooks/take-over-hooks.js'
import { followTransport } from '../microservice/follow-transport.js'
import { followWorkers } from '../queue/follow-workers.js'

/** Makes the app of Nest, up to the point where it may be initialized. It is closed after the drain, also when the start fails. */
export async function makeApp<D extends Dependencies<D>>(
  { module, adapter, options, setup, hooks = 'nest', timeouts }: NestServerOptions<D>,
  deps: Values<D>,
  dependsOn: Dependencies,
  ctx: StartContext,
): Promise<INestApplication> {
  const entry = await entryOf(module, deps, ctx)
  // Nest would end the process, with nothing stopped.
  const settings = { ...options, abortOnError: false }
  const root = rootModule(entry, dependsOn, deps, ctx)
  const app = adapter ? await NestFactory.create(root, adapter(), settings) : await NestFactory.create(root, settings)
  takeOverHooks(app, hooks, timeouts?.start !== undefined, ctx)
  refuseSignals(app)
  lookFrom(app, entry)
  followMicroservices(app, ctx)
  followGateways(app, ctx)
  followWorkers(app, ctx)
  define(app, 'listen', () => {
    throw new Error('listen() is called by nestServer(): give it port and host, and take the call out of setup')
  })
  await setup?.(app, deps)
  return app
}

/** Those that `connectMicroservice()` makes listen once, when the app is initialized or when setup says so, and are followed from then on. */
function followMicroservices(app: INestApplication, ctx: StartContext): void {
  const start = methodOf(app, 'startAllMicroservices')
  let started: Promise<unknown> | undefined
  define(app, 'startAllMicroservices', function (this: unknown) {
    if (started === undefined) {
      for (const microservice of app.getMicroservices()) followTransport(microservice, ctx)
      started = start.call(this) as Promise<unknown>
    }
    return started
  })
}
