import type { Dependencies, StartContext, Values } from '@keelson/kernel'
import { type INestApplication, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { define } from '../hooks/follow-hooks.js'
import { modulesOf } from '../hooks/nest-modules.js'
import { takeOverHooks } from '../hooks/take-over-hooks.js'
import { valuesModule } from '../inject/keelson-module.js'
import { isEntry, makesEntry, type NestEntry } from './nest-entry.js'
import { kindOf, type NestServerOptions } from './nest-options.js'
import { refuseSignals } from './refuse-signals.js'

/** Makes the app of Nest, up to the point where it may be initialized. It is closed after the drain, also when the start fails. */
export async function makeApp<D extends Dependencies<D>>(
  { module, adapter, options, setup, hooks = 'nest', timeouts }: NestServerOptions<D>,
  deps: Values<D>,
  dependsOn: Dependencies,
  ctx: StartContext,
): Promise<INestApplication> {
  const entry: unknown = makesEntry(module) ? await module(deps as never, ctx as never) : module
  if (!isEntry(entry)) {
    throw new Error(`module returned ${kindOf(entry)}; return a class with @Module(), or a dynamic module`)
  }
  // Nest would end the process, with nothing stopped.
  const settings = { ...options, abortOnError: false }
  const root = rootModule(valuesModule(dependsOn, deps as never, ctx.kernel), entry)
  const app = adapter ? await NestFactory.create(root, adapter(), settings) : await NestFactory.create(root, settings)
  takeOverHooks(app, hooks, timeouts?.start !== undefined, ctx)
  refuseSignals(app)
  lookFrom(app, entry)
  define(app, 'listen', () => {
    throw new Error('listen() is called by nestServer(): give it port and host, and take the call out of setup')
  })
  await setup?.(app, deps)
  return app
}

/** Has the values of resources beside the app, whose own root module is left as it is. */
function rootModule(values: unknown, entry: NestEntry): new () => unknown {
  class KeelsonApp {}
  Module({ imports: [values as never, entry] })(KeelsonApp)
  return KeelsonApp
}

/** `app.get(x, { strict: true })` is about the root module of the user. */
function lookFrom(app: INestApplication, entry: NestEntry): void {
  const type = typeof entry === 'function' ? entry : entry.module
  for (const record of modulesOf(app)) if (record.metatype === type) return define(app, 'contextModule', record)
}
