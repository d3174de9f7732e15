import { resource } from '@keelson/kernel'
import type { ConsumeMessage } from 'amqplib'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { amqpConnection } from './amqp-connection.js'
import { type AmqpConsumerOptions, amqpConsumer } from './amqp-consumer.js'
import type { MessageContext } from './settlement.js'
import { FakeBroker } from './test-support/fake-broker.js'
import { deferred, kernelOf, scene, turn } from './test-support/scene.js'

vi.mock('amqplib', () => ({
  default: { connect: (...args: Parameters<FakeBroker['connect']>) => scene.broker.connect(...args) },
}))
beforeEach(() => {
  scene.broker = new FakeBroker()
})

type Options = Partial<AmqpConsumerOptions<Record<never, never>>>
type Handle = (message: ConsumeMessage, ctx: MessageContext) => unknown

const SOON = { restart: { attempts: 1_000, within: 60_000, delay: 1 } }
const rabbitOf = () => amqpConnection('rabbit', { url: 'amqp://broker', monitor: { interval: 3_600_000 }, ...SOON })

const consumerOf = (handle: Handle, options: Options = {}) =>
  amqpConsumer('consumer', { connection: rabbitOf(), queue: 'orders', handle: () => handle, ...SOON, ...options })

const running = async (handle: Handle, options?: Options) => {
  const consumer = consumerOf(handle, options)
  const kernel = await kernelOf(consumer).start()
  const { channel, log } = scene.broker
  log.length = 0
  return { consumer, kernel, channel, log, counts: () => kernel.inspect(consumer).counts }
}

/** A handler whose messages are finished one by one, by what they contain. */
const byHand = () => {
  const open = new Map<string, ReturnType<typeof deferred<void>>>()
  const contexts = new Map<string, MessageContext>()
  const handle: Handle = (message, ctx) => {
    const name = message.content.toString()
    open.set(name, deferred())
    contexts.set(name, ctx)
    return open.get(name)?.promise
  }
  return { handle, open, contexts, finish: (name: string) => open.get(name)?.resolve() }
}

