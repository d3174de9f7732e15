import { type Dependencies, type Resource, resource, type StartContext, type Values } from '@keelson/kernel'
import { createClient, type RedisClientOptions, type RedisClientType } from 'redis'
import { hooksOf, type Made } from './hooks.js'
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
import type { NodeRedisGroup } from './node-redis-group.js'
import { boundQueue, type NodeRedisClient, NodeRedisLink } from './node-redis-link.js'
import { linkOf } from './node-redis-links.js'
import type { QueueOptions } from './queue-options.js'
import { markPermanent, reason } from './reason.js'
import { secretsOf } from './secrets.js'

export interface RedisOptions<D extends Dependencies<D>> extends Lifecycle<RedisClientType, D>, QueueOptions {
  /**
   * A URL such as `redis://127.0.0.1:6379/0` or `rediss://…`, or a function of the dependencies that returns one. `undefined` is
   * accepted, so that `process.env.REDIS_URL` can be passed, and refused when the resource starts.
   */
  url?: Given<string | undefined, D>
  /**
   * Passed to `createClient()`, or a function of the dependencies that makes them. A client with modules, scripts, functions or another
   * RESP is given as `client`, for the sake of its type.
   */
  options?: Given<Omit<RedisClientOptions, 'url' | 'modules' | 'scripts' | 'functions' | 'RESP'>, D>
}

export interface RedisAdoptOptions<C, D extends Dependencies<D>> extends Lifecycle<C, D>, QueueOptions {
  /**
   * What `createClient()`, `createCluster()` or `createSentinel()` made, or a function of the dependencies that makes it, at every start.
   * It is connected here, unless it is already, and closed here.
   */
  client: Given<C, D>
}

const OWN = ['url', 'options', 'client', 'maxQueued', 'replica']

/**
 * A client of node-redis that is connected and answers: `start` connects within `timeouts.start`, the check is a PING bounded by
 * `timeouts.check`, and the resource is unhealthy from the moment the connection is lost until the server answers again. The client
 * connects again by itself, so its dependents go on with the same instance; when its `reconnectStrategy` gives up, it has crashed.
 *
 * Needs the peer `redis`, 5 or 6. Credentials never show in an error of this resource.
 *
 * @throws KeelsonError `INVALID_OPTION` for an option that cannot be used; a missing `url` fails the start instead, so that a graph can
 * be planned without its environment.
 *
 * @example
 * const cache = redis('cache', { url: process.env.REDIS_URL })
 * const cluster = redis('cluster', { client: () => createCluster({ rootNodes }) })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function redis<C extends NodeRedisClient | NodeRedisGroup, const D extends Dependencies<D> = {}>(
  name: string,
  options: RedisAdoptOptions<C, D>,
): Resource<C>
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function redis<const D extends Dependencies<D> = {}>(name: string, options: RedisOptions<D>): Resource<RedisClientType>
export function redis<D extends Dependencies<D>>(
  name: string,
  options: RedisOptions<D> | RedisAdoptOptions<NodeRedisClient | NodeRedisGroup, D>,
): Resource<unknown> {
  checkIsObject(name, options)
  const { maxQueued, replica = false, timeouts } = options
  checkMaxQueued(name, maxQueued)
  const make = 'client' in options ? adopted(name, options, maxQueued) : made(name, options, maxQueued)
  return resource(name, withHooks<object, D>(name, options, OWN, hooksOf(make, { timeouts, replica })))
}

type Make<D extends Dependencies<D>> = (deps: Values<D>, ctx: StartContext) => Promise<Made<object>>

function made<D extends Dependencies<D>>(name: string, given: RedisOptions<D>, maxQueued = MAX_QUEUED): Make<D> {
  const { url, options } = given
  const hasUrl = 'url' in given
  return async (deps, ctx) => {
    const target = await resolved(url, deps, ctx)
    const rest = await resolved(options, deps, ctx)
    if (hasUrl ? typeof target !== 'string' || target === '' : rest === undefined)
      throw invalid(name, 'url', `url is ${target === '' ? 'empty' : 'missing'}; pass one such as redis://127.0.0.1:6379`)
    try {
      // The driver writes into what it is given.
      const given = { ...rest, ...(rest?.socket && { socket: { ...rest.socket } }), ...(target !== undefined && { url: target }) }
      const client = createClient(given as RedisClientOptions)
      boundQueue(client, maxQueued)
      return { client, link: new NodeRedisLink(client) }
    } catch (error) {
      throw markPermanent(secretsOf(target, rest).hide(reason(error)))
    }
  }
}

function adopted<D extends Dependencies<D>>(
  name: string,
  { client: given }: RedisAdoptOptions<NodeRedisClient | NodeRedisGroup, D>,
  maxQueued = Infinity,
): Make<D> {
  return async (deps, ctx) => {
    const client = await resolved(given, deps, ctx)
    if (typeof Object(client).connect !== 'function' || typeof Object(client).destroy !== 'function')
      throw invalid(name, 'client', 'client is none; pass what createClient(), createCluster() or createSentinel() made')
    return { client, link: linkOf(client, maxQueued) }
  }
}
