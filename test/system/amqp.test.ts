import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { amqpChannel, amqpConnection, amqpConsumer, amqpPublisher } from '@keelson/amqp'
import { createKernel, type Kernel, type ResourceLike, ref, resource, StartError } from '@keelson/kernel'
import { rabbitServer } from '@keelson/test-servers'
import { connect } from 'amqplib'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'

const [server, tlsServer] = await Promise.all([rabbitServer(), rabbitServer({ tls: true })])
afterAll(() => Promise.all([server, tlsServer].map((each) => each[Symbol.asyncDispose]())))
await server.ctl('add_user', 'ada', 's3cret!pw')

const SOON = { restart: { attempts: Number.POSITIVE_INFINITY, within: 60_000, delay: 20, maxDelay: 200 } }
/** Never by itself: only what the driver tells changes the health. */
const QUIET = { interval: 3_600_000 }
const PATIENT = { timeout: 60_000 }

const rabbitOf = (options: object = {}) => amqpConnection('rabbit', { url: server.url, monitor: QUIET, ...SOON, ...options })

const running = async (...resources: ResourceLike[]): Promise<Kernel> => {
  const kernel = createKernel(resources)
  onTestFinished(async () => {
    await kernel.shutdown().catch(() => {})
  })
  return await kernel.start()
}

/** Publishes messages, which are then in the queue. */
const fill = async (queue: string, messages: number) => {
  const connection = await connect(server.url)
  const channel = await connection.createConfirmChannel()
  await channel.assertQueue(queue)
  for (let n = 0; n < messages; n++) channel.sendToQueue(queue, Buffer.from(String(n)))
  await channel.waitForConfirms()
  await connection.close()
}

