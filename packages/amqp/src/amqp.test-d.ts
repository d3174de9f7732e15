import { type Resource, ref, resource } from '@keelson/kernel'
import type { Channel, ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib'
import { expectTypeOf } from 'vitest'
import {
  type AmqpConsumer,
  type AmqpPublisher,
  amqpChannel,
  amqpConnection,
  amqpConsumer,
  amqpPublisher,
  type MessageContext,
} from './index.js'

const vault = resource('vault', { start: () => ({ url: 'amqp://h' }) })
const db = resource('db', { start: () => ({ save: (text: string) => Promise.resolve(text) }) })
const rabbit = amqpConnection('rabbit', { url: process.env.AMQP_URL })

expectTypeOf(rabbit).toEqualTypeOf<Resource<ChannelModel>>()
expectTypeOf(amqpChannel('channel', { connection: rabbit })).toEqualTypeOf<Resource<Channel>>()
expectTypeOf(amqpChannel('channel', { connection: rabbit, confirm: true })).toEqualTypeOf<Resource<ConfirmChannel>>()
expectTypeOf(amqpPublisher('events', { connection: rabbit })).toEqualTypeOf<Resource<AmqpPublisher>>()

const orders = amqpConsumer('orders', {
  connection: rabbit,
  queue: 'orders',
  dependsOn: { db, vault: ref(vault) },
  setup: (channel, { db }) => {
    expectTypeOf(channel).toEqualTypeOf<Channel>()
    expectTypeOf(db.save).returns.toEqualTypeOf<Promise<string>>()
  },
  handle:
    ({ db, vault }) =>
    async (message, ctx) => {
      expectTypeOf(message).toEqualTypeOf<ConsumeMessage>()
      expectTypeOf(ctx).toEqualTypeOf<MessageContext>()
      expectTypeOf(vault.current).toEqualTypeOf<{ url: string } | undefined>()
      await db.save(message.content.toString())
    },
  failed: (_, { fields }) => (fields.redelivered ? 'dead-letter' : 'requeue'),
  options: { exclusive: true },
  impact: 'degraded',
  timeouts: { drain: 5_000 },
})
expectTypeOf(orders).toEqualTypeOf<Resource<AmqpConsumer>>()

amqpConnection('rabbit', {
  dependsOn: { vault },
  url: ({ vault }) => vault.url,
  options: { clientProperties: { connection_name: 'shop' } },
  shared: true,
})
// The parts of an address.
amqpConnection('rabbit', { url: { hostname: 'broker', username: 'ada', password: 'secret', vhost: 'shop' } })
// A look-alike of a connection.
const own = resource('own', { start: (): ChannelModel => ({}) as ChannelModel })
amqpPublisher('events', { connection: own, mandatory: true })

// @ts-expect-error what is not depended on is not passed
amqpConnection('rabbit', { url: ({ vault }) => vault.url })
// @ts-expect-error the hooks are this package's
amqpConnection('rabbit', { url: 'amqp://h', check: () => true })
// @ts-expect-error a consumer has something to do
amqpConsumer('orders', { connection: rabbit, queue: 'orders' })
// @ts-expect-error what becomes of a message is one of three
amqpConsumer('orders', { connection: rabbit, queue: 'orders', handle: () => () => {}, failed: 'drop' })
// @ts-expect-error a connection is needed
amqpPublisher('events', {})
// @ts-expect-error a database makes no channels
amqpChannel('channel', { connection: db })
