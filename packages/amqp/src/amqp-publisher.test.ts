import { createKernel, subgraph } from '@keelson/kernel'
import { replace } from '@keelson/kernel/testing'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { amqpChannel } from './amqp-channel.js'
import { amqpConnection } from './amqp-connection.js'
import { type AmqpPublisherOptions, amqpPublisher } from './amqp-publisher.js'
import { FakeBroker, FakeChannel } from './test-support/fake-broker.js'
import { deferred, kernelOf, scene, turn } from './test-support/scene.js'

vi.mock('amqplib', () => ({
  default: { connect: (...args: Parameters<FakeBroker['connect']>) => scene.broker.connect(...args) },
}))
beforeEach(() => {
  scene.broker = new FakeBroker()
})

const rabbitOf = () => amqpConnection('rabbit', { url: 'amqp://broker', monitor: { interval: 3_600_000 } })

const running = async (options: Partial<AmqpPublisherOptions<Record<never, never>>> = {}) => {
  const publisher = amqpPublisher('events', {
    connection: rabbitOf(),
    restart: { attempts: 9, within: 60_000, delay: 1 },
    ...options,
  })
  const kernel = await kernelOf(publisher).start()
  const { channel, log } = scene.broker
  log.length = 0
  return { publisher, kernel, channel, log, value: kernel.get(publisher) }
}

/** What a promise has come to by now. */
const stateOf = (promise: Promise<unknown>) =>
  Promise.race([
    promise.then(
      () => 'resolved',
      (error: Error) => error.message,
    ),
    turn().then(() => 'pending'),
  ])

const confirm = () => scene.broker.channel.unconfirmed.shift()

describe('amqpPublisher()', () => {
  it('resolves once the broker has confirmed, and publishes what outlives a restart of it', async () => {
    const { value, log, kernel, publisher } = await running()
    const published = value.publish('events', 'made', 'x')
    const queued = value.sendToQueue('orders', new Uint8Array([0x79]), { persistent: false, mandatory: true })
    expect(log).toEqual(['channel 2: publish events/made x persistent', 'channel 2: publish /orders y mandatory'])
    expect(await stateOf(published)).toBe('pending')
    expect(kernel.inspect(publisher)).toMatchObject({
      work: { count: 2, oldest: [{ label: 'publish events #1' }, { label: 'publish orders #2' }] },
    })
    confirm()?.(null)
    confirm()?.(null)
    await Promise.all([published, queued])
    expect(kernel.inspect(publisher)).toMatchObject({ counts: { confirmed: 2, failed: 0, returned: 0 } })
  })

  it('rejects what the broker did not take, and what no queue gets when that is asked', async () => {
    const { value, channel, kernel, publisher } = await running({ mandatory: true })
    const nacked = value.publish('events', 'made', 'x')
    const returned = value.publish('events', 'gone', 'y')
    const routed = value.publish('events', 'gone', 'z')
    const fields = { exchange: 'events', routingKey: 'gone', replyCode: 312, replyText: 'NO_ROUTE' }
    channel.emit('return', { fields, properties: {}, content: Buffer.from('y') })
    channel.emit('return', { fields: { ...fields, routingKey: 'of nobody' }, properties: {}, content: Buffer.from('y') })
    confirm()?.(new Error('message nacked'))
    confirm()?.(null)
    confirm()?.(null)
    await expect(nacked).rejects.toThrow('message nacked')
    const error = {
      message: expect.stringContaining('exchange "events" with routing key "gone" was returned: 312 NO_ROUTE'),
      code: 312,
    }
    await expect(returned).rejects.toMatchObject(error)
    await routed
    expect(kernel.inspect(publisher)).toMatchObject({ counts: { confirmed: 1, failed: 2, returned: 2 } })
  })

  it('waits in its drain for what is not confirmed, which the report tells', async () => {
    const { value, kernel, log } = await running()
    const published = value.publish('events', 'made', 'x')
    const stopped = kernel.shutdown()
    await turn()
    expect(log).not.toContain('channel 2: close')
    confirm()?.(null)
    await published
    expect((await stopped).outcomes[0]).toMatchObject({
      resource: 'events',
      note: 'waited for 1 unconfirmed message',
      work: { count: 1 },
    })
    expect(log.slice(-3)).toEqual(['channel 2: close', 'close connection', 'socket destroyed'])
    await expect(value.publish('events', 'made', 'x')).rejects.toThrow('Channel closed')
  })

  it('rejects what was not confirmed when its channel goes, with the reason, and when its time is over', async () => {
    const { value, channel } = await running()
    const lost = value.publish('events', 'made', 'x')
    channel.fail(new Error('404 (NOT-FOUND) no exchange'))
    await expect(lost).rejects.toThrow(
      'nobody knows whether the message has arrived: its channel was closed before it was confirmed: 404',
    )

    scene.broker = new FakeBroker()
    const late = await running({ timeouts: { drain: 50 } })
    const never = late.value.publish('events', 'made', 'x')
    const rejected = expect(never).rejects.toThrow('before it was confirmed: it has stopped')
    await expect(late.kernel.shutdown()).rejects.toThrow('publish events #1')
    await rejected
  })

  it('degrades the service while the broker takes nothing, and says why', async () => {
    const { kernel } = await running()
    scene.broker.connection.emit('blocked', 'low on memory')
    expect(kernel.probe()).toMatchObject({
      status: 'degraded',
      reasons: [{ resource: 'rabbit-flow', message: expect.stringContaining('takes nothing that is published: low on memory') }],
    })
    scene.broker.connection.emit('unblocked')
    expect(kernel.probe().status).toBe('ready')
  })

  it('is made in a subgraph with its connection, and anew with it', async () => {
    const tenant = subgraph('tenant', {
      resources: () => {
        const connection = rabbitOf()
        return [connection, amqpPublisher('events', { connection })]
      },
    })
    const kernel = await kernelOf(tenant).start()
    const names = () =>
      kernel
        .inspect()
        .resources.map(({ name }) => name)
        .sort()
    expect(names()).toEqual(['tenant', 'tenant/events', 'tenant/rabbit', 'tenant/rabbit-flow'])
    scene.broker.connection.emit('blocked', 'low on disk')
    expect(kernel.probe().status).toBe('degraded')
    await kernel.restart(tenant)
    expect(names()).toEqual(['tenant', 'tenant/events', 'tenant/rabbit', 'tenant/rabbit-flow'])
    expect(kernel.probe().status).toBe('ready')
  })

  it('needs no broker where its connection is replaced by a look-alike', async () => {
    const connection = rabbitOf()
    const publisher = amqpPublisher('events', { connection })
    const fake = new FakeBroker()
    const createConfirmChannel = async () => new FakeChannel(fake, 7)
    const kernel = createKernel([publisher], {
      replace: [replace(connection, { createChannel: createConfirmChannel, createConfirmChannel } as never)],
    })
    await kernel.start()
    void kernel
      .get(publisher)
      .sendToQueue('orders', 'x')
      .catch(() => {})
    expect(fake.log).toEqual(['channel 7: publish /orders x persistent'])
    await kernel.shutdown().catch(() => {})
    expect(scene.broker.connections).toEqual([])
  })

  it('shares one resource for that with all that publishes on a connection', async () => {
    const connection = rabbitOf()
    const kernel = await kernelOf(amqpPublisher('one', { connection }), amqpPublisher('two', { connection })).start()
    expect(
      kernel
        .inspect()
        .resources.map(({ name }) => name)
        .sort(),
    ).toEqual(['one', 'rabbit', 'rabbit-flow', 'two'])
  })
})

