import { type Dependencies, type Resource, resource, type StartContext, type Values } from '@keelson/kernel'
import { Redis, type RedisOptions } from 'ioredis'
import { hooksOf, type Made } from './hooks.js'
import type { IoredisCluster } from './ioredis-cluster.js'
import { boundQueue, type IoredisClient, IoredisLink } from './ioredis-link.js'
import { linkOf } from './ioredis-links.js'
import {
  checkIsObject,
  checkMaxQueued,
  type Given,
  invalid,
  type Lifecycle,
  MAX_QUEUED,
  resolved,
  withHooks,
} from './lifecycle.js'
import type { QueueOptions } from './queue-options.js'
import { markPermanent, reason } from './reason.js'
import { secretsOf } from './secrets.js'

export interface IoredisOptions<D extends Dependencies<D>> extends Lifecycle<Redis, D>, QueueOptions {
  /**
   * A URL such as `redis://127.0.0.1:6379/0` or `rediss://…`, or a function of the dependencies that returns one. `undefined` is
   * accepted, so that `process.env.REDIS_URL` can be passed, and refused when the resource starts.
   */
  url?: Given<string | undefined, D>
  /** Passed to `new Redis()`, Sentinels included, or a function of the dependencies that makes them. */
  options?: Given<RedisOptions, D>
}

export interface IoredisAdoptOptions<C, D extends Dependencies<D>> extends Lifecycle<C, D>, QueueOptions {
  /**
   * What `new Redis()` or `new Cluster()` made, best with `lazyConnect: true`, or a function of the dependencies that makes it, at every
   * start. It is connected here, unless it is already, and closed here.
   */
  client: Given<C, D>
}

const OWN = ['url', 'options', 'client', 'maxQueued', 'replica']

/**
 * A client of ioredis that is connected and answers: `start` connects within `timeouts.start`, the check is a PING bounded by
 * `timeouts.check`, and the resource is unhealthy from the moment the connection is lost until the server answers again. The client
 * connects again by itself, so its dependents go on with the same instance; when its `retryStrategy` gives up, it has crashed.
 *
 * Needs the peer `ioredis`, 5.4 or later, or 6. Credentials never show in an error of this resource.
 *
 * @throws KeelsonError `INVALID_OPTION` for an option that cannot be used; a missing `url` fails the start instead, so that a graph can
 * be planned without its environment.
 *
 * @example
 * const cache = ioredis('cache', { url: process.env.REDIS_URL, options: { maxRetriesPerRequest: null } })
 * const cluster = ioredis('cluster', { client: () => new Cluster(nodes, { lazyConnect: true }) })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function ioredis<C extends IoredisClient | IoredisCluster, const D extends Dependencies<D> = {}>(
  name: string,
  options: IoredisAdoptOptions<C, D>,
): Resource<C>
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function ioredis<const D extends Dependencies<D> = {}>(name: string, options: IoredisOptions<D>): Resource<Redis>
export function ioredis<D extends Dependencies<D>>(
  name: string,
  options: IoredisOptions<D> | IoredisAdoptOptions<IoredisClient | IoredisCluster, D>,
): Resource<unknown> {
  checkIsObject(name, options)
  const { maxQueued, replica = false, timeouts } = options
  checkMaxQueued(name, maxQueued)
  const make = 'client' in options ? adopted(name, options, maxQueued) : made(name, options, maxQueued)
  return resource(name, withHooks<object, D>(name, options, OWN, hooksOf(make, { timeouts, replica })))
}

type Make<D extends Dependencies<D>> = (deps: Values<D>, ctx: StartContext) => Promise<Made<object>>

function made<D extends Dependencies<D>>(name: string, given: IoredisOptions<D>, maxQueued = MAX_QUEUED): Make<D> {
  const { url, options } = given
  const hasUrl = 'url' in given
  return async (deps, ctx) => {
    const target = await resolved(url, deps, ctx)
    const rest = await resolved(options, deps, ctx)
    if (hasUrl ? typeof target !== 'string' || target === '' : rest === undefined)
      throw invalid(name, 'url', `url is ${target === '' ? 'empty' : 'missing'}; pass one such as redis://127.0.0.1:6379`)
    try {
      const settings: RedisOptions = { ...rest, lazyConnect: true }
      const client = new (Redis as new (...given: unknown[]) => Redis)(...(target === undefined ? [] : [target]), settings)
      boundQueue(client, maxQueued)
      return { client, link: new IoredisLink(client) }
    } catch (error) {
      throw markPermanent(secretsOf(target, rest).hide(reason(error)))
    }
  }
}

function adopted<D extends Dependencies<D>>(
  name: string,
  { client: given }: IoredisAdoptOptions<IoredisClient | IoredisCluster, D>,
  maxQueued = Infinity,
): Make<D> {
  return async (deps, ctx) => {
    const client = await resolved(given, deps, ctx)
    if (typeof Object(client).connect !== 'function' || typeof Object(client).disconnect !== 'function')
      throw invalid(name, 'client', 'client is none; pass what new Redis() or new Cluster() made')
    return { client, link: linkOf(client, maxQueued) }
  }
}
