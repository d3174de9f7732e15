import { inspect } from 'node:util'
import { StartError } from '@keelson/kernel'
import { recordEvents } from '@keelson/kernel/testing'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { amqpConnection } from './amqp-connection.js'
import { amqpConsumer } from './amqp-consumer.js'
import { FakeBroker } from './test-support/fake-broker.js'
import { kernelOf, scene, turn } from './test-support/scene.js'

vi.mock('amqplib', () => ({
  default: { connect: (...args: Parameters<FakeBroker['connect']>) => scene.broker.connect(...args) },
}))
beforeEach(() => {
  scene.broker = new FakeBroker()
})

const url = 'amqp://ada:s3cret@broker/shop'
const SOON = { restart: { attempts: 1_000, within: 60_000, delay: 1 } }

const startErrorOf = async (starting: Promise<unknown>) => {
  const error: unknown = await starting.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (error instanceof StartError) return error
  throw new Error('the start should have failed', { cause: error })
}

describe('amqpConnection()', () => {
  it('connects, asks on a channel of its own, and says goodbye before its socket is destroyed', async () => {
    const rabbit = amqpConnection('rabbit', { url })
    const kernel = await kernelOf(rabbit).start()
    expect(kernel.get(rabbit)).toBe(scene.broker.connection)
    await kernel.shutdown()
    expect(scene.broker.log).toEqual([
      `connect ${url}`,
      'channel 1: open channel',
      'channel 1: prefetch 0',
      'close connection',
      'socket destroyed',
    ])
  })

  it('asks for its url at every start, also as parts', async () => {
    const urls = [{ hostname: 'one' }, { hostname: 'two' }]
    const rabbit = amqpConnection('rabbit', { url: () => urls.shift() ?? url })
    const kernel = await kernelOf(rabbit).start()
    await kernel.restart(rabbit)
    expect(scene.broker.log.filter((line) => line.startsWith('connect'))).toEqual([
      'connect {"hostname":"one"}',
      'connect {"hostname":"two"}',
    ])
  })

  it.for([
    ['a lost socket', () => scene.broker.connection.lose(new Error('read ECONNRESET'))],
    ['a broker that ends it', () => scene.broker.connection.force(new Error('Connection closed: 320 (CONNECTION-FORCED)'))],
    ['a close by somebody else', () => scene.broker.connection.force(undefined as never)],
  ] as const)('is unready at once and made anew with its consumers after %s, counted as one restart', async ([, end]) => {
    const rabbit = amqpConnection('rabbit', { url, ...SOON })
    const consumer = amqpConsumer('consumer', { connection: rabbit, queue: 'orders', handle: () => () => {} })
    const kernel = await kernelOf(consumer).start()
    const events = recordEvents(kernel)
    const first = kernel.get(rabbit)
    end()
    expect(kernel.probe()).toMatchObject({ ready: false, live: true })
    await expect.poll(() => kernel.probe().status).toBe('ready')
    expect(kernel.get(rabbit)).not.toBe(first)
    const scheduled = events.events.filter(({ type }) => type === 'restart:scheduled')
    expect(scheduled).toMatchObject([{ resource: 'rabbit', attempt: 1 }])
    expect(scene.broker.log).toContain('channel 2: consume orders')
  })

  it('fails its check when the broker does not answer, in time, and asks only once however often it is checked', async () => {
    const rabbit = amqpConnection('rabbit', { url, timeouts: { check: 50 }, monitor: { interval: 10, failureThreshold: 1_000 } })
    const kernel = await kernelOf(rabbit).start()
    scene.broker.mute = true
    const asked = scene.broker.log.length
    const messages = () => kernel.inspect(rabbit).checks.map(({ error }) => error)
    await expect.poll(() => messages().filter((message) => message !== undefined).length).toBeGreaterThan(3)
    expect(messages().at(-1)).toContain('the broker did not answer within 45 ms')
    expect(scene.broker.log.slice(asked)).toEqual(['channel 1: prefetch 0'])
  })

  it('does not ask a broker that reads nothing from it, and opens the channel of its check again when that was closed', async () => {
    const rabbit = amqpConnection('rabbit', { url })
    const kernel = await kernelOf(rabbit).start()
    const asked = scene.broker.log.length
    scene.broker.connection.emit('blocked', 'low on memory')
    expect(await kernel.check(rabbit)).toMatchObject([{ ok: true }])
    expect(scene.broker.log.slice(asked)).toEqual([])
    scene.broker.connection.emit('unblocked')
    scene.broker.channel.fail(new Error('406'))
    expect(await kernel.check(rabbit)).toMatchObject([{ ok: true }])
    expect(scene.broker.log.slice(asked)).toEqual(['channel 2: open channel', 'channel 2: prefetch 0'])
    expect(kernel.probe().status).toBe('ready')
  })

  it('destroys the socket of a start that is given up', async () => {
    scene.broker.mute = true
    const error = await startErrorOf(kernelOf(amqpConnection('rabbit', { url, timeouts: { start: 50 } })).start())
    expect(error.errors[0]?.message).toContain('no connection within 45 ms: the broker does not answer')
    scene.broker.mute = false
    await turn()
    expect(scene.broker.log).toEqual([`connect ${url}`, 'socket destroyed'])
  })

  it('does not wait long for a broker that does not say goodbye', async () => {
    const kernel = await kernelOf(amqpConnection('rabbit', { url, timeouts: { stop: 100 } })).start()
    scene.broker.mute = true
    expect(await kernel.shutdown()).toMatchObject({ ok: true, outcomes: [{ outcome: 'stopped' }] })
    expect(scene.broker.log.slice(-2)).toEqual(['close connection', 'socket destroyed'])
  })

  it.for([
    [
      'credentials',
      'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"',
      /Login/,
    ],
    [
      'a vhost',
      'Expected ConnectionOpenOk; got <ConnectionClose channel:0>',
      /vhost "shop": it does not exist, or this user may not/,
    ],
    [
      'TLS where there is none',
      Object.assign(new Error('a:wrong version number:b\n'), { code: 'EPROTO' }),
      /does not speak TLS: use amqp:/,
    ],
    [
      'a certificate',
      Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      /self-signed/,
    ],
  ] as const)('does not try again when the broker refuses %s, and says why in one line', async ([, refusal, says]) => {
    scene.broker.refusing = typeof refusal === 'string' ? new Error(refusal) : refusal
    const { errors } = await startErrorOf(kernelOf(amqpConnection('rabbit', { url })).start())
    expect(errors[0]?.message).toMatch(says)
    expect(errors[0]?.message).not.toContain('\n')
    expect(errors[0]).toMatchObject({ code: 'START_FAILED', cause: { code: 'INVALID_OPTION' } })
    expect(scene.broker.log).toHaveLength(1)
  })

  it('tries again where another try may help, and tells of every address of a name', async () => {
    const both = new AggregateError([
      new Error('connect ECONNREFUSED ::1:5672'),
      new Error('connect ECONNREFUSED 127.0.0.1:5672'),
    ])
    scene.broker.refusing = both
    const retry = { attempts: 2, delay: 1 }
    const { errors } = await startErrorOf(kernelOf(amqpConnection('rabbit', { url, retry })).start())
    expect(errors[0]?.message).toContain('connect ECONNREFUSED ::1:5672; connect ECONNREFUSED 127.0.0.1:5672')
    expect(scene.broker.log).toHaveLength(2)
  })

  it.for([
    ['missing', undefined, /url is missing/],
    ['empty', '', /url is empty/],
    ['without a scheme', 'ada:s3cret@broker', /does not begin with amqp:/],
    ['of another protocol', 'http://ada:s3cret@broker', /does not begin with amqp:/],
    ['not encoded', 'amqp://ada:s3cret/[@broker', /cannot be parsed/],
  ] as const)('fails its start, and not its definition, for a url that is %s', async ([, bad, says]) => {
    const kernel = kernelOf(amqpConnection('rabbit', { url: bad }))
    const error = await startErrorOf(kernel.start())
    expect(error.errors[0]?.message).toMatch(says)
    expect(error.errors[0]).toMatchObject({ cause: { code: 'INVALID_OPTION' } })
    expect(inspect([error, kernel.inspect()], { depth: 20 })).not.toContain('s3cret')
    expect(scene.broker.log).toEqual([])
  })

  it.for([
    ['a password of the url', { url }],
    ['a password that is not encoded', { url: 'amqp://ada:s3c@ret@broker' }],
    ['a password of the parts', { url: { hostname: 'broker', password: 's3cret' } }],
    ['given credentials', { url: 'amqp://broker', options: { credentials: { password: 's3cret' } } }],
    ['a passphrase', { url: 'amqps://broker', options: { passphrase: 's3cret' } }],
  ] as const)('hides %s in what the driver says', async ([, options]) => {
    const secret = JSON.stringify(options).includes('s3c@ret') ? 's3c@ret' : 's3cret'
    scene.broker.refusing = new Error(`cannot use ${secret}`, { cause: new Error(secret) })
    const kernel = kernelOf(amqpConnection('rabbit', { ...options, retry: { attempts: 1 } }))
    const events = recordEvents(kernel)
    const error = await startErrorOf(kernel.start())
    expect(error.errors[0]?.message).toContain('cannot use ***')
    expect(inspect([error, events.events, kernel.inspect(), kernel.probe().reasons], { depth: 20 })).not.toContain(secret)
  })

  it.for([
    ['no options', undefined],
    ['a url in their place', 'amqp://ada:s3cret@broker'],
    ['a number as url', { url: 5672 }],
    ['options that are none', { url, options: 'tls' }],
    ['recovery, which would lose channels', { url, options: { recovery: true } }],
    ['a hook', { url, stop: () => {} }],
    ['an unknown option', { url, uri: url }],
  ] as const)('refuses %s when it is defined', ([, options]) => {
    const defined = () => amqpConnection('rabbit', options as never)
    expect(defined).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(defined).not.toThrowError(/s3cret/)
  })
})
