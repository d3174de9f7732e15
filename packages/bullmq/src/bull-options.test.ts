import { createKernel, type Resource, resource } from '@keelson/kernel'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { bullFlowProducer, bullQueue, bullQueueEvents, bullWorker } from './index.js'
import { FakeBase, FakeRedis, made, type Queue } from './test-support/fake-bullmq.js'

vi.mock('bullmq', () => import('./test-support/fake-bullmq.js'))

const processor = () => async () => {}

beforeEach(() => {
  made.length = 0
  FakeBase.ready = Promise.resolve()
})

test.each<[string, unknown]>([
  ['its options must be an object; pass { url }', 'redis://:s3cret@h'],
  ['url is of type number; pass redis://127.0.0.1:6379', { url: 6379 }],
  ['connection must be an ioredis client or its options; give a connection string as url', { connection: 'redis://:s3cret@h' }],
  ['options must be an object, as BullMQ takes it', { options: 1 }],
  ['options.connection cannot be given; give it beside options', { options: { connection: {} } }],
  ['options.autorun cannot be given; work is taken from the activation on', { options: { autorun: true } }],
  ['queue must be the name of a queue', { queue: '' }],
  ['stop cannot be given, it is made by this package', { stop: () => {} }],
  ['quiesce cannot be given, it is made by this package', { quiesce: () => {} }],
  ['conection is not an option', { conection: {} }],
])('says %s', (message, options) => {
  for (const define of [bullQueue, bullFlowProducer, bullQueueEvents, bullWorker] as ((
    name: string,
    options: unknown,
  ) => unknown)[]) {
    const given = typeof options === 'object' ? { processor, ...options } : options
    if (define !== bullWorker && typeof given === 'object') delete (given as { processor?: unknown }).processor
    if (define === bullFlowProducer && message.startsWith('queue')) continue
    expect(() => define('mails', given)).toThrow(message)
    expect(() => define('mails', given)).not.toThrow('s3cret')
  }
})

test.each([
  [undefined, 'processor must be a function'],
  ['./mailer.js', 'processor is a file, whose processes nobody could drain'],
  [new URL('file:///mailer.js'), 'processor is a file, whose processes nobody could drain'],
])('a processor that is %s is refused with a sentence', (wrong, message) => {
  expect(() => bullWorker('mailer', { processor: wrong as never })).toThrow(message)
})

test('a grace that is no time is refused, and a processor that makes no function fails the start', async () => {
  expect(() => bullWorker('mailer', { grace: -1, processor })).toThrow('grace must be a number of ms')
  const wrong = bullWorker('mailer', { url: 'redis://h', processor: () => 'mail' as never })
  await expect(createKernel([wrong]).start()).rejects.toThrow('processor must return a function')
})

test.each([
  [undefined, 'url is missing; pass a connection string such as redis://127.0.0.1:6379, or a connection'],
  ['', 'url is empty'],
  ['http://:s3cret@h', 'url does not begin with redis:// or rediss://'],
  ['redis://:s3cret/@h:x', 'url cannot be parsed'],
  [() => 6379 as never, 'url is of type number'],
])('url %s fails the start, once, and not the definition', async (url, message) => {
  for (const wrong of [bullQueue('mails', { url }), bullWorker('mailer', { url, processor })] as Resource<unknown>[]) {
    const error: unknown = await createKernel([wrong])
      .start()
      .catch((error: unknown) => error)
    expect(String(error)).toContain(message)
    expect(String(error)).not.toMatch(/s3cret|try \d/)
  }
  expect(made).toEqual([])
})

test('url and connection may come from what it depends on, and options of the client go beside a url', async () => {
  const vault = resource('vault', { start: () => ({ url: 'redis://h' }) })
  const dependsOn = { vault }
  const queue = bullQueue('mails', { dependsOn, url: ({ vault }) => vault.url, connection: { db: 2 }, options: { prefix: 'p' } })
  const kernel = await createKernel([queue]).start()
  onTestFinished(async () => void (await kernel.shutdown('test over')))
  expect(made[0]?.options).toMatchObject({ prefix: 'p', connection: { url: 'redis://h', db: 2 } })
  // What only adds jobs fails as fast as the application wants.
  expect(made[0]?.options.connection).not.toHaveProperty('maxRetriesPerRequest')
  expect((made[0] as Queue).name).toBe('mails')
})

class Ioredis extends FakeRedis {
  readonly options: object
  readonly duplicates: Ioredis[] = []

  constructor(options: object = {}) {
    super()
    this.options = options
  }

  defineCommand(): void {}

  async connect(): Promise<void> {}

  duplicate(options: object): Ioredis {
    const copy = new Ioredis({ ...this.options, ...options })
    this.duplicates.push(copy)
    return copy
  }
}

test('of a client that is given, what waits for jobs has a duplicate that bears an outage, and closes that alone', async () => {
  const client = new Ioredis({ maxRetriesPerRequest: 20 })
  const connection = client as never
  const kernel = await createKernel([
    bullQueue('mails', { connection }),
    bullWorker('mailer', { connection, processor }),
    bullQueueEvents('events', { connection }),
  ]).start()
  expect(made[0]?.options.connection).toBe(client)
  expect(client.duplicates.map(({ options }) => options)).toEqual([
    { maxRetriesPerRequest: null, enableOfflineQueue: true, lazyConnect: true },
    { maxRetriesPerRequest: null, enableOfflineQueue: true, lazyConnect: true },
  ])
  await kernel.shutdown('over')
  expect(client.duplicates.map(({ status }) => status)).toEqual(['end', 'end'])
  expect(client.status).toBe('ready')
})

test('a client beside a url, or of another kind where BullMQ waits, is refused', async () => {
  const connection = new Ioredis() as never
  const both = bullQueue('mails', { url: 'redis://h', connection })
  await expect(createKernel([both]).start()).rejects.toThrow('url cannot be given with a client as connection')
  const other = { connect() {}, disconnect() {}, duplicate() {} } as never
  const worker = bullWorker('mailer', { connection: other, processor })
  await expect(createKernel([worker]).start()).rejects.toThrow('connection is a client other than of ioredis')
})

test('a queue tells how many jobs there are, as of its last check', async () => {
  const queue = bullQueue('mails', { url: 'redis://h' })
  const kernel = await createKernel([queue]).start()
  expect(kernel.inspect(queue).counts).toEqual({ waiting: 3, active: 1, delayed: 0, failed: 2, errors: 0 })
  expect(await kernel.shutdown('over')).toMatchObject({ ok: true })
  expect(made[0]?.log).toEqual(['close()'])
})
