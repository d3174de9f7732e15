import { conformance } from '@keelson/kernel/conformance'
import { afterAll, test } from 'vitest'
import { clock } from '../src/clock.js'
import { ClockServer } from '../src/server.js'

const server = new ClockServer('s3cret-word')
await server.start()
afterAll(() => server.kill())

const cases = conformance({
  name: 'clock()',
  server,
  make: (name, { host, port }, options) => clock(name, { host, port, password: 's3cret-word', ...options }),
  use: (client) => client.now(),
  secrets: ['s3cret-word', 'wr0ng-word'],
  refused: {
    credentials: {
      make: (name, { host, port }, options) => clock(name, { host, port, password: 'wr0ng-word', ...options }),
      says: /wrong password/,
    },
  },
})
for (const { name, run } of cases) test(name, run, 120_000)
