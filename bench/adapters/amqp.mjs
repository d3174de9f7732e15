// A message that is published and confirmed: through amqplib's channel, and through what resolves when it is confirmed.
import { amqpChannel, amqpConnection, amqpPublisher } from '@keelson/amqp'
import { rabbitServer } from '@keelson/test-servers'
import amqplib from 'amqplib'

const BODY = Buffer.alloc(100)
const setup = (channel) => channel.assertQueue('bench', { maxLength: 1 })

const confirmed = (channel) =>
  new Promise((resolve, reject) => {
    channel.sendToQueue('bench', BODY, { persistent: true }, (error) => (error ? reject(error) : resolve()))
  })

export default async function subjects() {
  return await Promise.all([
    subject('amqpChannel() on amqplib', amqpChannel, confirmed),
    subject('amqpPublisher() on amqplib', amqpPublisher, (client) =>
      'channel' in client ? client.sendToQueue('bench', BODY) : confirmed(client),
    ),
  ])
}

async function subject(name, make, command) {
  const server = await rabbitServer()
  const connections = new Map()
  const connection = amqpConnection('rabbit', { url: server.url })
  return {
    name,
    server,
    resource: make('bench', { connection, setup, ...(make === amqpChannel && { confirm: true }) }),
    command,
    async bare() {
      const connection = await amqplib.connect(server.url)
      const channel = await connection.createConfirmChannel()
      await setup(channel)
      connections.set(channel, connection)
      return channel
    },
    close: (channel) => connections.get(channel).close(),
  }
}
