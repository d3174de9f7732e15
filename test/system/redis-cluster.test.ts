import { createKernel, type Kernel, type Resource } from '@keelson/kernel'
import { duplicate, redis } from '@keelson/redis'
import { duplicate as duplicateIoredis, ioredis } from '@keelson/redis/ioredis'
import { type RedisServer, redisServer } from '@keelson/test-servers'
import { Cluster } from 'ioredis'
import { Cluster as Cluster5 } from 'ioredis5'
import { createCluster, createSentinel } from 'redis'
import { createCluster as createCluster5, createSentinel as createSentinel5 } from 'redis5'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { RedisSentinel, redisCluster } from './redis-cluster.js'

/** What is asked of all of them. */
interface Client {
  get(key: string): Promise<unknown>
  set(key: string, value: string): Promise<unknown>
}

const OFTEN = { monitor: { interval: 200, failureThreshold: 1 } }
const PATIENT = { timeout: 60_000, interval: 50 }
const ADDRESS = (port: number) => ({ host: '127.0.0.1', port })
const URLS = (ports: number[]) => ports.map((port) => ({ url: `redis://127.0.0.1:${port}` }))

const CLUSTERS: Record<string, (ports: number[]) => Resource<Client>> = {
  'createCluster() of node-redis 6': (ports) =>
    redis('cluster', { client: () => createCluster({ rootNodes: URLS(ports) }), ...OFTEN }) as never,
  'createCluster() of node-redis 5': (ports) =>
    redis('cluster', { client: () => createCluster5({ rootNodes: URLS(ports) }), ...OFTEN }) as never,
  'Cluster of ioredis 6': (ports) =>
    ioredis('cluster', { client: () => new Cluster(ports.map(ADDRESS), { lazyConnect: true }), ...OFTEN }) as never,
  'Cluster of ioredis 5': (ports) =>
    ioredis('cluster', { client: () => new Cluster5(ports.map(ADDRESS), { lazyConnect: true }), ...OFTEN }) as never,
}

const KEYS = Array.from({ length: 30 }, (_, n) => `key ${n}`)

describe('a cluster of three', () => {
  let servers: RedisServer[] = []
  beforeAll(async () => {
    servers = await redisCluster()
  })
  afterAll(() => Promise.all(servers.map((server) => server[Symbol.asyncDispose]())))

  it.each(Object.entries(CLUSTERS))('%s reaches every primary, tells which is away, and leaves nothing', async (name, define) => {
    const cluster = define(servers.map(({ port }) => port))
    const again = (name.includes('node-redis') ? duplicate : duplicateIoredis)(
      'again',
      cluster as never,
    ) as never as Resource<Client>
    const kernel = await started(again)
    const client = kernel.get(cluster)
    for (const key of KEYS) await client.set(key, key)
    expect(await Promise.all(KEYS.map((key) => kernel.get(again).get(key)))).toEqual(KEYS)

    await servers[1]!.kill()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('unready')
    await expect.poll(() => reasonOf(kernel), PATIENT).toMatch(new RegExp(`:${servers[1]!.port}|CLUSTERDOWN|${servers[1]!.port}`))
    await servers[1]!.start()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('ready')
    expect(kernel.get(cluster)).toBe(client)
    for (const key of KEYS) expect(await client.get(key)).toBe(key)

    expect(await kernel.shutdown()).toMatchObject({ ok: true })
    await expect.poll(() => socketsTo(servers.map(({ port }) => port)), PATIENT).toBe(0)
  })

  it.each(Object.entries(CLUSTERS))('%s stops in time while all of it is wedged', async (_, define) => {
    const kernel = await started(define(servers.map(({ port }) => port)))
    for (const server of servers) server.pause()
    try {
      const begun = performance.now()
      await kernel.shutdown().catch(() => {})
      expect(performance.now() - begun).toBeLessThan(10_000)
      await expect.poll(() => socketsTo(servers.map(({ port }) => port)), PATIENT).toBe(0)
    } finally {
      for (const server of servers) server.resume()
    }
  })
})

describe('a primary that a Sentinel names', () => {
  let primary: RedisServer
  let sentinel: RedisSentinel
  beforeAll(async () => {
    primary = await redisServer()
    sentinel = await RedisSentinel.start(primary)
  })
  afterAll(() => Promise.all([sentinel.stop(), primary[Symbol.asyncDispose]()]))

  const SENTINELS: Record<string, () => Resource<Client>> = {
    'createSentinel() of node-redis 6': () =>
      redis('main', {
        client: () => createSentinel({ name: 'main', sentinelRootNodes: [ADDRESS(sentinel.port)] }),
        ...OFTEN,
      }) as never,
    'createSentinel() of node-redis 5': () =>
      redis('main', {
        client: () => createSentinel5({ name: 'main', sentinelRootNodes: [ADDRESS(sentinel.port)] }),
        ...OFTEN,
      }) as never,
    'the options of ioredis 6': () =>
      ioredis('main', { options: { name: 'main', sentinels: [ADDRESS(sentinel.port)] }, ...OFTEN }) as never,
  }

  it.each(Object.keys(SENTINELS))('%s: is reached, told when it is gone, and left', async (name) => {
    const main = SENTINELS[name]!()
    const kernel = await started(main)
    await kernel.get(main).set('a', name)
    expect(await kernel.get(main).get('a')).toBe(name)
    await primary.kill()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('unready')
    await primary.start()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('ready')
    expect(await kernel.shutdown()).toMatchObject({ ok: true })
    await expect.poll(() => socketsTo([primary.port, sentinel.port]), PATIENT).toBe(0)
  })
})

async function started(resource: Resource<unknown>): Promise<Kernel> {
  const kernel = createKernel([resource], { timeouts: { stop: 3_000, drain: 2_000 } })
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  return await kernel.start()
}

function reasonOf(kernel: Kernel): string {
  return kernel
    .probe()
    .reasons.map(({ message }) => message)
    .join('; ')
}

/** Sockets of this process that are connected to one of these ports. */
function socketsTo(ports: number[]): number {
  const { _getActiveHandles: handles } = process as { _getActiveHandles?: () => readonly { remotePort?: number }[] }
  return (handles?.call(process) ?? []).filter(({ remotePort }) => ports.includes(remotePort!)).length
}