describe('amqpConsumer()', () => {
  it('sets up its channel in its start, and takes messages once everything runs', async () => {
    const { log } = scene.broker
    const rabbit = rabbitOf()
    const consumer = amqpConsumer('consumer', {
      connection: rabbit,
      dependsOn: { db: resource('db', { start: () => 'db' }) },
      prefetch: 5,
      setup: (channel, { db }) => {
        log.push(`setup with ${db}`)
        return channel.assertQueue('mine')
      },
      handle: ({ db }) => {
        log.push(`handle with ${db}`)
        return () => {}
      },
    })
    const late = resource('late', {
      start: async () => {
        await turn()
        log.push('late runs')
      },
    })
    await kernelOf(consumer, late).start()
    expect(log.slice(3)).toEqual([
      'handle with db',
      'channel 2: open channel',
      'channel 2: prefetch 5',
      'setup with db',
      'channel 2: assertQueue mine',
      'channel 2: checkQueue mine',
      'late runs',
      'channel 2: consume mine',
    ])
  })

  it('acknowledges what was handled, and only then', async () => {
    const { handle, finish } = byHand()
    const { channel, log, kernel, consumer, counts } = await running(handle)
    channel.deliver('a')
    channel.deliver('b')
    expect(kernel.inspect(consumer).work).toMatchObject({
      count: 2,
      oldest: [{ label: 'message orders #1' }, { label: 'message orders #2' }],
    })
    expect(kernel.get(consumer).handling).toBe(2)
    finish('b')
    await turn()
    expect(log).toEqual(['channel 2: ack 2'])
    finish('a')
    await turn()
    expect(log).toEqual(['channel 2: ack 2', 'channel 2: ack 1'])
    expect(counts()).toMatchObject({ handled: 2, failed: 0 })
  })

  it('handles no more at a time than it may', async () => {
    const { handle, finish, open } = byHand()
    const { channel, counts } = await running(handle, { concurrency: 1 })
    for (const name of ['a', 'b']) channel.deliver(name)
    expect([...open.keys()]).toEqual(['a'])
    expect(counts()).toMatchObject({ waiting: 1 })
    finish('a')
    await turn()
    expect([...open.keys()]).toEqual(['a', 'b'])
    finish('b')
  })

  it('cancels, hands back what is not begun, finishes handlers, and then closes channel and connection', async () => {
    const { handle, finish, contexts } = byHand()
    const { channel, log, kernel } = await running(handle, { concurrency: 1 })
    for (const name of ['a', 'b']) channel.deliver(name)
    const stopped = kernel.shutdown()
    channel.deliver('crossed the cancel')
    await turn()
    channel.deliver('came after it')
    expect(log).toEqual(['channel 2: cancel tag', 'channel 2: requeue 2', 'channel 2: requeue 3', 'channel 2: requeue 4'])
    expect(contexts.get('a')?.stopping.aborted).toBe(true)
    expect(contexts.get('a')?.signal.aborted).toBe(false)
    finish('a')
    const report = await stopped
    expect(log.slice(4)).toEqual(['channel 2: ack 1', 'channel 2: close', 'close connection', 'socket destroyed'])
    expect(report.outcomes[0]).toMatchObject({ resource: 'consumer', note: 'finished 1 message; handed back 3' })
  })

  it('hands nothing back before the broker has answered the cancel: it would come back at once', async () => {
    const { handle } = byHand()
    const { channel, log, kernel } = await running(handle, { concurrency: 1, timeouts: { drain: 200 } })
    for (const name of ['a', 'b']) channel.deliver(name)
    scene.broker.mute = true
    await expect(kernel.shutdown()).rejects.toThrow('message orders #1')
    expect(log).toEqual(['channel 2: cancel tag', 'channel 2: close', 'close connection', 'socket destroyed'])
  })

  it('tells handlers when the time is over, and acknowledges nothing from then on', async () => {
    const { handle, contexts, finish } = byHand()
    const { channel, log, kernel } = await running(handle, { timeouts: { drain: 50 } })
    channel.deliver('a')
    const stopped = kernel.shutdown().catch((error: { report: unknown }) => error.report)
    await expect.poll(() => contexts.get('a')?.signal.aborted).toBe(true)
    finish('a')
    expect(await stopped).toMatchObject({ outcomes: [{ cut: { count: 1, oldest: [{ label: 'message orders #1' }] } }, {}] })
    expect(log).not.toContain('channel 2: ack 1')
  })

  it.for([
    ['requeue-once', false, 'requeue'],
    ['requeue-once', true, 'dead-letter'],
    ['requeue', true, 'requeue'],
    ['dead-letter', false, 'dead-letter'],
  ] as const)('does of a message that fails what is asked: %s, delivered before: %s', async ([failed, redelivered, told]) => {
    for (const handle of [
      () => Promise.reject(new Error('mine')),
      () => {
        throw new Error('mine')
      },
    ]) {
      scene.broker = new FakeBroker()
      const { channel, log, counts } = await running(handle, { failed })
      channel.deliver('a', { redelivered })
      await turn()
      expect(log).toEqual([`channel 2: ${told} 1`])
      expect(counts()).toMatchObject({
        handled: 0,
        failed: 1,
        requeued: told === 'requeue' ? 1 : 0,
        deadLettered: told === 'requeue' ? 0 : 1,
      })
    }
  })

  it('asks a function what becomes of it, and does the default when that fails or does not say', async () => {
    const seen: unknown[] = []
    const failed = (error: unknown, { content }: ConsumeMessage) => {
      seen.push(`${content}: ${error}`)
      if (content.toString() === 'b') throw new Error('also mine')
      return content.toString() === 'c' ? (undefined as never) : ('dead-letter' as const)
    }
    const { channel, log, kernel } = await running((message) => Promise.reject(`no ${message.content}`), { failed })
    channel.deliver('a')
    channel.deliver('b')
    channel.deliver('c')
    await turn()
    expect(seen).toEqual(['a: no a', 'b: no b', 'c: no c'])
    expect(log).toEqual(['channel 2: dead-letter 1', 'channel 2: requeue 2', 'channel 2: requeue 3'])
    const { outcomes } = await kernel.shutdown()
    expect(outcomes[0]?.note).toBe('3 failed in all, the last with: no c')
  })

  it('counts the first thing that a handler says of its message, and no second ack', async () => {
    const { channel, log } = await running((message, ctx) => {
      const [first, second] = message.content.toString().split(' then ') as ('ack' | 'requeue' | 'deadLetter')[]
      ctx[first as 'ack']()
      if (second !== undefined) ctx[second]()
    })
    for (const said of ['ack', 'requeue then ack', 'deadLetter then requeue']) channel.deliver(said)
    await turn()
    expect(log).toEqual(['channel 2: ack 1', 'channel 2: requeue 2', 'channel 2: dead-letter 3'])
  })

  it('says nothing of messages that need no acknowledgement, and handles all that came', async () => {
    const { handle, finish, open } = byHand()
    const { channel, log, kernel } = await running(handle, { options: { noAck: true }, concurrency: 1 })
    for (const name of ['a', 'b']) channel.deliver(name)
    const stopped = kernel.shutdown()
    finish('a')
    await expect.poll(() => open.has('b')).toBe(true)
    finish('b')
    expect((await stopped).outcomes[0]).toMatchObject({ note: 'finished 2 messages' })
    expect(log).toEqual(['channel 2: cancel tag', 'channel 2: close', 'close connection', 'socket destroyed'])
  })

  it.for([
    [
      'the broker closes its channel',
      () => scene.broker.channel.fail(new Error('406 (PRECONDITION-FAILED)')),
      /PRECONDITION-FAILED/,
    ],
    [
      'the broker cancels it',
      () => scene.broker.channel.deliver(null),
      /cancelled the consumer of queue "orders": it was deleted/,
    ],
    ['somebody closes its channel', () => scene.broker.channel.end(), /closed by something other than the kernel/],
  ] as const)('is restarted alone when %s, and says why', async ([, end, why]) => {
    const { kernel, consumer, log } = await running(() => {})
    end()
    await turn()
    expect(kernel.probe().reasons[0]?.message).toMatch(why)
    await expect.poll(() => log).toContain('channel 3: consume orders')
    expect(kernel.inspect(consumer)).toMatchObject({ restarts: 1 })
    expect(scene.broker.connections).toHaveLength(1)
    await expect.poll(() => kernel.probe().status).toBe('ready')
  })

  it('hears that the broker cancels it also when that comes with the answer to its consume', async () => {
    let first = true
    const setup = () => {
      const { channel } = scene.broker
      const { consume } = channel
      if (!first) return
      first = false
      channel.consume = async (queue, onMessage) => {
        const answer = await consume(queue, onMessage)
        onMessage(null)
        return answer
      }
    }
    const consumer = consumerOf(() => {}, { setup })
    const kernel = kernelOf(consumer)
    await kernel.start().catch(() => {})
    await expect.poll(() => scene.broker.log).toContain('channel 3: consume orders')
    await expect.poll(() => kernel.probe().status).toBe('ready')
  })

  it('tells handlers that their channel is gone, waits for them for a while, and goes on without them', async () => {
    const { handle, contexts, finish } = byHand()
    const { channel, kernel, log } = await running(handle)
    channel.deliver('a')
    scene.broker.connection.lose(new Error('read ECONNRESET'))
    await turn()
    expect(contexts.get('a')?.signal.aborted).toBe(true)
    expect(contexts.get('a')?.signal.reason).toMatchObject({ message: 'read ECONNRESET' })
    await expect.poll(() => scene.broker.connections.length).toBe(2)
    await expect.poll(() => kernel.probe().status).toBe('ready')
    finish('a')
    await turn()
    expect(log.filter((line) => line.includes('ack'))).toEqual([])
  })

  it('fails its start, once, for what the broker refuses for good, and again and again for what may come', async () => {
    const refusing = (code: number, words: string) => () => Promise.reject(Object.assign(new Error(words), { code }))
    const started = async (setup: () => Promise<never>) => {
      scene.broker = new FakeBroker()
      const kernel = kernelOf(consumerOf(() => {}, { setup, retry: { attempts: 2, delay: 1 } }))
      return await kernel.start().catch((error: Error) => ({ message: error.message, log: [...scene.broker.log] }))
    }
    const opened = { log: expect.arrayContaining(['channel 3: open channel']) }
    expect(await started(refusing(406, 'PRECONDITION_FAILED'))).not.toMatchObject(opened)
    expect(await started(refusing(404, 'no queue'))).toMatchObject(opened)
    expect(await started(refusing(403, "queue 'orders' in exclusive use"))).toMatchObject(opened)
  })

  it.for([
    ['no connection', { queue: 'orders', handle: () => () => {} }],
    ['no handle', { queue: 'orders', connection: rabbitOf() }],
    ['a queue without a name', { queue: '', connection: rabbitOf(), handle: () => () => {} }],
    ['a prefetch below 0', { queue: 'orders', connection: rabbitOf(), handle: () => () => {}, prefetch: -1 }],
    ['a concurrency of 0', { queue: 'orders', connection: rabbitOf(), handle: () => () => {}, concurrency: 0 }],
    ['what cannot be done with a failure', { queue: 'orders', connection: rabbitOf(), handle: () => () => {}, failed: 'drop' }],
    ['an unknown option', { queue: 'orders', connection: rabbitOf(), handle: () => () => {}, prefetchCount: 1 }],
  ] as const)('refuses %s when it is defined', ([, options]) => {
    expect(() => amqpConsumer('consumer', options as never)).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it.for([
    [
      'a handler that is the loop itself',
      { handle: (() => Promise.resolve()) as never },
      /handle returned what is of type object/,
    ],
    ['no queue at all', { queue: undefined as never }, /queue is missing/],
    [
      'a connection that makes no channels',
      { connection: resource('x', { start: () => 5 }) as never },
      /connection does not make channels/,
    ],
  ] as const)('fails its start at once for %s', async ([, options, says]) => {
    const kernel = kernelOf(consumerOf(() => {}, options))
    await expect(kernel.start()).rejects.toThrow(says)
  })
})
