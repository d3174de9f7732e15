import { type Dependencies, type Resource, resource } from '@keelson/kernel'
import { type Connection, type ConnectOptions, createConnection } from 'mongoose'
import { type ClientLike, ClientWatch } from './client-watch.js'
import { closeClient, cutOff } from './close.js'
import { drainClient } from './drain.js'
import { closed, closing, hold } from './given-connection.js'
import { type ConnectionUrl, checkIsObject, checkUrl, type Lifecycle, patience, resolveUrl, withHooks } from './lifecycle.js'
import { open } from './open.js'
import { check } from './ping.js'
import { Secrets } from './secrets.js'

export interface MongooseOptions<D extends Dependencies<D>> extends Lifecycle<Connection, D> {
  /** A connection string, or a function of the dependencies that returns one; `undefined` fails the start. */
  url: ConnectionUrl<D>
  /** Passed to `openUri` unchanged. */
  options?: ConnectOptions
  /**
   * The connection to open, for models that already belong to one: `mongoose.connection` for those of `mongoose.model()`. It must not
   * be open yet, and can be used by one running kernel at a time. Default: a new connection at every start.
   */
  connection?: Connection
}

/**
 * An open Mongoose connection, with the limits, checks and health of `mongo()`.
 *
 * Needs the peer `mongoose`, 8 or 9. Credentials never show in an error of this resource.
 *
 * @throws KeelsonError `INVALID_OPTION` for an option that cannot be used; a missing `url` fails the start instead.
 *
 * @example
 * const db = mongoose('db', { url: process.env.MONGO_URL })
 * const api = expressServer('api', { dependsOn: { db }, app: ({ db }) => app(db.model('Order', orderSchema)) })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function mongoose<const D extends Dependencies<D> = {}>(name: string, options: MongooseOptions<D>): Resource<Connection> {
  checkIsObject(name, options)
  const { url, options: connectOptions, connection: given, timeouts } = options
  checkUrl(name, url)
  const hooks = withHooks<Connection, D>(name, options, ['url', 'options', 'connection'], {
    async start(deps, ctx) {
      const target = await resolveUrl(url, deps, ctx)
      const secrets = new Secrets(target, connectOptions)
      if (given) hold(given, ctx)
      const connection = given ?? createConnection()
      let watch: ClientWatch | undefined
      let closes: Promise<void> | undefined
      const opening = {
        open: async () => {
          await closed(connection)
          if (closes) throw new Error('given up before it was opened')
          const opened = connection.openUri(target, { ...connectOptions })
          const client = clientOf(connection) // exists as soon as openUri() was called
          if (client) watch = new ClientWatch(client, ctx, secrets)
          await opened
          return connection
        },
        close: () => {
          closes ??= closing(connection, giveUp(connection, given === undefined))
          return closes
        },
        watch: () => watch,
      }
      return await open(opening, patience(timeouts?.start, 30_000), ctx.signal, secrets)
    },
    check: (connection, { signal }) => check(connection.getClient(), patience(timeouts?.check, 5_000), signal),
    drain: (connection, ctx) => drainClient(connection.getClient(), ctx),
    stop: (connection, ctx) =>
      closing(
        connection,
        closeClient(connection.getClient(), ctx, () => close(connection, given === undefined)),
      ),
    kill: (connection) => cutOff(connection.getClient()),
  })
  return resource(name, hooks)
}

/** `connection.close()` waits for a connection attempt in progress; closing the client ends that. */
async function giveUp(connection: Connection, forGood: boolean): Promise<void> {
  await clientOf(connection)?.close()
  await connection.asPromise().catch(() => {})
  await close(connection, forGood)
}

async function close(connection: Connection, forGood: boolean): Promise<void> {
  await (forGood ? connection.destroy() : connection.close())
}

function clientOf(connection: Connection): ClientLike | undefined {
  return connection.getClient() as ClientLike | undefined
}
