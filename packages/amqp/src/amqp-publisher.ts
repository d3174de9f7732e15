import { type Dependencies, type Resource, resource, type Values } from '@keelson/kernel'
import type { ConfirmChannel } from 'amqplib'
import { ChannelLife, type ChannelOptions, CONNECTION } from './channel-life.js'
import { checkChannelOptions } from './check-options.js'
import { FLOW, flowOf } from './flow.js'
import { type Lifecycle, withHooks } from './lifecycle.js'
import { type AmqpPublisher, ConfirmingPublisher } from './publisher.js'

export interface AmqpPublisherOptions<D extends Dependencies<D>>
  extends Lifecycle<AmqpPublisher, D>,
    ChannelOptions<ConfirmChannel, D> {
  /** Whether a message that no queue gets is returned and rejects, unless its own options say; default false: it is dropped. */
  mandatory?: boolean
}

const OWN = ['connection', 'setup', 'mandatory']

/**
 * Publishes with confirms on a channel of its own: `await publisher.publish(exchange, routingKey, content)` resolves once the broker has
 * taken the message over. Its drain waits for what is not confirmed, which `inspect()` and the report name. What should not be
 * restarted with the connection, such as an HTTP server, takes it by `ref()`.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const events = amqpPublisher('events', {
 *   connection: rabbit,
 *   setup: (channel) => channel.assertExchange('events', 'topic'),
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function amqpPublisher<const D extends Dependencies<D> = {}>(
  name: string,
  options: AmqpPublisherOptions<D>,
): Resource<AmqpPublisher> {
  checkChannelOptions(name, options, '{ connection }')
  const { setup, mandatory, timeouts } = options
  const lives = new WeakMap<object, ChannelLife<ConfirmChannel>>()
  const needs = () => ({ [CONNECTION]: options.connection, [FLOW]: flowOf(options.connection) })
  const hooks = withHooks<AmqpPublisher>(
    { name, options, own: OWN, needs },
    {
      ...(timeouts === undefined ? {} : { timeouts }),
      async start({ [CONNECTION]: connection, [FLOW]: _, ...deps }, ctx) {
        const declare = (channel: ConfirmChannel) => setup?.(channel, deps as Values<D>, ctx)
        const life = await ChannelLife.open<ConfirmChannel>(connection as object, 'confirm channel', ctx, declare)
        const publisher = new ConfirmingPublisher(life, { mandatory, clock: ctx.clock })
        ctx.workload(() => publisher.inFlight())
        ctx.counters(() => publisher.counts)
        lives.set(publisher, life)
        return publisher
      },
      drain: (publisher) => (publisher as ConfirmingPublisher).drain(),
      stop: (publisher, ctx) => lives.get(publisher)?.close(ctx),
    },
  )
  return resource<AmqpPublisher, Dependencies>(name, hooks)
}
