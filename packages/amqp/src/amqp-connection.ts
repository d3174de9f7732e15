import { type Dependencies, type Resource, resource, type Values } from '@keelson/kernel'
import type { ChannelModel } from 'amqplib'
import { ConnectionLife } from './connection-life.js'
import { type ConnectionUrl, checkUrl, resolveUrl } from './connection-url.js'
import { checkIsObject, invalidOption, type Lifecycle, patience, withHooks } from './lifecycle.js'
import { secretsOf } from './secrets.js'

export interface AmqpConnectionOptions<D extends Dependencies<D>> extends Lifecycle<ChannelModel, D> {
  /**
   * `amqp://user:password@host:5672/vhost`, its parts as an object, or a function of the dependencies that returns one of these and is
   * called for every start and restart, so that it may go through the nodes of a cluster; `undefined` fails the start.
   */
  url: ConnectionUrl<D>
  /** Passed to `amqplib.connect()` and on to the socket: `clientProperties`, `noDelay`, `credentials`, and for TLS `ca`, `cert`, `key` … */
  options?: object
}

/**
 * A connection to RabbitMQ, or another AMQP 0-9-1 broker: `start` connects within `timeouts.start`, the check is a round trip on a channel
 * of its own, bounded by `timeouts.check`. amqplib does not reconnect, so a connection that is lost is made
 * anew, with all channels and consumers that depend on it, for as long as it takes: `restart` is on by default. Its value is amqplib's
 * connection.
 *
 * Needs the peer `amqplib`, 0.10, 1 or 2. Credentials never show in an error of this resource.
 *
 * @throws KeelsonError `INVALID_OPTION` for an option that cannot be used; a missing `url` fails the start instead, so that a
 * graph can be planned without its environment.
 *
 * @example
 * const rabbit = amqpConnection('rabbit', { url: process.env.AMQP_URL })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function amqpConnection<const D extends Dependencies<D> = {}>(
  name: string,
  options: AmqpConnectionOptions<D>,
): Resource<ChannelModel> {
  checkIsObject(name, options, '{ url }')
  const { url, options: given, timeouts } = options
  checkUrl(name, url)
  checkOptions(name, given)
  const hooks = withHooks<ChannelModel>(
    { name, options, own: ['url', 'options'] },
    {
      ...(timeouts === undefined ? {} : { timeouts }),
      async start(deps, ctx) {
        const address = await resolveUrl(url, deps as Values<D>, ctx)
        const secrets = secretsOf(address, given)
        const within = patience(timeouts?.start, 30_000)
        const life = await ConnectionLife.open({ address, options: given, secrets, within }, ctx)
        return life.connection
      },
      check: (connection, { signal }) => ConnectionLife.of(connection)?.roundTrip(patience(timeouts?.check, 5_000), signal),
      stop: (connection, ctx) => ConnectionLife.of(connection)?.close(ctx),
      kill: (connection) => ConnectionLife.of(connection)?.cutOff(),
    },
  )
  return resource<ChannelModel, Dependencies>(name, hooks)
}

function checkOptions(name: string, options: unknown): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null) {
    throw invalidOption(name, 'options', `is of type ${typeof options}`, 'pass an object, as amqplib.connect() takes it')
  }
  if ((options as { recovery?: unknown }).recovery) {
    const problem = 'would reconnect without the channels and consumers of this connection'
    throw invalidOption(name, 'options.recovery', problem, 'leave it out: the resource is restarted with all of them')
  }
}
