import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Dependencies, KeelsonError, type Resource, type StartContext, type Values } from '@keelson/kernel'
import { type HttpServer, type HttpServerOptions, httpServer } from '@keelson/node'

/** An Express app, of version 4 or 5: the one thing that is asked of it is that it takes requests. */
export type ExpressApp = (req: IncomingMessage, res: ServerResponse) => unknown

/** The options of `httpServer`, with `app` in the place of `listener`; Express itself speaks no HTTP/2. */
export interface ExpressServerOptions<D extends Dependencies> extends Omit<HttpServerOptions<D>, 'listener' | 'http2'> {
  /** Makes the app, without calling `listen()`, from the values of `dependsOn`. */
  app(deps: Values<D>, ctx: StartContext): ExpressApp | PromiseLike<ExpressApp>
}

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
export function expressServer<const D extends Dependencies = {}>(
  name: string,
  options: ExpressServerOptions<D>,
): Resource<HttpServer> {
  if (typeof options?.app !== 'function') {
    const text = `resource "${name}": app must be a function that returns an Express app; write app: (deps) => express()`
    throw new KeelsonError('INVALID_OPTION', text, { resource: name, details: { option: 'app' } })
  }
  // Properties are copied as they are: dependsOn may be a getter that is not to be read yet.
  const { app, ...descriptors } = Object.getOwnPropertyDescriptors(options)
  const listener = async (deps: Values<D>, ctx: StartContext) => {
    const made: unknown = await options.app(deps, ctx)
    if (typeof made !== 'function') {
      throw new TypeError(
        `app returned ${made === null ? 'null' : typeof made}; return the app that express() made, without calling listen()`,
      )
    }
    return made as ExpressApp
  }
  const rest = Object.defineProperties({}, descriptors as PropertyDescriptorMap)
  return httpServer<D>(
    name,
    Object.defineProperty(rest, 'listener', { value: listener, enumerable: true }) as HttpServerOptions<D>,
  )
}
