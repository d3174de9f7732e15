import { type Resource, resource } from '@keelson/kernel'
import { Cluster, type Redis } from 'ioredis'
import { createClient, createCluster, createSentinel, defineScript, type RedisClientType } from 'redis'
import { expectTypeOf } from 'vitest'
import { duplicate, redis } from './index.js'
import { duplicate as duplicateIoredis, ioredis } from './ioredis.js'

const vault = resource('vault', { start: () => ({ url: 'redis://h', password: 'x' }) })

const cache = redis('cache', { url: process.env.REDIS_URL })
expectTypeOf(cache).toEqualTypeOf<Resource<RedisClientType>>()
expectTypeOf(duplicate('events', cache)).toEqualTypeOf<Resource<RedisClientType>>()
expectTypeOf(duplicate(cache)).toEqualTypeOf<Resource<RedisClientType>>()

const main = ioredis('main', { url: process.env.REDIS_URL, options: { maxRetriesPerRequest: null } })
expectTypeOf(main).toEqualTypeOf<Resource<Redis>>()
expectTypeOf(duplicateIoredis('events', main, { impact: 'degraded' })).toEqualTypeOf<Resource<Redis>>()

redis('cache', {
  dependsOn: { vault },
  url: ({ vault }) => vault.url,
  options: ({ vault }) => ({ password: vault.password, socket: { connectTimeout: 1_000 } }),
  impact: 'degraded',
  shared: true,
  maxQueued: 100,
})
ioredis('main', { dependsOn: { vault }, options: ({ vault }) => ({ sentinels: [{ host: 'h' }], password: vault.password }) })

// What is adopted keeps its type: modules, scripts, another RESP, several servers.
const script = defineScript({
  SCRIPT: 'return 1',
  NUMBER_OF_KEYS: 0,
  parseCommand(_parser: unknown) {},
  transformReply: (reply: number) => reply,
})
const scripted = redis('scripted', { client: () => createClient({ scripts: { script } }) })
declare const value: typeof scripted extends Resource<infer C> ? C : never
expectTypeOf(value.script()).resolves.toEqualTypeOf<number>()
const cluster = () => createCluster({ rootNodes: [] })
expectTypeOf(redis('cluster', { client: cluster })).toEqualTypeOf<Resource<ReturnType<typeof cluster>>>()
const sentinel = () => createSentinel({ name: 'main', sentinelRootNodes: [] })
expectTypeOf(redis('sentinel', { client: sentinel })).toEqualTypeOf<Resource<ReturnType<typeof sentinel>>>()
expectTypeOf(ioredis('cluster', { client: new Cluster([], { lazyConnect: true }) })).toEqualTypeOf<Resource<Cluster>>()

// @ts-expect-error the hooks are this package's
redis('cache', { url: 'redis://h', check: () => true })
// @ts-expect-error what is not depended on is not passed
redis('cache', { url: ({ vault }) => vault.url })
// @ts-expect-error it depends on its original alone
duplicate('events', cache, { dependsOn: { vault } })
// @ts-expect-error a client of the other driver
duplicateIoredis('events', cache)
