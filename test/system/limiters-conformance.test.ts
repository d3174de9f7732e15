import { type ConformanceOptions, conformance } from '@keelson/kernel/conformance'
import { rateLimiter } from '@keelson/limiters'
import { redis } from '@keelson/redis'
import { ioredis } from '@keelson/redis/ioredis'
import { recordConformance, redisServer } from '@keelson/test-servers'
import { afterAll, describe, test } from 'vitest'

const PASSWORD = 's3cret-word'
const server = await redisServer({ password: PASSWORD })
afterAll(() => server[Symbol.asyncDispose]())

const STORES = {
  redis: (url: string, options: ConformanceOptions) => redis('store', { url, ...options }),
  ioredis: (url: string, options: ConformanceOptions) => ioredis('store', { url, ...options }),
}

describe.each(Object.entries(STORES))('rateLimiter() with %s', (driver, storeOf) => {
  const cases = conformance({
    name: `rateLimiter() with ${driver}`,
    server,
    make: (name, { host, port }, { monitor, ...options }) => {
      const store = storeOf(`redis://:${PASSWORD}@${host}:${port}`, { ...options, ...(monitor && { monitor }) }) // who is checked
      const rule = { limit: 1_000_000, window: 60_000, redisTimeout: 10_000 } // what is in flight may take 2 s here
      return rateLimiter(name, { dependsOn: { store }, redis: ({ store }) => store, ...rule, ...options })
    },
    use: (limiter) => limiter.consume('ada'),
    secrets: [PASSWORD],
    report: recordConformance(import.meta.url, { adapter: 'rateLimiter()', driver, server: 'Redis 7' }),
  })
  for (const { name, run } of cases) test(name, run, 120_000)
})
