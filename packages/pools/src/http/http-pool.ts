import type { Dependencies, Resource, ResourceOptions } from '@keelson/kernel'
import { type Lifecycle, resourceWith } from '../pool/lifecycle.js'
import { check, checkCount, checkOptions, checkPositiveMs } from '../pool/option-checks.js'
import type { Pool } from '../pool/pool.js'
import type { Servers } from '../pool/pool-options.js'
import { checkServers, serversOf } from '../pool/servers.js'
import { type HttpClient, PooledHttpClient } from './http-client.js'
import { HttpClients } from './http-clients.js'
import { checkHttp, type HttpPoolServer } from './http-pool-server.js'

/** Times are in ms, and `Infinity` is no limit. */
export interface HttpPoolOptions<D extends Dependencies<D>> extends Lifecycle<D> {
  /** By name, or a function of the dependencies. */
  servers: Servers<HttpPoolServer, D>
  /** Connections per server; further requests wait for one. Default 10. */
  max?: number
  /** Milliseconds after which an idle connection is closed; default 4_000, a second less than the keep-alive of Node's servers. */
  idleTimeout?: number
  /** Milliseconds that connecting may take; default 10_000. */
  connectTimeout?: number
  /** Milliseconds until the headers of an answer, and between two parts of its body; default 30_000. */
  requestTimeout?: number
  /** A path that each check of the resource requests from each server; healthy while one of them answers below 500. Default no check. */
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
export function httpPool<const D extends Dependencies<D> = {}>(
  name: string,
  options: HttpPoolOptions<D>,
): Resource<Pool<HttpClient, HttpPoolServer>> {
  checkOptions(name, options)
  const { servers, max = 10, idleTimeout = 4_000, connectTimeout = 10_000, requestTimeout = 30_000, ping } = options
  checkCount(name, 'max', max)
  for (const key of TIMES) if (options[key] !== undefined) checkPositiveMs(name, key, options[key])
  check(name, 'ping', ping === undefined || typeof ping === 'string', 'a path')
  const checkServer = (server: string, config: unknown) => checkHttp({ pool: name, server }, config)
  checkServers(name, servers, checkServer)
  const limits = { max, idleTimeout, connectTimeout, requestTimeout }
  const hooks: ResourceOptions<HttpClients, D> = {
    async start(deps, ctx) {
      const clients = new HttpClients(
        name,
        checkServer,
        (server, { url }) => new PooledHttpClient({ pool: name, server }, url, limits),
      )
      for (const [server, config] of Object.entries(await serversOf(name, servers, deps, ctx))) clients.add(server, config)
      return clients
    },
    ...(ping !== undefined && {
      check: (clients: HttpClients, { signal }: { signal: AbortSignal }) => clients.ping(ping, signal),
    }),
    drain: (clients) => clients.drain(),
    stop: (clients) => clients.stop(),
  }
  return resourceWith(name, options, ['servers', 'max', 'ping', ...TIMES], hooks)
}
