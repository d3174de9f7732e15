import { type AmqpPublisher, amqpChannel, amqpConnection, amqpPublisher, type BrokerAddress } from '@keelson/amqp'
import { type ConformanceOptions, type ConformanceSubject, conformance } from '@keelson/kernel/conformance'
import { rabbitServer, recordConformance } from '@keelson/test-servers'
import type { Channel, ChannelModel } from 'amqplib'
import { afterAll, describe, test } from 'vitest'

const [server, tls] = await Promise.all([rabbitServer(), rabbitServer({ tls: true })])
afterAll(() => Promise.all([server, tls].map((each) => each[Symbol.asyncDispose]())))
await server.ctl('add_user', 'ada', 's3cret!pw')
await server.ctl('set_permissions', 'ada', '.*', '.*', '.*')

const url = ({ host, port }: { host: string; port: number }, password = 's3cret!pw', vhost = '') =>
  `amqp://ada:${encodeURIComponent(password)}@${host}:${port}/${vhost}`
const rabbit = (address: BrokerAddress, options: ConformanceOptions) => amqpConnection('rabbit', { url: address, ...options })

const report = (adapter: string) => recordConformance(import.meta.url, { adapter, driver: 'amqplib', server: 'RabbitMQ 3.10' })

/** A channel has no check of its own: its connection has. */
const withoutChecks = ({ monitor: _, ...options }: ConformanceOptions) => options

const common = {
  server,
  recovers: 'by restart',
  secrets: ['s3cret!pw', 's3cret%21pw', 'wrong-pw'],
} as const

async function ask(connection: ChannelModel) {
  const channel = await connection.createChannel()
  await channel.checkExchange('amq.direct')
  await channel.close()
}

const connection: ConformanceSubject<ChannelModel> = {
  ...common,
  name: 'amqpConnection() on amqplib 2',
  report: report('amqpConnection()'),
  make: (name, at, options) => amqpConnection(name, { url: url(at), ...options }),
  use: ask,
  refused: {
    credentials: {
      make: (name, at, options) => amqpConnection(name, { url: url(at, 'wrong-pw'), ...options }),
      says: /ACCESS_REFUSED - Login was refused/,
    },
    withoutTls: {
      make: (name, _, options) => amqpConnection(name, { url: `amqp://127.0.0.1:${tls.port}`, ...options }),
      says: /is this the port for amqps/,
    },
    database: {
      make: (name, at, options) => amqpConnection(name, { url: url(at, 's3cret!pw', 'nope'), ...options }),
      says: /vhost "nope"/,
    },
  },
  except: {
    'finishes what is in flight when it is shut down':
      'a connection has no work of its own: channels are resources, and finish theirs',
  },
}

const channel = {
  ...common,
  name: 'amqpChannel() on amqplib 2',
  report: report('amqpChannel()'),
  make: (name, at, options) => amqpChannel(name, { connection: rabbit(url(at), options), ...withoutChecks(options) }),
  use: (channel) => channel.checkExchange('amq.direct'),
} satisfies ConformanceSubject<Channel>

const publisher = {
  ...common,
  name: 'amqpPublisher() on amqplib 2',
  report: report('amqpPublisher()'),
  make: (name, at, options) =>
    amqpPublisher(name, {
      connection: rabbit(url(at), options),
      setup: (channel) => channel.assertQueue('conformance', { durable: true, maxLength: 10 }),
      ...withoutChecks(options),
    }),
  use: (publisher) => publisher.sendToQueue('conformance', 'x'),
} satisfies ConformanceSubject<AmqpPublisher>

describe(connection.name, () => {
  for (const { name, run } of conformance(connection)) test(name, run, 120_000)
})
describe(channel.name, () => {
  for (const { name, run } of conformance(channel)) test(name, run, 120_000)
})
describe(publisher.name, () => {
  for (const { name, run } of conformance(publisher)) test(name, run, 120_000)
})
