import type { Clock, Dependencies, Resource, ResourceOptions } from '@keelson/kernel'
import { LiveReaper } from '../child/reaper.js'
import type { Open } from './connection.js'
import { KeyedPool } from './keyed-pool.js'
import { resourceWith } from './lifecycle.js'
import { checkOptions, invalid } from './option-checks.js'
import type { Pool } from './pool.js'
import { ownOptions, type PoolOptions, poolLimits } from './pool-options.js'
import { checkServers, serversOf } from './servers.js'

/** What one kind of pool adds: how it opens a connection, and which servers it takes. */
export interface PoolKind<T, S> {
  /** The names of options that only this kind of pool has. */
  readonly own?: readonly string[]
  checkServer(pool: string, server: string, config: unknown): void
  /** Called at each start. */
  opener(pool: string, reaper: LiveReaper): Open<T, S> | Promise<Open<T, S>>
}

/** The field of the reaper among the dependencies; users do not choose such a name. */
const REAPER = '(reaper)'

/** A pool as a resource: its hooks drain, stop and check it, and a reaper closes what is idle. */
export function poolResource<T, S, D extends Dependencies<D>>(
  name: string,
  options: PoolOptions<S, D>,
  kind: PoolKind<T, S>,
): Resource<Pool<T, S>> {
  checkOptions(name, options, { backoff: 'object', clock: 'object' })
  const { servers, reaper: shared } = options
  if (shared !== undefined && !isObject(shared)) throw notReaper(name)
  const limits = poolLimits(name, options)
  const checkServer = (server: string, config: unknown) => kind.checkServer(name, server, config)
  checkServers(name, servers, checkServer)
  const hooks: ResourceOptions<KeyedPool<T, S>, D> = {
    async start(deps, ctx) {
      const reaper = reaperOf(name, deps, shared !== undefined, limits.clock)
      if (shared === undefined) ctx.defer(() => reaper.stop())
      if (shared === undefined) reaper.start()
      const pool = new KeyedPool<T, S>(name, {
        ...limits,
        open: await kind.opener(name, reaper),
        checkServer,
      })
      ctx.defer(reaper.watch(pool))
      ctx.workload(() => pool.work())
      const giveUp = () => void pool.stop(0).catch(() => {})
      ctx.signal.addEventListener('abort', giveUp, { once: true })
      try {
        ctx.signal.throwIfAborted()
        for (const [server, config] of Object.entries(await serversOf(name, servers, deps, ctx))) pool.add(server, config)
        await pool.warm()
        ctx.signal.throwIfAborted()
      } catch (error) {
        await pool.stop(0)
        throw error
      } finally {
        ctx.signal.removeEventListener('abort', giveUp)
      }
      return pool
    },
    check: (pool, { signal }) => pool.check(signal),
    drain: (pool) => pool.drain(),
    stop: (pool, { deadline, signal }) => {
      signal.addEventListener('abort', () => pool.kill(), { once: true })
      // A fifth of the time is reserved for what follows SIGKILL.
      return pool.stop(Math.max(0, Math.min(limits.grace, (deadline - limits.clock.now()) * 0.8)))
    },
    kill: (pool) => pool.kill(),
  }
  if (shared === undefined) return resourceWith(name, options, ownOptions(kind.own), hooks)
  // Read when a kernel takes the pool in, as every dependsOn.
  const dependsOn = { get: () => ({ ...options.dependsOn, [REAPER]: shared }), enumerable: true }
  return resourceWith(name, options, [...ownOptions(kind.own), 'dependsOn'], Object.defineProperties(hooks, { dependsOn }))
}

function reaperOf(name: string, deps: object, shared: boolean, clock: Clock): LiveReaper {
  if (!shared) return new LiveReaper({ clock })
  const reaper = (deps as { [REAPER]: unknown })[REAPER]
  if (reaper instanceof LiveReaper) return reaper
  throw notReaper(name)
}

function notReaper(name: string): Error {
  return invalid(name, 'reaper', 'reaper must be what processReaper() made')
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
