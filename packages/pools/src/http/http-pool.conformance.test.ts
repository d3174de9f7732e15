import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { conformance } from '@keelson/kernel/conformance'
import { recordConformance } from '@keelson/test-servers'
import { afterAll, test } from 'vitest'
import { httpPool } from './http-pool.js'

const http = createServer((_req, res) => void res.end('{}')).listen(0, '127.0.0.1')
await once(http, 'listening')
const { port } = http.address() as AddressInfo
const kill = async () => {
  const closed = once(http.close(), 'close')
  http.closeAllConnections()
  await closed
}
afterAll(kill)

const cases = conformance({
  name: 'httpPool() on undici',
  server: { port, kill, start: () => once(http.listen(port, '127.0.0.1'), 'listening') },
  make: (name, at, options) =>
    httpPool(name, { servers: { api: { url: `http://${at.host}:${at.port}` } }, ping: '/', max: 2, ...options }),
  use: (pool) => pool.use('api', async (api) => (await api.fetch('/')).json()),
  except: {
    'tells at once that its server is gone, and that it is back':
      'idle connections of HTTP come and go: only a ping tells that the server is gone',
  },
  report: recordConformance(import.meta.url, { adapter: 'httpPool()', driver: 'undici', server: 'a server of node:http' }),
})
for (const { name, run } of cases) test(name, run, 120_000)
