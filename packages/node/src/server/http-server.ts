import {
  type Dependencies,
  type KernelEventOf,
  type Resource,
  type ResourceOptions,
  resource,
  type StartContext,
  type StopContext,
  type Timeouts,
  type Values,
} from '@keelson/kernel'
import { limitRequests } from '../admission/limit-requests.js'
import { makeRoom, spareFiles } from '../admission/make-room.js'
import { isSecure } from '../connections/secure-server.js'
import { drainerOf } from '../drain/drain-server.js'
import { drainNote } from '../drain/drain-stats.js'
import type { DrainableServer, Drainer, Http1Server } from '../drain/drainer.js'
import { serverRuns } from '../drain/running-servers.js'
import { isObject } from '../options.js'
import { isBeingDisconnected } from '../platform/process-parent.js'
import { probeHandler } from '../probe/probe-handler.js'
import { wallClock } from '../time.js'
import { claimServer } from './claim-server.js'
import { checkHttpServerOptions, type Http1ServerOptions, type HttpServerOptions } from './http-server-options.js'
import { listenOn } from './listen-on.js'
import { isServer, makeServer } from './make-server.js'
import type { Listening } from './server-url.js'
import { tellReader } from './tell-reader.js'

/** A server that listens. */
export interface HttpServer<S extends DrainableServer = DrainableServer> extends Listening {
  readonly server: S
}

/**
 * An HTTP server as a resource. It listens once everything that it depends on runs, and drains before any of that stops: every
 * request that was accepted is answered. While the kernel is draining, responses say `Connection: close`.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const api = httpServer('api', {
 *   dependsOn: { db },
 *   port: 3000,
 *   listener: ({ db }) => async (_req, res) => res.end(JSON.stringify(await db.orders())),
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function httpServer<const D extends Dependencies<D> = {}>(
  name: string,
  options: Http1ServerOptions<D>,
): Resource<HttpServer<Http1Server>>
// biome-ignore lint/complexity/noBannedTypes: as above.
export function httpServer<const D extends Dependencies<D> = {}>(
  name: string,
  options: HttpServerOptions<D>,
): Resource<HttpServer>
export function httpServer<const D extends Dependencies<D>>(name: string, options: HttpServerOptions<D>): Resource<HttpServer> {
  checkHttpServerOptions(name, options)
  tellReader(name, options)
  const { timeouts, impact, labels, monitor, restart, retry, shared } = options
  const hooks: ResourceOptions<HttpServer, D> = {
    timeouts: withDrain(timeouts),
    ...(impact && { impact }),
    ...(labels && { labels }),
    ...(monitor && { monitor }),
    ...(restart && { restart }),
    ...(retry !== undefined && { retry }),
    ...(shared !== undefined && { shared }),
    start: (deps, ctx) => start(options, deps, ctx),
    check: ({ server }) => server.listening,
    drain: (value, ctx) => drain(drainerBehind(value), ctx),
    stop: (value) => close(drainerBehind(value)),
    kill: (value) => drainerBehind(value).destroy(),
  }
  return resource<HttpServer, D>(name, lateBound(hooks, options))
}

async function start<D extends Dependencies<D>>(
  options: HttpServerOptions<D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<HttpServer> {
  const { tls, http2, probes = {}, serverOptions = {}, admission } = options
  const probe = probes === false ? undefined : probeHandler(ctx.kernel, probes)
  const made: unknown = await options.listener(deps, ctx)
  if (isServer(made)) ctx.defer(claimServer(made, ctx.name))
  const front = admission === undefined ? probe : undefined
  const server = await makeServer({ made, tls, http2, settings: serverOptions, probe: front, defer: (undo) => ctx.defer(undo) })
  if (admission !== undefined) limitRequests(server, admission, probe, ctx)
  const drainer = drainerOf(server, options.drain)
  const { maxConnections = Number.POSITIVE_INFINITY } = serverOptions
  ctx.defer(makeRoom(server, { maxConnections, spareFiles: spareFiles(64) }))
  // N3: also when the start is given up while it still comes to listen.
  ctx.defer(() => close(drainer))
  const where = await listenOn(server, options, tls !== undefined || isSecure(server), ctx)
  ctx.defer(serverRuns({ kernel: ctx.kernel, resource: ctx.name, url: where.url, server, drainer }))
  ctx.workload(() => drainer.inFlight())
  followKernel(server, drainer, ctx)
  const value = { server, ...where }
  drainers.set(value, drainer)
  return value
}

/** Of each value: its server may have another one in a later life. */
const drainers = new WeakMap<HttpServer, Drainer>()

function drainerBehind(value: HttpServer): Drainer {
  return drainers.get(value) ?? drainerOf(value.server)
}

async function drain(drainer: Drainer, { signal, deadline }: StopContext): Promise<{ note: string } | undefined> {
  const within = deadline - wallClock()
  // Of a kernel with a clock of its own the time that is left is not known.
  await drainer.drain(within > 0 ? { signal, within } : { signal })
  const note = drainNote(drainer.stats())
  return note === undefined ? undefined : { note }
}

/** N2: goes lame with the kernel. And a server that something else closed is gone. */
function followKernel(server: DrainableServer, drainer: Drainer, ctx: StartContext): void {
  const onState = ({ to }: KernelEventOf<'kernel:state'>) => {
    if (to === 'draining') drainer.lameDuck()
  }
  const onClose = () => {
    const { state } = drainer.stats()
    if ((state === 'serving' || state === 'lame-duck') && !isBeingDisconnected())
      ctx.crashed(new Error('its server was closed by something other than the kernel'))
  }
  ctx.kernel.on('kernel:state', onState)
  server.once('close', onClose)
  ctx.defer(() => {
    ctx.kernel.off('kernel:state', onState)
    server.off('close', onClose)
  })
}

/** D3: accepted requests may take what the budget leaves. What is no object is left for the kernel to refuse. */
function withDrain(timeouts: Timeouts = {}): Timeouts {
  return isObject(timeouts) && timeouts.drain === undefined ? { ...timeouts, drain: Infinity } : timeouts
}

/** Without a drain before it, errors of the goodbyes are reported here; else the drain reports them, and what it did, first. */
async function close(drainer: Drainer): Promise<void> {
  const { state } = drainer.stats()
  const closed = drainer.drain({ signal: AbortSignal.abort() })
  await (state === 'draining' || state === 'drained' ? closed.catch(() => {}) : closed)
}

/** `dependsOn` and `after` are handed on as getters: a kernel reads them when it takes the resource in, not before. */
function lateBound<D extends Dependencies<D>>(
  hooks: ResourceOptions<HttpServer, D>,
  options: HttpServerOptions<D>,
): ResourceOptions<HttpServer, D> {
  const link = (key: 'dependsOn' | 'after') => ({ get: () => options[key], enumerable: true })
  return Object.defineProperties(hooks, { dependsOn: link('dependsOn'), after: link('after') })
}
