import { type Dependencies, type Resource, resource, type StartContext, type Values } from '@keelson/kernel'
import type { Channel, ConfirmChannel } from 'amqplib'
import { ChannelLife, type ChannelOptions, CONNECTION } from './channel-life.js'
import { checkChannelOptions } from './check-options.js'
import { FLOW, flowOf } from './flow.js'
import { type Lifecycle, withHooks } from './lifecycle.js'

export interface AmqpChannelOptions<C, D extends Dependencies<D>> extends Lifecycle<C, D>, ChannelOptions<C, D> {
  /** How many messages the broker may send to each of its consumers before they are acknowledged; default: no limit. */
  prefetch?: number
  /** With publisher confirms: what was published is waited for in the drain. Default false. */
  confirm?: boolean
}

const OWN = ['connection', 'setup', 'prefetch', 'confirm']

/**
 * A channel as a resource, for what amqplib does and no other resource of this package: its value is amqplib's channel. One that the
 * broker closes, after a second ack or a declaration that contradicts what is there, is restarted with what depends on it; its connection
 * and the other channels go on. It is closed before its connection, so that what was sent on it arrives. With `confirm` its drain
 * waits until the broker has confirmed what was published.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const reports = amqpChannel('reports', {
 *   connection: rabbit,
 *   confirm: true,
 *   setup: (channel) => channel.assertQueue('reports', { durable: true }),
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function amqpChannel<const D extends Dependencies<D> = {}>(
  name: string,
  options: AmqpChannelOptions<ConfirmChannel, D> & { confirm: true },
): Resource<ConfirmChannel>
// biome-ignore lint/complexity/noBannedTypes: as above.
export function amqpChannel<const D extends Dependencies<D> = {}>(
  name: string,
  options: AmqpChannelOptions<Channel, D> & { confirm?: false },
): Resource<Channel>
export function amqpChannel<D extends Dependencies<D>>(
  name: string,
  options: AmqpChannelOptions<ConfirmChannel, D> | AmqpChannelOptions<Channel, D>,
): Resource<Channel> {
  checkChannelOptions(name, options, '{ connection }')
  const { prefetch, confirm = false, setup, timeouts } = options as AmqpChannelOptions<Channel, D>
  const lives = new WeakMap<object, Life>()
  const needs = () => ({ [CONNECTION]: options.connection, [FLOW]: flowOf(options.connection) })
  const hooks = withHooks<Channel>(
    { name, options, own: OWN, needs },
    {
      ...(timeouts === undefined ? {} : { timeouts }),
      async start({ [CONNECTION]: connection, [FLOW]: _, ...deps }, ctx) {
        const life = await ChannelLife.open(
          connection as object,
          confirm ? 'confirm channel' : 'channel',
          ctx,
          async (channel) => {
            if (prefetch !== undefined) await channel.prefetch(prefetch)
            await setup?.(channel, deps as Values<D>, ctx)
          },
        )
        let returned = 0
        life.channel.on('return', () => {
          returned++
        })
        ctx.counters(() => ({ returned, ...(confirm ? { unconfirmed: unconfirmedOf(life.channel) } : {}) }))
        lives.set(life.channel, { life, ctx })
        return life.channel
      },
      async drain(channel) {
        const of = lives.get(channel)
        if (of === undefined || !of.life.open) return undefined
        // The broker answers in order: this one comes after what was asked before. What closes the channel was told to who asked.
        if (of.life.asking) await of.life.ask(() => channel.prefetch(prefetch ?? 0)).catch(() => {})
        return await confirmed(of)
      },
      stop: (channel, ctx) => lives.get(channel)?.life.close(ctx),
    },
  )
  return resource<Channel, Dependencies>(name, hooks)
}

interface Life {
  readonly life: ChannelLife
  readonly ctx: StartContext
}

async function confirmed({ life, ctx }: Life): Promise<{ note: string } | undefined> {
  const channel = life.channel as Channel & Partial<ConfirmChannel>
  const count = unconfirmedOf(channel)
  if (count === 0) return undefined
  const what = `${count} unconfirmed message${count === 1 ? '' : 's'}`
  await ctx.track(
    what,
    life.ask(async () => await channel.waitForConfirms?.()),
  )
  return { note: `waited for ${what}` }
}

/** What was published and not confirmed; amqplib has no public word for it. */
function unconfirmedOf(channel: object): number {
  const { unconfirmed } = channel as { unconfirmed?: unknown }
  return Array.isArray(unconfirmed) ? unconfirmed.filter((callback) => callback !== null).length : 0
}
