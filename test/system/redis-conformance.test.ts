import type { Resource } from '@keelson/kernel'
import { type ConformanceMake, conformance } from '@keelson/kernel/conformance'
import { redis } from '@keelson/redis'
import { ioredis } from '@keelson/redis/ioredis'
import { recordConformance, redisServer } from '@keelson/test-servers'
import { Redis as Redis5 } from 'ioredis5'
import { createClient as createClient5 } from 'redis5'
import { afterAll, describe, test } from 'vitest'

const SECRETS = ['s3cret-word', 'not-the-password']
const server = await redisServer({ password: SECRETS[0]! })
const withTls = await redisServer({ tls: true })
afterAll(() => Promise.all([server, withTls].map((each) => each[Symbol.asyncDispose]())))

type Make = (...args: [...Parameters<ConformanceMake<never>>, url: string]) => Resource<{ get(key: string): Promise<unknown> }>

/** By the alias of the driver. */
const DRIVERS: Record<string, Make> = {
  redis: (name, _at, options, url) => redis(name, { url, ...options }),
  redis5: (name, _at, options, url) => redis(name, { client: () => createClient5({ url }), ...options }),
  ioredis: (name, _at, options, url) => ioredis(name, { url, ...options }),
  ioredis5: (name, _at, options, url) => ioredis(name, { client: () => new Redis5(url, { lazyConnect: true }), ...options }),
}

describe.each(Object.entries(DRIVERS))('%s', (driver, makeWith) => {
  const adapter = driver.startsWith('io') ? 'ioredis()' : 'redis()'
  const make =
    (urlOf: (address: string) => string): ConformanceMake<{ get(key: string): Promise<unknown> }> =>
    (name, at, options) =>
      makeWith(name, at, options, urlOf(`${at.host}:${at.port}`))
  const cases = conformance({
    name: `${adapter} on ${driver}`,
    server,
    make: make((address) => `redis://:${SECRETS[0]}@${address}`),
    use: (client) => client.get('asked'),
    secrets: SECRETS,
    report: recordConformance(import.meta.url, { adapter, driver, server: 'Redis 7' }),
    refused: {
      credentials: { make: make((address) => `redis://:${SECRETS[1]}@${address}`), says: /WRONGPASS/ },
      database: { make: make((address) => `redis://:${SECRETS[0]}@${address}/99`), says: /ERR DB index is out of range/ },
      withoutTls: { make: make(() => `redis://127.0.0.1:${withTls.port}`), says: /hung up .*rediss:/ },
    },
  })
  for (const { name, run } of cases) test(name, run, 120_000)
})
