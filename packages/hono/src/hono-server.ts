import type { RequestListener } from 'node:http'
import { createAdaptorServer, getRequestListener } from '@hono/node-server'
import { type Dependencies, KeelsonError, type Resource, type StartContext, type Values } from '@keelson/kernel'
import { type AppServerOptions, appServer, type Http1Server, type HttpServer } from '@keelson/node'

/** A Hono app, or anything else that makes a response of a request: the one thing that is asked of it is `fetch`. */
export interface FetchApp {
  // biome-ignore lint/suspicious/noExplicitAny: what an app makes of its environment is its own affair.
  fetch(request: Request, env?: any): Response | Promise<Response>
}

/** The parts of a `WebSocketServer` of the `ws` package that @hono/node-server needs; made with `noServer: true`. */
export interface WebSocketServerLike {
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it.
  on(event: any, listener: (...args: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: the arguments of ws.
  handleUpgrade(...args: any[]): void
}

/** The options of `httpServer`, with `app` in the place of `listener`. */
export interface HonoServerOptions<D extends Dependencies<D>> extends AppServerOptions<D, FetchApp> {
  /**
   * For `upgradeWebSocket()` of @hono/node-server 2: makes the server of WebSockets, at every start. Not with `tls` or `http2`.
   *
   * @example
   * websocket: () => new WebSocketServer({ noServer: true })
   */
  websocket?(deps: Values<D>, ctx: StartContext): WebSocketServerLike
}

const CONNECTION_HEADERS = ['connection', 'keep-alive', 'transfer-encoding']

const WITHOUT = {
  tls: 'websocket is for servers that speak HTTP/1 in the clear; let the proxy in front speak TLS',
  http2: 'websocket is for servers that speak HTTP/1 in the clear',
}

/**
 * A Hono app as an HTTP server resource: it listens once everything that it depends on runs, and is drained before any of that
 * stops, so that every request that was accepted is answered. Probes are answered before the app sees them. Takes any object with
 * `fetch(request)` that answers with a `Response`.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const api = honoServer('api', {
 *   dependsOn: { db },
 *   port: 3000,
 *   app: ({ db }) => new Hono().get('/orders', async (c) => c.json(await db.orders())),
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function honoServer<const D extends Dependencies<D> = {}>(
  name: string,
  options: HonoServerOptions<D> & { http2?: false },
): Resource<HttpServer<Http1Server>>
// biome-ignore lint/complexity/noBannedTypes: as above.
export function honoServer<const D extends Dependencies<D> = {}>(
  name: string,
  options: HonoServerOptions<D>,
): Resource<HttpServer>
export function honoServer<const D extends Dependencies<D>>(name: string, options: HonoServerOptions<D>): Resource<HttpServer> {
  const { websocket, app, http2 } = Object(options) as HonoServerOptions<D>
  const adapter = { example: 'new Hono()', isApp: isFetchApp, listener: (app: FetchApp) => listenerOf(app, http2 === true) }
  if (websocket === undefined) return appServer<D, FetchApp>(name, options, adapter)
  if (typeof websocket !== 'function') throw notAFunction(name)
  // What is made there belongs to the app that is made at the same start.
  const sockets = new WeakMap<FetchApp, WebSocketServerLike>()
  const descriptors = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap
  delete descriptors.websocket
  const makeBoth = async (deps: Values<D>, ctx: StartContext) => {
    const made: unknown = await options.app(deps, ctx)
    if (isFetchApp(made)) sockets.set(made, websocket.call(options, deps, ctx))
    return made as FetchApp
  }
  if (typeof app === 'function') descriptors.app = { value: makeBoth, enumerable: true }
  return appServer<D, FetchApp>(name, Object.defineProperties({}, descriptors) as AppServerOptions<D, FetchApp>, {
    ...adapter,
    listener: (app) => upgradingServer(app, sockets.get(app)!),
    without: WITHOUT,
  })
}

function isFetchApp(made: unknown): made is FetchApp {
  return typeof made === 'object' && made !== null && typeof (made as Partial<FetchApp>).fetch === 'function'
}

function listenerOf(app: FetchApp, http2: boolean): RequestListener {
  const answer = http2 ? (request: Request, env: unknown) => overHttp2(app, request, env) : app.fetch.bind(app)
  return getRequestListener(answer) as RequestListener
}

/** Without headers that HTTP/2 forbids: `streamSSE()` of Hono sets some, and the stream would never begin. */
async function overHttp2(app: FetchApp, request: Request, env: unknown): Promise<Response> {
  const response = await app.fetch(request, env)
  const forbidden = CONNECTION_HEADERS.filter((name) => response.headers.has(name))
  if (forbidden.length === 0) return response
  const headers = new Headers(response.headers)
  for (const name of forbidden) headers.delete(name)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

function upgradingServer(app: FetchApp, server: WebSocketServerLike): Http1Server {
  const made = createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env),
    websocket: { server: server as never },
  }) as Http1Server
  if (made.listenerCount('upgrade') === 0)
    throw new Error(
      'websocket needs @hono/node-server 2; with 1, hand the server of the resource to injectWebSocket() of @hono/node-ws',
    )
  return made
}

function notAFunction(name: string): KeelsonError {
  const why = 'every start gets a new one; write websocket: () => new WebSocketServer({ noServer: true })'
  return new KeelsonError(
    'INVALID_OPTION',
    `resource "${name}": websocket must be a function that makes the server, so that ${why}`,
    {
      resource: name,
      details: { option: 'websocket' },
    },
  )
}