describe('amqpChannel()', () => {
  it('is the channel of amqplib, set up, and closed before its connection', async () => {
    const channel = amqpChannel('channel', {
      connection: rabbitOf(),
      prefetch: 3,
      setup: (channel) => channel.assertQueue('mine'),
    })
    const kernel = await kernelOf(channel).start()
    expect(kernel.get(channel)).toBe(scene.broker.channel)
    await kernel.shutdown()
    expect(scene.broker.log.slice(3)).toEqual([
      'channel 2: open channel',
      'channel 2: prefetch 3',
      'channel 2: assertQueue mine',
      'channel 2: close',
      'close connection',
      'socket destroyed',
    ])
  })

  it('waits for confirms in its drain, and counts what is not confirmed and what was returned', async () => {
    const channel = amqpChannel('channel', { connection: rabbitOf(), confirm: true })
    const kernel = await kernelOf(channel).start()
    const waiting = deferred()
    Object.assign(scene.broker.channel, { waitForConfirms: () => waiting.promise })
    kernel.get(channel).publish('events', 'made', Buffer.from('x'))
    scene.broker.channel.emit('return', {})
    expect(kernel.inspect(channel).counts).toEqual({ returned: 1, unconfirmed: 1 })
    const stopped = kernel.shutdown()
    await turn()
    expect(kernel.inspect(channel)).toMatchObject({ state: 'draining', work: { oldest: [{ label: '1 unconfirmed message' }] } })
    waiting.resolve()
    expect((await stopped).outcomes[0]).toMatchObject({ note: 'waited for 1 unconfirmed message' })
  })

  it('is restarted alone when the broker closes it', async () => {
    const channel = amqpChannel('channel', { connection: rabbitOf(), restart: { attempts: 9, within: 60_000, delay: 1 } })
    const kernel = await kernelOf(channel).start()
    const first = kernel.get(channel)
    scene.broker.channel.fail(new Error('406 (PRECONDITION-FAILED)'))
    expect(kernel.probe().ready).toBe(true)
    await expect.poll(() => kernel.inspect(channel).restarts).toBe(1)
    await expect.poll(() => kernel.probe().status).toBe('ready')
    expect(kernel.get(channel)).not.toBe(first)
    expect(scene.broker.connections).toHaveLength(1)
  })
})
