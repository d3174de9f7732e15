import type { Dependencies, Resource, StartContext } from '@keelson/kernel'
import {
  type AppServerOptions,
  appServer,
  type DrainableServer,
  type HttpServer,
  type ListeningApp,
  listenThrough,
} from '@keelson/node'

/** What is asked of a Fastify app, whatever its types of server and logger. */
export interface FastifyApp extends ListeningApp {
  ready(): PromiseLike<unknown>
  close(): PromiseLike<unknown>
}

/**
 * The options of `httpServer`, with `app` in the place of `listener`. TLS and HTTP/2 are options of the app itself:
 * `fastify({ https, http2 })`.
 */
export type FastifyServerOptions<D extends Dependencies<D>> = Omit<AppServerOptions<D, FastifyApp>, 'tls' | 'http2'>

/**
 * A Fastify app as an HTTP server resource: it is made and its plugins are loaded once everything that it depends on runs; then it
 * listens. It is drained before `app.close()`, after which it would answer 503, so that every request that was accepted is
 * answered; its `onClose` hooks have run before anything that it depends on stops. Probes are answered before the app sees them.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const api = fastifyServer('api', {
 *   dependsOn: { db },
 *   port: 3000,
 *   app: ({ db }) => fastify({ logger: true }).get('/orders', () => db.orders()),
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function fastifyServer<const D extends Dependencies<D> = {}>(
  name: string,
  options: FastifyServerOptions<D>,
): Resource<HttpServer> {
  return appServer<D, FastifyApp>(name, options, {
    example: 'fastify()',
    isApp: isFastifyApp,
    listener: prepare,
    without: { tls: 'set fastify({ https: … })', http2: 'set fastify({ http2: true })' },
  })
}

/** Loads the app, up to the point where its server may listen. */
async function prepare(app: FastifyApp, ctx: StartContext): Promise<DrainableServer> {
  if (used.has(app))
    throw new Error('app returned an app that was started before, which Fastify cannot; make a new one every time')
  used.add(app)
  // Runs after the drain; also when the app did not come to listen, for the plugins that were loaded.
  ctx.defer(() => app.close())
  const gate = listenThrough(app, ctx.signal)
  await app.ready()
  if (gate.tried()) throw new Error('app called listen(); leave that to fastifyServer, and give it port and host')
  gate.open()
  return app.server
}

const used = new WeakSet<FastifyApp>()

function isFastifyApp(made: unknown): made is FastifyApp {
  if (typeof made !== 'object' || made === null) return false
  const { server, ready, listen, close } = made as Partial<FastifyApp>
  return typeof server === 'object' && [ready, listen, close].every((method) => typeof method === 'function')
}
