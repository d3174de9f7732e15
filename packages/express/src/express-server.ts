import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dependencies, Resource } from '@keelson/kernel'
import { type AppServerOptions, appServer, type Http1Server, type HttpServer } from '@keelson/node'

/** An Express app, of version 4 or 5: the one thing that is asked of it is that it takes requests. */
export type ExpressApp = (req: IncomingMessage, res: ServerResponse) => unknown

/** The options of `httpServer`, with `app` in the place of `listener`; Express itself speaks no HTTP/2. */
export type ExpressServerOptions<D extends Dependencies<D>> = Omit<AppServerOptions<D, ExpressApp>, 'http2'>

/**
 * An Express app as an HTTP server resource: it listens once everything that it depends on runs, and is drained before any of
 * that stops, so that every request that was accepted is answered. Probes are answered before the app sees them.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const api = expressServer('api', {
 *   dependsOn: { db },
 *   port: 3000,
 *   app: ({ db }) => express().get('/orders', async (_req, res) => res.json(await db.orders())),
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function expressServer<const D extends Dependencies<D> = {}>(
  name: string,
  options: ExpressServerOptions<D>,
): Resource<HttpServer<Http1Server>> {
  return appServer<D, ExpressApp, Http1Server>(name, options, {
    example: 'express()',
    isApp: (made): made is ExpressApp => typeof made === 'function',
    listener: (app) => app,
    without: { http2: 'Express speaks HTTP/1 only' },
  })
}
