import { type Dependencies, type Resource, resource, type StartContext, type Values } from '@keelson/kernel'
import pg, { type Pool, type PoolConfig } from 'pg'
import { checkedUrl } from '../options/connection-url.js'
import {
  checkConnection,
  checkIsObject,
  type Hooks,
  invalid,
  type Lifecycle,
  type Made,
  patience,
  resolveMade,
  withHooks,
} from '../options/lifecycle.js'
import { markPermanent } from '../options/permanent.js'
import { Secrets } from '../options/secrets.js'
import type { PoolLike } from './pg-like.js'
import { PoolWatch } from './pool-watch.js'

export interface PostgresOptions<D extends Dependencies<D>> extends Lifecycle<Pool, D> {
  /**
   * A connection string, or a function of the dependencies that returns one. `undefined` is accepted, so that `process.env.DATABASE_URL` can be
   * passed, and fails the start.
   */
  url?: Made<string | undefined, D>
  /** Passed to `Pool` unchanged, or a function of the dependencies that returns it. Without `url` it says where the server is. */
  options?: Made<PoolConfig, D>
  /** A pool that exists, or a function of the dependencies that makes one, instead of `url` and `options`. This resource ends it. */
  client?: Made<Pool, D>
  /**
   * Keeps in mind where each client was taken, as `src/orders.ts:12`, for the work in flight and for errors about clients that were never
   * released; default false. It costs some microseconds per client that is taken.
   */
  traceClients?: boolean
  /**
   * Whether a server that only reads will do. By default it is unhealthy, and a start waits for another: a standby that was not promoted,
   * or that answers at the same address after a failover.
   */
  replica?: boolean
}

const OWN = ['url', 'options', 'client', 'traceClients', 'replica']
const watches = new WeakMap<object, PoolWatch>()

/**
 * A `Pool` of pg whose server has answered. The check asks over a connection of its own and never waits for a free client; the
 * resource is unhealthy as soon as the server's sockets have died, and healthy again as soon as it answers. The pool reconnects by itself.
 * The drain waits until every client is released, and cancels statements that do not end in time; the stop ends the pool within a bound.
 *
 * Needs the peer `pg`, 8.11 or later. Credentials never show in an error of this resource.
 *
 * @throws KeelsonError `INVALID_OPTION` for an option that cannot be used; a missing `url` fails the start instead, so that a
 * graph can be planned without its environment.
 *
 * @example
 * const db = postgres('db', { url: process.env.DATABASE_URL, options: { max: 20 } })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function postgres<const D extends Dependencies<D> = {}>(name: string, options: PostgresOptions<D>): Resource<Pool> {
  checkIsObject(name, options)
  checkConnection(name, options, 'those of a Pool of pg')
  const { timeouts } = options
  const hooks: Hooks<Pool, D> = {
    async start(deps, ctx) {
      const { pool, watch } = await openPool(options, deps, ctx)
      try {
        await watch.check(patience(timeouts?.start, 30_000), ctx.signal)
      } catch (error) {
        if (options.client === undefined) await pool.end()
        throw markPermanent(error)
      }
      return pool
    },
    check: (pool, { signal }) => watches.get(pool)?.check(patience(timeouts?.check, 5_000), signal),
    drain: (pool, ctx) => watches.get(pool)?.drain(ctx),
    stop: (pool, ctx) => watches.get(pool)?.stop(ctx),
    kill: (pool) => watches.get(pool)?.kill(),
  }
  return resource(name, withHooks(name, options, OWN, hooks))
}

async function openPool<D extends Dependencies<D>>(
  options: PostgresOptions<D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<{ pool: Pool; watch: PoolWatch }> {
  const { traceClients = false, replica = false } = options
  let pool: Pool
  if (options.client === undefined) {
    const config = { ...(await resolveMade<PoolConfig, D>(options.options ?? {}, deps, ctx)) }
    if ('url' in options) config.connectionString = checkedUrl(ctx.name, await resolveMade(options.url, deps, ctx))
    pool = new pg.Pool(config)
  } else {
    pool = await resolveMade<Pool, D>(options.client, deps, ctx)
    checkPool(ctx.name, pool)
  }
  const { connectionString, ...config } = pool.options
  const secrets = new Secrets(connectionString, { ...config, password: pool.options.password })
  const watch = watches.get(pool) ?? new PoolWatch(pool as unknown as PoolLike, { traceClients, replica, secrets })
  watches.set(pool, watch)
  watch.follow(ctx)
  return { pool, watch }
}

function checkPool(name: string, pool: unknown): void {
  const { connect, end, ending, options } = Object(pool) as Partial<Pool> & { ending?: boolean }
  if (typeof connect !== 'function' || typeof end !== 'function' || typeof options !== 'object')
    throw invalid(name, 'client', 'is no Pool of pg', 'pass new Pool(…), or a function that makes one')
  if (ending) throw invalid(name, 'client', 'has been ended', 'pass a function that makes a new one at every start')
}