const lengthOf = async (queue: string) => {
  const connection = await connect(server.url)
  const channel = await connection.createChannel()
  const { messageCount } = await channel.checkQueue(queue)
  await connection.close()
  return messageCount
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describe('a consumer', () => {
  it('finishes what it handles, and hands the rest back in order, once, when it stops', async () => {
    await fill('handed-back', 100)
    const handled: string[] = []
    const consumer = amqpConsumer('consumer', {
      connection: rabbitOf(),
      queue: 'handed-back',
      prefetch: 50,
      concurrency: 2,
      handle: () => async (message) => {
        await sleep(20)
        handled.push(message.content.toString())
      },
    })
    const kernel = await running(consumer)
    await expect.poll(() => handled.length).toBeGreaterThan(5)
    const report = await kernel.shutdown()
    expect(report.outcomes[0]?.note).toMatch(/^finished 2 messages; handed back \d+$/)
    expect(await lengthOf('handed-back')).toBe(100 - handled.length)
    const rest: string[] = []
    await running(
      amqpConsumer('rest', {
        connection: rabbitOf(),
        queue: 'handed-back',
        handle:
          () =>
          async ({ content }) => {
            rest.push(content.toString())
          },
      }),
    )
    await expect.poll(() => rest.length).toBe(100 - handled.length)
    expect(new Set([...handled, ...rest]).size).toBe(100)
  })

  it('that acknowledges twice loses its channel, and nothing else does', async () => {
    await fill('twice', 0)
    const rabbit = rabbitOf()
    let times = 0
    const twice = amqpConsumer('twice', {
      connection: rabbit,
      queue: 'twice',
      ...SOON,
      handle: () => async (message) => {
        if (times++ === 0) kernel.get(twice).channel.ack(message)
      },
    })
    const publisher = amqpPublisher('publisher', { connection: rabbit })
    const kernel: Kernel = await running(twice, publisher)
    const before = [kernel.get(rabbit), kernel.get(publisher)]
    const crashes: string[] = []
    kernel.on('resource:error', ({ error }) => crashes.push(error.message))
    await fill('twice', 1)
    await expect
      .poll(() => crashes)
      .toMatchObject([expect.stringMatching(/"twice" crashed: .*PRECONDITION_FAILED - unknown delivery tag/)])
    await expect.poll(() => kernel.inspect(twice).restarts).toBe(1)
    await expect.poll(() => kernel.probe().status).toBe('ready')
    expect([kernel.get(rabbit), kernel.get(publisher)]).toEqual(before)
    await kernel.get(publisher).sendToQueue('twice', 'again')
    await expect.poll(() => times).toBe(2)
  })

  it('whose queue is deleted says so, and declares it again', async () => {
    const handled: string[] = []
    const consumer = amqpConsumer('consumer', {
      connection: rabbitOf(),
      ...SOON,
      setup: (channel) => channel.assertQueue('deleted', { durable: false }),
      handle:
        () =>
        async ({ content }) => {
          handled.push(content.toString())
        },
    })
    const kernel = await running(consumer)
    const crashes: string[] = []
    kernel.on('resource:error', ({ error }) => crashes.push(error.message))
    await server.ctl('delete_queue', 'deleted')
    await expect.poll(() => crashes).toMatchObject([expect.stringContaining('cancelled the consumer of queue "deleted"')])
    await expect.poll(() => kernel.probe().status).toBe('ready')
    const connection = await connect(server.url)
    const channel = await connection.createConfirmChannel()
    channel.sendToQueue('deleted', Buffer.from('after'))
    await channel.waitForConfirms()
    await connection.close()
    await expect.poll(() => handled).toEqual(['after'])
  })

  it('gives what fails back once, and then to the dead-letter exchange', async () => {
    const seen: string[] = []
    const rabbit = rabbitOf()
    const consumer = amqpConsumer('consumer', {
      connection: rabbit,
      queue: 'poisoned',
      setup: async (channel) => {
        await channel.assertQueue('dead')
        await channel.assertQueue('poisoned', { deadLetterExchange: '', deadLetterRoutingKey: 'dead' })
      },
      handle:
        () =>
        async ({ content, fields }) => {
          seen.push(`${content} ${fields.redelivered}`)
          throw new Error('poison')
        },
    })
    const publisher = amqpPublisher('publisher', { connection: rabbit })
    const kernel = await running(consumer, publisher)
    await kernel.get(publisher).sendToQueue('poisoned', 'x')
    await expect.poll(() => kernel.inspect(consumer).counts).toMatchObject({ failed: 2, requeued: 1, deadLettered: 1 })
    expect(seen).toEqual(['x false', 'x true'])
    expect(await lengthOf('dead')).toBe(1)
  })
})

describe('a publisher', () => {
  it('waits in its drain until all is confirmed, and rejects what no queue gets', async () => {
    const publisher = amqpPublisher('publisher', { connection: rabbitOf(), setup: (channel) => channel.assertQueue('confirmed') })
    const kernel = await running(publisher)
    const value = kernel.get(publisher)
    await expect(value.publish('amq.direct', 'nobody', 'x', { mandatory: true })).rejects.toMatchObject({ code: 312 })
    await value.publish('amq.direct', 'nobody', 'x')
    const sent = Promise.all(Array.from({ length: 1_000 }, (_, n) => value.sendToQueue('confirmed', String(n))))
    const { outcomes } = await kernel.shutdown()
    await sent
    expect(outcomes.find(({ resource }) => resource === 'publisher')?.note).toMatch(/^waited for \d+ unconfirmed messages$/)
    expect(await lengthOf('confirmed')).toBe(1_000)
  })

  /** Has the broker block it, which tells a connection of that once it publishes. What comes of each message, of which the last one was sent after that. */
  async function blocked(kernel: Kernel, publisher: ReturnType<typeof amqpPublisher>): Promise<Promise<string>[]> {
    await server.ctl('set_vm_memory_high_watermark', '0.00001')
    const sent: Promise<string>[] = []
    const send = () => {
      const confirmed = kernel.get(publisher).sendToQueue('blocked', 'x')
      sent.push(
        confirmed.then(
          () => 'confirmed',
          (error: Error) => error.message,
        ),
      )
    }
    const status = () => {
      send()
      return kernel.probe().status
    }
    await expect.poll(status).toBe('degraded')
    send()
    return sent
  }

  it('is degraded, and not unready, while the broker blocks it, and goes on when it no longer does', async () => {
    const publisher = amqpPublisher('publisher', { connection: rabbitOf(), setup: (channel) => channel.assertQueue('blocked') })
    const kernel = await running(publisher)
    onTestFinished(() => void server.ctl('set_vm_memory_high_watermark', '0.6'))
    const sent = await blocked(kernel, publisher)
    expect(kernel.probe().reasons[0]).toMatchObject({
      resource: 'rabbit-flow',
      message: expect.stringContaining('low on memory'),
    })
    expect(await kernel.check()).toMatchObject([{ ok: true }])
    await server.ctl('set_vm_memory_high_watermark', '0.6')
    expect(await Promise.all(sent)).toEqual(sent.map(() => 'confirmed'))
    await expect.poll(() => kernel.probe().status).toBe('ready')
  })

  it('stops in time while the broker blocks it', async () => {
    const publisher = amqpPublisher('publisher', {
      connection: rabbitOf(),
      timeouts: { drain: 300 },
      setup: (channel) => channel.assertQueue('blocked'),
    })
    const kernel = await running(publisher)
    onTestFinished(() => void server.ctl('set_vm_memory_high_watermark', '0.6'))
    const sent = await blocked(kernel, publisher)
    await expect(kernel.shutdown()).rejects.toThrow(/publish blocked #\d/)
    expect(await sent.at(-1)).toContain('nobody knows whether the message has arrived')
    await server.ctl('set_vm_memory_high_watermark', '0.6')
  })
})

describe('a connection', () => {
  it('is made anew with all that depends on it when an operator ends it', async () => {
    const rabbit = rabbitOf()
    const publisher = amqpPublisher('publisher', { connection: rabbit })
    const api = resource('api', { dependsOn: { publisher: ref(publisher) }, start: ({ publisher }) => publisher })
    const kernel = await running(api)
    const errors: string[] = []
    kernel.on('resource:error', ({ error }) => errors.push(error.message))
    const first = kernel.get(rabbit)
    await server.ctl('close_all_connections', 'maintenance')
    await expect.poll(() => errors[0]).toContain('maintenance')
    await expect.poll(() => kernel.probe().status).toBe('ready')
    expect(kernel.get(rabbit)).not.toBe(first)
    expect(kernel.inspect(api)).toMatchObject({ state: 'running', restarts: 0 })
    expect(errors).toHaveLength(1)
  })

  it('hears of a broker that answers nothing by its heartbeat, and leaves it no socket', async () => {
    const kernel = await running(rabbitOf({ url: `${server.url}?heartbeat=1` }))
    onTestFinished(() => server.resume())
    const errors: string[] = []
    kernel.on('resource:error', ({ error }) => errors.push(error.message))
    server.pause()
    await expect.poll(() => errors[0], PATIENT).toContain('Heartbeat timeout')
    expect(kernel.probe()).toMatchObject({ ready: false, live: true })
    server.resume()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('ready')
    await kernel.shutdown()
    await expect
      .poll(() => server.ctl('list_connections', 'pid').then((rows) => rows.trim().split('\n').length - 1), PATIENT)
      .toBe(0)
  })

  it('tells in its probe that the broker is gone as soon as the socket is', async () => {
    const kernel = await running(rabbitOf())
    const told = new Promise<number>((resolve) => {
      kernel.on('probe:change', ({ probe }) => probe.ready || resolve(performance.now()))
    })
    const gone = server.kill().then(() => performance.now())
    expect((await told) - (await gone)).toBeLessThan(1_000) // a few ms where the machine has nothing else to do
    await server.start()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('ready')
  })

  it('speaks TLS', async () => {
    const rabbit = amqpConnection('rabbit', { url: tlsServer.url, options: { ca: tlsServer.ca } })
    const channel = amqpChannel('channel', { connection: rabbit })
    const kernel = await running(channel)
    expect(await kernel.get(channel).checkExchange('amq.direct')).toBeDefined()
    expect(await kernel.check()).toMatchObject([{ ok: true }])
  })

  it.for<[string, () => string, RegExp, number]>([
    ['a wrong password', () => `amqp://ada:wr0ng!pw@127.0.0.1:${server.port}`, /ACCESS_REFUSED - Login was refused/, 1],
    ['a vhost that is not there', () => `amqp://guest:guest@127.0.0.1:${server.port}/nope`, /vhost "nope": it does not exist/, 1],
    [
      'a vhost that is not theirs',
      () => `amqp://ada:s3cret!pw@127.0.0.1:${server.port}`,
      /vhost "\/": .* this user may not use it/,
      1,
    ],
    ['TLS where there is none', () => server.url.replace('amqp:', 'amqps:'), /wrong version number.*does not speak TLS/, 1],
    [
      'no TLS where it is',
      () => tlsServer.url.replace('amqps:', 'amqp:'),
      /(closed abruptly|ECONNRESET).*is this the port for amqps/,
      2,
    ],
    ['a certificate that nobody vouches for', () => tlsServer.url, /self-signed certificate/, 1],
    ['a host that is not known', () => 'amqp://ada:s3cret!pw@nowhere.invalid', /ENOTFOUND nowhere\.invalid/, 2],
    ['a port that nobody listens at', () => 'amqp://ada:s3cret!pw@127.0.0.1:1', /ECONNREFUSED 127\.0\.0\.1:1/, 2],
  ])('says why in one line, and tries again only where that may help: %s', async ([, url, says, tries]) => {
    const kernel = createKernel([amqpConnection('rabbit', { url: url(), retry: { attempts: 2, delay: 20 } })])
    let tried = 1
    kernel.on('start:retry', () => tried++)
    const error: unknown = await kernel.start().catch((error) => error)
    const message = error instanceof StartError ? (error.errors[0]?.message ?? '') : ''
    expect(message).toMatch(says)
    expect(message).not.toMatch(/\n|wr0ng!pw|s3cret!pw/)
    expect(tried).toBe(tries)
  })
})

describe('the resources', () => {
  it.for(['amqplib0', 'amqplib1', 'amqplib'])('live their life with %s', async (driver) => {
    const fixture = join(import.meta.dirname, 'fixtures', 'amqp-drivers.mjs')
    const child = spawn(process.execPath, [fixture, driver, server.url, `of-${driver}`], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const exit = once(child, 'exit')
    await once(child, 'message')
    await server.ctl('close_all_connections', 'maintenance')
    const [told] = await once(child, 'message')
    expect(told).toMatchObject({ checked: [true], returned: 312, ok: true, errors: [expect.stringContaining('maintenance')] })
    expect(told.handled + (await lengthOf(`of-${driver}`))).toBe(13)
    expect(told.note).toMatch(/handed back \d/)
    expect((await exit)[0]).toBe(0)
  })
})
