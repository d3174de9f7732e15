import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dependencies, Resource } from '@keelson/kernel'
import { type AppServerOptions, appServer, type Http1Server, type HttpServer } from '@keelson/node'

/** A Koa app: the one thing that is asked of it is its request listener. */
export interface KoaApp {
  callback(): (req: IncomingMessage, res: ServerResponse) => unknown
}

/** The options of `httpServer`, with `app` in the place of `listener`. */
export type KoaServerOptions<D extends Dependencies<D>> = AppServerOptions<D, KoaApp>

/**
 * A Koa app as an HTTP server resource: it listens once everything that it depends on runs, and is drained before any of that
 * stops, so that every request that was accepted is answered. Probes are answered before the app sees them.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const api = koaServer('api', {
 *   dependsOn: { db },
 *   port: 3000,
 *   app: ({ db }) => new Koa().use(async (ctx) => (ctx.body = await db.orders())),
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function koaServer<const D extends Dependencies<D> = {}>(
  name: string,
  options: KoaServerOptions<D> & { http2?: false },
): Resource<HttpServer<Http1Server>>
// biome-ignore lint/complexity/noBannedTypes: as above.
export function koaServer<const D extends Dependencies<D> = {}>(name: string, options: KoaServerOptions<D>): Resource<HttpServer>
export function koaServer<const D extends Dependencies<D>>(name: string, options: KoaServerOptions<D>): Resource<HttpServer> {
  return appServer<D, KoaApp>(name, options, { example: 'new Koa()', isApp: isKoaApp, listener: (app) => app.callback() })
}

function isKoaApp(made: unknown): made is KoaApp {
  return typeof made === 'object' && made !== null && typeof (made as Partial<KoaApp>).callback === 'function'
}
