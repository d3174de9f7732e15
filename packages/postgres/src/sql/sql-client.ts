import { type Dependencies, type Resource, resource, type StartContext, type Values } from '@keelson/kernel'
import postgres, { type Options, type Sql } from 'postgres'
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
import { isSql, type SqlLike } from './sql-like.js'
import { SqlWatch } from './sql-watch.js'

// biome-ignore lint/complexity/noBannedTypes: `{}` is what postgres.js calls "no types of one's own".
type PlainOptions = Options<{}>

type Maker<D extends Dependencies<D>> = (deps: Values<D>, ctx: StartContext) => Sql | PromiseLike<Sql>

export interface PostgresjsOptions<D extends Dependencies<D>> extends Lifecycle<Sql, D> {
  /**
   * A connection string, or a function of the dependencies that returns one. `undefined` is accepted, so that `process.env.DATABASE_URL` can be
   * passed, and fails the start.
   */
  url?: Made<string | undefined, D>
  /** Passed to postgres.js unchanged, or a function of the dependencies that returns it. Without `url` it says where the server is. */
  options?: Made<PlainOptions, D>
  /** A client that exists and is unused, or a function of the dependencies that makes one, instead of `url` and `options`. This resource ends it. */
  client?: Sql | Maker<D>
  /** Keeps in mind where each transaction and each reserved connection began, as `src/orders.ts:12`, for the work in flight; default false. */
  traceClients?: boolean
  /** Whether a server that only reads will do; default false. */
  replica?: boolean
}

const OWN = ['url', 'options', 'client', 'traceClients', 'replica']
const watches = new WeakMap<object, SqlWatch>()

/**
 * A client of postgres.js whose server has answered, with the checks, the health and the bounds of `postgres()`. The drain waits for
 * transactions, reserved connections, statements and what waits in line; the stop ends within a bound, with a server that is away, too.
 *
 * Needs the peer `postgres`, 3.4 or later. Credentials never show in an error of this resource.
 *
 * @throws KeelsonError `INVALID_OPTION` for an option that cannot be used; a missing `url` fails the start instead.
 *
 * @example
 * const db = postgresjs('db', { url: process.env.DATABASE_URL, options: { max: 20 } })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function postgresjs<const D extends Dependencies<D> = {}>(name: string, options: PostgresjsOptions<D>): Resource<Sql> {
  checkIsObject(name, options)
  checkConnection(name, options, 'those of postgres.js')
  const { timeouts } = options
  const hooks: Hooks<Sql, D> = {
    async start(deps, ctx) {
      const { sql, watch } = await openClient(options, deps, ctx)
      try {
        await watch.check(patience(timeouts?.start, 30_000), ctx.signal)
      } catch (error) {
        throw markPermanent(error)
      }
      return sql
    },
    check: (sql, { signal }) => watches.get(sql)?.check(patience(timeouts?.check, 5_000), signal),
    drain: (sql, ctx) => watches.get(sql)?.drain(ctx),
    stop: (sql, ctx) => watches.get(sql)?.stop(ctx),
    kill: (sql) => watches.get(sql)?.kill(),
  }
  return resource(name, withHooks(name, options, OWN, hooks))
}

async function openClient<D extends Dependencies<D>>(
  options: PostgresjsOptions<D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<{ sql: Sql; watch: SqlWatch }> {
  const { traceClients = false, replica = false, client } = options
  let sql: Sql
  let url: string | undefined
  if (client === undefined) {
    const given = { ...(await resolveMade<PlainOptions, D>(options.options ?? {}, deps, ctx)) }
    if ('url' in options) url = checkedUrl(ctx.name, await resolveMade(options.url, deps, ctx))
    sql = made(url, given)
  } else {
    sql = (isSql(client) ? client : await (client as Maker<D>)(deps, ctx)) as Sql
    if (!isSql(sql))
      throw invalid(ctx.name, 'client', 'is no client of postgres.js', 'pass postgres(…), or a function that makes one')
  }
  const like = sql as unknown as SqlLike
  const watch = watches.get(sql) ?? new SqlWatch(like, { traceClients, replica, secrets: new Secrets(url, like.options) })
  watches.set(sql, watch)
  watch.follow(ctx)
  return { sql, watch }
}

function made(url: string | undefined, options: PlainOptions): Sql {
  try {
    return url === undefined ? postgres(options) : postgres(url, options)
  } catch (error) {
    throw markPermanent(new Secrets(url, options).hide(error))
  }
}
