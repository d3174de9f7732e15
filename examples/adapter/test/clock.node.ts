import { after, test } from 'node:test'
import { conformance } from '@keelson/kernel/conformance'
import { clock } from '../src/clock.js'
import { ClockServer } from '../src/server.js'

const server = new ClockServer('s3cret-word')
await server.start()
after(() => server.kill())

const cases = conformance({
  name: 'clock()',
  server,
  make: (name, { host, port }, options) => clock(name, { host, port, password: 's3cret-word', ...options }),
  use: (client) => client.now(),
  secrets: ['s3cret-word'],
})
for (const { name, run } of cases) test(name, { timeout: 120_000 }, run)
