import { type Dependencies, type Resource, type ResourceOptions, resource } from '@keelson/kernel'
import { Counter } from './counter.js'
import { type Counting, checkIsObject, checkLimit, countingOf, lifecycleOf } from './limiter-options.js'
import type { Limit, RateLimiter } from './rate-limit.js'

export interface RateLimiterOptions<D extends Dependencies<D>> extends Counting<D>, Limit {}

/**
 * One limit for every key. Its timers end with the resource; after that `consume` rejects with `NOT_STARTED`.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const limiter = rateLimiter('limiter', { limit: 50, window: 1_000 })
 * const shared = rateLimiter('shared', { dependsOn: { redis }, redis: ({ redis }) => redis, limit: 1_000, window: 60_000 })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function rateLimiter<const D extends Dependencies<D> = {}>(
  name: string,
  options: RateLimiterOptions<D>,
): Resource<RateLimiter> {
  checkIsObject(name, options, '{ limit, window }')
  const { limit, window, block } = options
  const rule: Limit = { limit, window, ...(block !== undefined && { block }) }
  checkLimit(name, '', rule, options)
  const hooks: ResourceOptions<Counter, D> = {
    start: async (deps, ctx) => new Counter(name, rule, await countingOf(name, options, deps, ctx)),
    stop: (counter) => counter.stop(),
    kill: (counter) => counter.kill(),
  }
  const descriptors = lifecycleOf(name, options, ['limit', 'window', 'block'])
  return resource(name, Object.defineProperties(hooks, descriptors) as ResourceOptions<RateLimiter, D>)
}
