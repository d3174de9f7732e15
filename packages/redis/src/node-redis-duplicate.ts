import type { Resource } from '@keelson/kernel'
import { type DuplicateOptions, duplicateResource } from './duplicate.js'
import type { NodeRedisGroup } from './node-redis-group.js'
import type { NodeRedisClient } from './node-redis-link.js'
import { duplicated } from './node-redis-links.js'

/**
 * Another connection with the options of `original`, for what takes a connection for itself: subscriptions and blocking commands. A
 * resource of its own, with its own health; it starts after its original, stops before it, and is restarted with it. Without a name it
 * is `${original.name}-duplicate`.
 *
 * @example
 * const cache = redis('cache', { url: process.env.REDIS_URL })
 * const events = duplicate('events', cache)
 */
export function duplicate<C extends NodeRedisClient | NodeRedisGroup>(
  name: string,
  original: Resource<C>,
  options?: DuplicateOptions<C>,
): Resource<C>
export function duplicate<C extends NodeRedisClient | NodeRedisGroup>(
  original: Resource<C>,
  options?: DuplicateOptions<C>,
): Resource<C>
export function duplicate(...args: readonly unknown[]): Resource<NodeRedisClient | NodeRedisGroup> {
  return duplicateResource<NodeRedisClient | NodeRedisGroup>(args, duplicated)
}
