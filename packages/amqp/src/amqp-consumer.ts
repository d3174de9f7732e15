import { type Dependencies, type Resource, resource, type StartContext, type Values } from '@keelson/kernel'
import type { Channel, ConsumeMessage, Options } from 'amqplib'
import { ChannelLife, type ChannelOptions, CONNECTION } from './channel-life.js'
import { checkChannelOptions } from './check-options.js'
import { type AmqpConsumer, Consumer, type Failed } from './consumer.js'
import { invalidOption, type Lifecycle, untilTheBudgetEnds, withHooks } from './lifecycle.js'
import { refusedOperation } from './reason.js'
import type { MessageContext } from './settlement.js'

export interface AmqpConsumerOptions<D extends Dependencies<D>> extends Lifecycle<AmqpConsumer, D>, ChannelOptions<Channel, D> {
  /** The queue, which must be there once `setup` is done; not needed where `setup` returns `{ queue }`, as `assertQueue()` does. */
  queue?: string | ((deps: Values<D>) => string)
  /** How many messages it may hold that are not acknowledged, 0 for no limit; default 10. */
  prefetch?: number
  /** How many of them are handled at a time; default all. The others wait here, and are handed back when it stops. */
  concurrency?: number
  /**
   * Called once for each start, with the dependencies; returns what handles a message. When that resolves the message is acknowledged,
   * unless it has said otherwise; when it fails, `failed` decides.
   */
  handle(deps: Values<D>, ctx: StartContext): (message: ConsumeMessage, ctx: MessageContext) => unknown
  /**
   * What becomes of a message whose handler fails; default `'requeue-once'`. A function may say it for each, and is where to log.
   * - `'requeue-once'`: it goes back to the queue, for any consumer; one that has been delivered before goes to the dead-letter exchange.
   *   Whether it failed then is not known: it may also have been handed back.
   * - `'requeue'`: it goes back, again and again.
   * - `'dead-letter'`: it goes to the dead-letter exchange of its queue.
   *
   * A queue without a dead-letter exchange drops what is dead-lettered.
   */
  failed?: Failed | ((error: unknown, message: ConsumeMessage) => Failed)
  /** Passed to amqplib's `consume()`: `noAck`, `exclusive`, `priority`, `consumerTag`, `arguments`. */
  options?: Options.Consume
}

const OWN = ['connection', 'setup', 'queue', 'prefetch', 'concurrency', 'handle', 'failed', 'options']

/**
 * Takes messages off a queue, on a channel of its own, from the moment that everything runs. At the first instant of a shutdown it is
 * cancelled by its tag and hands back what is not begun; its drain waits for the handlers, whose acks are written before the channel is
 * closed, and that before the connection. A channel that the broker closes, or a consumer that it cancels, is restarted; what was in
 * flight is delivered again, here or elsewhere: handlers must bear that.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const orders = amqpConsumer('orders', {
 *   connection: rabbit,
 *   queue: 'orders',
 *   dependsOn: { db },
 *   handle: ({ db }) => async (message) => {
 *     await db.save(JSON.parse(message.content.toString()))
 *   },
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function amqpConsumer<const D extends Dependencies<D> = {}>(
  name: string,
  options: AmqpConsumerOptions<D>,
): Resource<AmqpConsumer> {
  checkChannelOptions(name, options, "{ connection, queue: 'orders', handle: (deps) => async (message) => … }", ['handle'])
  const { prefetch = 10, timeouts } = options
  const lives = new WeakMap<object, ChannelLife>()
  const hooks = withHooks<AmqpConsumer>(
    { name, options, own: OWN, needs: () => ({ [CONNECTION]: options.connection }) },
    {
      timeouts: untilTheBudgetEnds(timeouts),
      async start({ [CONNECTION]: connection, ...rest }, ctx) {
        const deps = rest as Values<D>
        const handle = handlerOf(name, options.handle(deps, ctx))
        let queue = ''
        const life = await ChannelLife.open(connection as object, 'channel', ctx, async (channel) => {
          await channel.prefetch(prefetch)
          queue = queueOf(name, options.queue, deps, await options.setup?.(channel, deps, ctx))
          // Now rather than when it begins: a queue that is not there fails the start, which is tried again.
          await channel.checkQueue(queue)
        })
        const { concurrency = Number.POSITIVE_INFINITY, failed = 'requeue-once', options: consume = {} } = options
        const verdict = typeof failed === 'function' ? failed : () => failed
        const consumer = new Consumer(life, { queue, concurrency, handle, failed: verdict, options: consume }, ctx)
        ctx.workload(() => consumer.inFlight())
        ctx.counters(() => ({ ...consumer.counts, waiting: consumer.waiting }))
        lives.set(consumer, life)
        return consumer
      },
      activate: async (consumer) => {
        try {
          await (consumer as Consumer).begin()
        } catch (error) {
          throw refusedOperation(error, 'queue')
        }
      },
      quiesce: (consumer, ctx) => (consumer as Consumer).quiesce(ctx),
      drain: (consumer, ctx) => (consumer as Consumer).drain(ctx),
      async stop(consumer, ctx) {
        const running = consumer as Consumer
        await running.quiesce(ctx)
        await lives.get(consumer)?.close(ctx)
        running.abandon(new Error('the consumer has stopped'))
      },
    },
  )
  return resource<AmqpConsumer, Dependencies>(name, hooks)
}

function handlerOf(name: string, made: unknown): (message: ConsumeMessage, ctx: MessageContext) => unknown {
  if (typeof made === 'function') return made as (message: ConsumeMessage, ctx: MessageContext) => unknown
  const problem = `returned ${made === null ? 'null' : `what is of type ${typeof made}`}`
  throw invalidOption(name, 'handle', problem, 'return what handles a message: handle: (deps) => async (message) => …')
}

function queueOf<D extends Dependencies<D>>(
  name: string,
  given: AmqpConsumerOptions<D>['queue'],
  deps: Values<D>,
  declared: unknown,
): string {
  const ofSetup = (declared as { queue?: unknown } | null | undefined)?.queue
  const queue: unknown = typeof given === 'function' ? given(deps) : (given ?? ofSetup)
  if (typeof queue === 'string' && queue !== '') return queue
  throw invalidOption(name, 'queue', 'is missing', "pass queue: 'orders', or have setup return what assertQueue() resolves to")
}
