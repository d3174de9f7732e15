import type { Server as HttpServerOfNode } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Dependencies, Resource, StartContext } from '@keelson/kernel'
import { appServer, type HttpServer, type ListeningApp, listenThrough } from '@keelson/node'
import { type INestApplication, Logger } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { makesEntry } from '../app/nest-entry.js'
import { checkNestOptions, type NestServerOptions } from '../app/nest-options.js'
import { define } from '../hooks/follow-hooks.js'
import { appDependencies } from '../inject/app-dependencies.js'
import { makeApp } from './make-app.js'

/** Node's default, in ms: load balancers keep idle connections for longer, and would send requests to closed ones. */
const NODE_KEEP_ALIVE = 5_000
const KEEP_ALIVE = 65_000

type NestServer = HttpServer<HttpServerOfNode | HttpsServer>

/**
 * An app of NestJS as an HTTP server resource: it is made, and its providers are initialized, once everything that it depends on runs;
 * then it listens. It is drained while all providers live, so that every request that was accepted is answered; then `app.close()` calls
 * their hooks, within `timeouts.stop`, and only then does anything stop that it depends on. What those hooks throw is in the report.
 * Besides `dependsOn` it depends on the resources that its modules inject.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const api = nestServer('api', { module: AppModule, port: 3000 })
 * await run(createKernel([api]))
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function nestServer<const D extends Dependencies<D> = {}>(
  name: string,
  options: NestServerOptions<D>,
): Resource<NestServer> {
  checkNestOptions(name, options)
  const { module, adapter, options: nest, setup, hooks, ...own } = Object.getOwnPropertyDescriptors(options)
  let dependsOn: Dependencies = {}
  const rest = Object.defineProperties({}, own as PropertyDescriptorMap)
  Object.defineProperty(rest, 'dependsOn', {
    enumerable: true,
    get: () => {
      dependsOn = appDependencies(options.dependsOn ?? {}, makesEntry(options.module) ? undefined : options.module)
      return dependsOn
    },
  })
  const app = (deps: never, ctx: StartContext) => flushedWhenFailing(makeApp<D>(options, deps, dependsOn, ctx))
  return appServer<Dependencies, INestApplication>(name, Object.assign(rest, { app }) as never, {
    example: 'NestFactory.create(AppModule)',
    isApp,
    listener: (app, ctx) => flushedWhenFailing(listener(app, ctx)),
  }) as Resource<HttpServer> as Resource<NestServer>
}

/**
 * The app behind the value of a `nestServer()`: of this start.
 *
 * @example
 * const orders = appOf(kernel.get(api)).get(OrdersService)
 */
export function appOf({ server }: HttpServer): INestApplication {
  const app = apps.get(server)
  if (app === undefined) throw new Error('appOf() takes the value of a nestServer(), as kernel.get(api) returns it')
  return app
}

const apps = new WeakMap<object, INestApplication>()

/** Initializes the app, up to the point where its server may listen. */
async function listener(app: INestApplication, ctx: StartContext): Promise<HttpServerOfNode> {
  const instance: unknown = app.getHttpAdapter().getInstance()
  const gate = isFastify(instance) ? listenThrough(instance, ctx.signal) : undefined
  await app.init()
  if (app.getMicroservices().length > 0) await app.startAllMicroservices()
  if (isFastify(instance)) await instance.ready()
  if (gate?.tried())
    throw new Error('something in the app has called listen(); leave that to nestServer(), and give it port and host')
  gate?.open()
  const server: HttpServerOfNode = app.getHttpServer()
  if (server.keepAliveTimeout === NODE_KEEP_ALIVE) server.keepAliveTimeout = KEEP_ALIVE
  apps.set(server, app)
  server.once('listening', () => {
    // What app.listen() would have done.
    define(app, 'isListening', true)
    app.get(HttpAdapterHost).listening = true
    app.flushLogs()
  })
  return server
}

/** With `bufferLogs` Nest would keep what it, and `nestLog()`, have to say of a start that fails. */
async function flushedWhenFailing<T>(making: Promise<T>): Promise<T> {
  try {
    return await making
  } catch (error) {
    Logger.flush()
    throw error
  }
}

interface FastifyLike extends ListeningApp {
  ready(): PromiseLike<unknown>
}

function isFastify(instance: unknown): instance is FastifyLike {
  const { server, ready, listen } = Object(instance) as Partial<FastifyLike>
  return typeof server === 'object' && typeof ready === 'function' && typeof listen === 'function'
}

function isApp(made: unknown): made is INestApplication {
  const { init, getHttpServer, getHttpAdapter } = Object(made) as Partial<INestApplication>
  return [init, getHttpServer, getHttpAdapter].every((method) => typeof method === 'function')
}
