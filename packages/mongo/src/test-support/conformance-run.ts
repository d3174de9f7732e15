import { conformance } from '@keelson/kernel/conformance'
import { startMongoStandIn } from '@keelson/mongo-stand-in'
import { recordConformance } from '@keelson/test-servers'
import { afterAll, describe, test, vi } from 'vitest'
import { poolUse } from '../pool-use.js'
import type { Flavour } from './flavour.js'

/** Every case of the suite, with one driver. `at` is `import.meta.url` of the test. */
export async function runConformance<T>(at: string, { adapter, driver, define, read, clientOf }: Flavour<T>): Promise<void> {
  const standIn = await startMongoStandIn()
  afterAll(() => standIn.close())
  const fast = { heartbeatFrequencyMS: 500, connectTimeoutMS: 1_000, maxPoolSize: 3 }

  const cases = conformance<T>({
    name: `${adapter} on ${driver}`,
    server: { port: standIn.port, kill: () => standIn.refuse(), start: () => standIn.accept() },
    make: (name, { host, port }, options) => define(name, { url: `mongodb://${host}:${port}/shop`, options: fast, ...options }),
    use: (value) => read(value),
    secrets: ['s3cret!pw'],
    refused: {
      credentials: {
        make: (name, { host, port }, options) =>
          define(name, { url: `mongodb://ada:s3cret%21pw@${host}:${port}/shop`, options: fast, ...options }),
        says: /Authentication failed/,
      },
    },
    async exhaust(value) {
      standIn.wedge(['find'])
      const waiting = Array.from({ length: 2 * fast.maxPoolSize }, () => read(value).catch(() => {}))
      await vi.waitUntil(() => poolUse(clientOf(value))?.full, { timeout: 10_000 })
      return async () => {
        standIn.unwedge()
        await Promise.all(waiting)
      }
    },
    report: recordConformance(at, { adapter, driver, server: 'an embedded stand-in' }),
  })
  describe(`${adapter} on ${driver}`, () => {
    for (const { name, run } of cases) test(name, run, 120_000)
  })
}
