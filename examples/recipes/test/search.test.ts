import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKernel } from '@keelson/kernel'
import { afterEach, expect, it } from 'vitest'
import { search } from '../src/search.js'

let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const listening = async (port = 0) => {
  server = createServer((request, response) => {
    setTimeout(() => response.end('found'), request.url === '/slow' ? 200 : 0)
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: taken } = server.address() as AddressInfo
  process.env.SEARCH_URL = `http://127.0.0.1:${taken}`
  return taken
}

it('is there once its server answers, and answers what is in flight before it is closed', async () => {
  await listening()
  const kernel = await createKernel([search]).start()
  expect(kernel.probe().status).toBe('ready')
  const asked = kernel.get(search).request({ path: '/slow', method: 'GET' })
  const [{ body }, report] = await Promise.all([asked, kernel.shutdown()])
  expect(await body.text()).toBe('found')
  expect(report.ok).toBe(true)
})

it('degrades the service while its server is away', async () => {
  const port = await listening()
  const kernel = await createKernel([search]).start()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  for (let n = 0; n < 3; n++) await kernel.check(search)
  expect(kernel.probe()).toMatchObject({ status: 'degraded', live: true })
  await listening(port)
  await kernel.check(search)
  expect(kernel.probe().status).toBe('ready')
  await kernel.shutdown()
})
