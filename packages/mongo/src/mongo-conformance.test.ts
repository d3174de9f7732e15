import { conformance } from '@keelson/kernel/conformance'
import { startMongoStandIn } from '@keelson/mongo-stand-in'
import { afterAll, test } from 'vitest'
import { mongo } from './index.js'

const standIn = await startMongoStandIn()
afterAll(() => standIn.close())

const cases = conformance({
  name: 'mongo() on mongodb 7',
  server: { port: standIn.port, kill: () => standIn.refuse(), start: () => standIn.accept() },
  make: (name, { host, port }, options) =>
    mongo(name, {
      url: `mongodb://${host}:${port}/`,
      options: { heartbeatFrequencyMS: 500, connectTimeoutMS: 1_000 },
      ...options,
    }),
  use: (client) => client.db('shop').command({ ping: 1 }),
})
for (const { name, run } of cases) test(name, run, 120_000)
