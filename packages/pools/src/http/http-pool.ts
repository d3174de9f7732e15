import { type Dependencies, type Resource, type ResourceOptions, resource } from '@keelson/kernel'
import type { Pool } from '../pool/pool.js'
import { checkOptions, invalid, type Lifecycle, lifecycleOf, type Servers } from '../pool/pool-options.js'
import { checkServers, serversOf } from '../pool/servers.js'
import { HttpClient } from './http-client.js'
import { HttpClients } from './http-clients.js'
import { checkHttp, type HttpPoolServer } from './http-pool-server.js'

/** Times are in ms, and `Infinity` is no limit. */
export interface HttpPoolOptions<D extends Dependencies> extends Lifecycle<D> {
  servers: Servers<HttpPoolServer, D>
  /** Connections per server; further requests wait. Default 10. */
  max?: number
  /** How long a connection may be idle before it is closed; default 4_000, a second less than Node's servers. */
  idleTimeout?: number
  /** How long connecting may take; default 10_000. */
  connectTimeout?: number
  /** How long a server may take to begin its answer, and be silent within it; default 30_000. */
  requestTimeout?: number
  /** A path whose answer must be below 500; asked of each server at each check of the resource. */
  ping?: string
}

const TIMES = ['idleTimeout', 'connectTimeout', 'requestTimeout'] as const

/**
 * HTTP clients by server, on undici's pools. A client may be used by any number of callers: connections, not callers, are limited.
 * Stopping refuses new requests and waits for the whole answer to those in flight.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const upstreams = httpPool('upstreams', { servers: { search: { url: 'http://10.0.0.7:8080' } }, max: 20 })
 * kernel.get(upstreams).use('search', (http) => http.fetch('/?q=rope'))
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function httpPool<const D extends Dependencies = {}>(
  name: string,
  options: HttpPoolOptions<D>,
): Resource<Pool<HttpClient, HttpPoolServer>> {
  checkOptions(name, options)
  const { servers, max = 10, idleTimeout = 4_000, connectTimeout = 10_000, requestTimeout = 30_000, ping } = options
  if (!Number.isInteger(max) || max < 1) throw invalid(name, 'max', 'max must be a whole number, 1 or more')
  for (const key of TIMES) {
    const ms: unknown = options[key] ?? 1
    if (typeof ms !== 'number' || !(ms > 0)) throw invalid(name, key, `${key} must be a number of milliseconds`)
  }
  if (ping !== undefined && typeof ping !== 'string') throw invalid(name, 'ping', 'ping must be a path')
  const checkServer = (server: string, config: unknown) => checkHttp({ pool: name, server }, config)
  checkServers(name, servers, checkServer)
  const limits = { max, idleTimeout, connectTimeout, requestTimeout }
  const hooks: ResourceOptions<HttpClients, D> = {
    async start(deps, ctx) {
      const clients = new HttpClients(name, checkServer, (server, { url }) => new HttpClient({ pool: name, server }, url, limits))
      for (const [server, config] of Object.entries(await serversOf(name, servers, deps, ctx))) clients.add(server, config)
      return clients
    },
    ...(ping !== undefined && {
      check: (clients: HttpClients, { signal }: { signal: AbortSignal }) => clients.ping(ping, signal),
    }),
    drain: (clients) => clients.drain(),
    stop: (clients) => clients.stop(),
  }
  const descriptors = lifecycleOf(name, options, ['servers', 'max', 'ping', ...TIMES])
  return resource(name, Object.defineProperties(hooks, descriptors) as ResourceOptions<Pool<HttpClient, HttpPoolServer>, D>)
}
