import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { type HttpPoolOptions, httpPool } from '../http/http-pool.js'
import { started } from './kernels.js'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
})

/** An HTTP server on a port of its own, closed after the test. */
export async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A kernel with an `httpPool` of these servers. */
export async function startPool(urls: Record<string, string>, options: Partial<HttpPoolOptions<Record<never, never>>> = {}) {
  const configs = Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, { url }]))
  const resource = httpPool('upstreams', { ...options, servers: configs })
  const kernel = await started([resource])
  return { kernel, pool: kernel.get(resource) }
}
