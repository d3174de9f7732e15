import { createKernel, type Kernel, type Resource, type StartError } from '@keelson/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { duplicate, redis } from './index.js'
import { duplicate as duplicateIoredis, ioredis } from './ioredis.js'
import { FakeIoredis, FakeNodeRedis, type FakeServer, fakeServer } from './test-support/fake-clients.js'

type Fake = FakeNodeRedis | FakeIoredis
type Duplicate = (...args: unknown[]) => Resource<unknown>
type Define = (server: FakeServer, made: Fake[], options?: object) => Resource<Fake>

const DRIVERS: readonly [string, Define][] = [
  ['node-redis', (server, made, options) => redis('cache', { client: () => keep(made, new FakeNodeRedis(server)), ...options })],
  ['ioredis', (server, made, options) => ioredis('cache', { client: () => keep(made, new FakeIoredis(server)), ...options })],
]
const QUIET = { monitor: { interval: 3_600_000 } }

describe.each(DRIVERS)('a client of %s', (name, define) => {
  const setUp = async (options: object = QUIET) => {
    const server = fakeServer()
    const made: Fake[] = []
    const cache = define(server, made, options)
    const kernel = await started(cache)
    return { server, made, cache, kernel, client: kernel.get(cache) }
  }

  it('is the value of the resource, and has answered PING before anything that needs it starts', async () => {
    const { server, made, client } = await setUp()
    expect(client).toBe(made[0])
    expect(server.asked).toEqual(expect.arrayContaining(['PING', 'INFO replication']))
  })

  it('is unhealthy at once when the connection is lost, with how many commands wait, and healthy once the server answers again', async () => {
    const { server, client, kernel } = await setUp()
    wait(client, 2)
    client.lose(new Error('read ECONNRESET'))
    expect(reasonOf(kernel)).toContain('read ECONNRESET; 2 commands wait for the connection')
    wait(client, 0)
    server.replies.PING = new Error('LOADING Redis is loading the dataset in memory')
    client.recover()
    await expect.poll(() => reasonOf(kernel)).toContain('LOADING')
    server.replies.PING = 'PONG'
    await expect.poll(() => kernel.probe().status).toBe('ready')
  })

  it('has crashed when the driver gives up', async () => {
    const { client, kernel } = await setUp({ ...QUIET, impact: 'degraded' })
    client.giveUp(new Error('connect ECONNREFUSED'))
    await expect.poll(() => reasonOf(kernel)).toContain('the client does not connect again: connect ECONNREFUSED')
  })

  it('fails its start with what the server says, once for what does not get better', async () => {
    for (const [reply, retried] of [
      [new Error('NOAUTH Authentication required.'), false],
      [new Error('MASTERDOWN Link with MASTER is down'), true],
    ] as const) {
      const server = fakeServer()
      server.replies.PING = reply
      const made: Fake[] = []
      const error = await startErrorOf(define(server, made, { retry: { attempts: 2, delay: 1 } }))
      expect(error.errors[0]?.message).toContain(reply.message)
      expect(made).toHaveLength(retried ? 2 : 1)
      expect(made.every(({ listeners }) => listeners.length < 5)).toBe(true)
    }
  })

  it('fails the start on a replica, unless one will do', async () => {
    const server = fakeServer()
    server.replies.INFO = 'role:slave\r\nslave_read_only:1\r\n'
    const error = await startErrorOf(define(server, [], { retry: { attempts: 1 } }))
    expect(error.errors[0]?.message).toMatch(/READONLY .*say replica: true/)
    await started(define(server, [], { replica: true }))
  })

  it('takes an answer that forbids the question for an answer', async () => {
    const server = fakeServer()
    for (const command of ['PING', 'INFO', 'CLIENT']) server.replies[command] = new Error('NOPERM this user has no permissions')
    const kernel = await started(define(server, []))
    expect((await kernel.check())[0]).toMatchObject({ ok: true })
  })

  it('answers a check within its timeout when the server says nothing, and asks it only once meanwhile', async () => {
    const { server, kernel } = await setUp({ ...QUIET, timeouts: { check: 200 } })
    server.replies.PING = new Promise(() => {})
    const before = server.asked.length
    for (let n = 0; n < 3; n++) expect((await kernel.check())[0]).toMatchObject({ ok: false })
    expect(server.asked.slice(before).filter((asked) => asked === 'PING').length).toBeLessThan(4)
  })

  it('waits for what is in flight, closes politely and is destroyed', async () => {
    const { server, client, kernel } = await setUp()
    let answer = (_value: string) => {}
    server.replies.GET = new Promise((resolve) => {
      answer = resolve
    })
    const asked = client instanceof FakeNodeRedis ? client.sendCommand(['GET', 'a']) : client.call('GET', 'a')
    const report = kernel.shutdown()
    setTimeout(() => answer('1'), 50)
    expect(await report).toMatchObject({ ok: true, outcomes: [{ outcome: 'stopped' }] })
    expect(await asked).toBe('1')
    if (client instanceof FakeNodeRedis) expect([client.closed, client.destroyed]).toEqual([1, 1])
    else expect([client.quits, client.stream.destroyed, client.flushed.length]).toEqual([1, 1, 1])
  })

  it('does not wait at its stop when it is away, and tells what was lost', async () => {
    const { client, kernel } = await setUp()
    client.lose(new Error('read ECONNRESET'))
    wait(client, 3)
    expect((await kernel.shutdown()).outcomes).toMatchObject([{ note: 'commands cut: 3 that waited for a connection' }])
    if (client instanceof FakeNodeRedis) expect([client.closed, client.destroyed]).toEqual([0, 1])
    else expect([client.quits, client.stream.destroyed]).toEqual([0, 1])
  })

  it('keeps hearing errors after its stop, and nothing else', async () => {
    const { client, kernel } = await setUp()
    await kernel.shutdown()
    client.emit('error', new Error('late'))
    expect(client.listenerCount('error')).toBe(1)
  })

  it('is held by one resource at a time, through its stop', async () => {
    const client = name === 'node-redis' ? new FakeNodeRedis(fakeServer()) : new FakeIoredis(fakeServer())
    const define = (name === 'node-redis' ? redis : ioredis) as unknown as Duplicate
    const [one, two] = [define('one', { client }), define('two', { client })]
    const kernel = await started(one)
    expect((await startErrorOf(two)).errors[0]?.message).toMatch(/client is in use by another resource.*pass a function/)
    expect(kernel.probe().status).toBe('ready')
    await kernel.shutdown()
    await started(two)
  })

  it('is duplicated with the options of its original, before what needs it and after that', async () => {
    const server = fakeServer()
    const cache = define(server, [])
    const again = (name === 'node-redis' ? duplicate : duplicateIoredis) as unknown as Duplicate
    const kernel = await started(again('events', cache), again(cache))
    expect(kernel.plan().order).toEqual(['cache', 'events', 'cache-duplicate'])
    await kernel.restart(cache)
    expect(kernel.probe().status).toBe('ready')
    expect(() => again('events', undefined)).toThrow(/^resource "events": what it duplicates is no resource/)
    expect(() => again('events', cache, { stop() {} })).toThrow(/stop cannot be given/)
  })
})

/** As many commands wait as if they had been sent while it is away. */
function wait(client: Fake, count: number): void {
  if (client instanceof FakeNodeRedis) client.pending = count
  else client.offlineQueue = Array.from({ length: count })
}

function keep(made: Fake[], client: Fake): never {
  made.push(client)
  return client as never
}

async function started(...resources: Resource<unknown>[]): Promise<Kernel> {
  const kernel = createKernel(resources)
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  return await kernel.start()
}

async function startErrorOf(resource: Resource<unknown>): Promise<StartError> {
  const kernel = createKernel([resource])
  return await kernel.start().then(
    () => Promise.reject(new Error('it started')),
    (error: StartError) => error,
  )
}

function reasonOf(kernel: Kernel): string {
  return kernel
    .probe()
    .reasons.map(({ message }) => message)
    .join('; ')
}
