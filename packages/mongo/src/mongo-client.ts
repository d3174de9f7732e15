import { type Dependencies, type Resource, resource } from '@keelson/kernel'
import { MongoClient, type MongoClientOptions } from 'mongodb'
import { ClientWatch } from './client-watch.js'
import { closeClient, cutOff } from './close.js'
import { drainClient } from './drain.js'
import { type ConnectionUrl, checkIsObject, checkUrl, type Lifecycle, patience, resolveUrl, withHooks } from './lifecycle.js'
import { open } from './open.js'
import { check } from './ping.js'
import { Secrets } from './secrets.js'

export interface MongoOptions<D extends Dependencies<D>> extends Lifecycle<MongoClient, D> {
  /** A connection string, or a function of the dependencies that returns one; `undefined` fails the start. */
  url: ConnectionUrl<D>
  /** Passed to `MongoClient` unchanged. */
  options?: MongoClientOptions
}

/**
 * A connected `MongoClient`: `start` connects within `timeouts.start`, the check is a ping bounded by `timeouts.check`, and the
 * resource is unhealthy from the moment the driver has lost its servers until it has found one again. The client reconnects by
 * itself, so its dependents go on with the same instance.
 *
 * Needs the peer `mongodb`, 6 or 7. Credentials never show in an error of this resource.
 *
 * @throws KeelsonError `INVALID_OPTION` for an option that cannot be used; a missing `url` fails the start instead, so that a
 * graph can be planned without its environment.
 *
 * @example
 * const db = mongo('db', { url: process.env.MONGO_URL, options: { appName: 'shop' } })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function mongo<const D extends Dependencies<D> = {}>(name: string, options: MongoOptions<D>): Resource<MongoClient> {
  checkIsObject(name, options)
  const { url, options: clientOptions, timeouts } = options
  checkUrl(name, url)
  const hooks = withHooks<MongoClient, D>(name, options, ['url', 'options'], {
    async start(deps, ctx) {
      const target = await resolveUrl(url, deps, ctx)
      const secrets = new Secrets(target, clientOptions)
      let client: MongoClient | undefined
      let watch: ClientWatch | undefined
      const opening = {
        open: async () => {
          client = new MongoClient(target, clientOptions)
          watch = new ClientWatch(client, ctx, secrets)
          return await client.connect()
        },
        close: async () => client?.close(),
        watch: () => watch,
      }
      return await open(opening, patience(timeouts?.start, 30_000), ctx.signal, secrets)
    },
    check: (client, { signal }) => check(client, patience(timeouts?.check, 5_000), signal),
    drain: drainClient,
    stop: (client, ctx) => closeClient(client, ctx),
    kill: cutOff,
  })
  return resource(name, hooks)
}
