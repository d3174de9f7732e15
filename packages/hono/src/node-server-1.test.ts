import { once } from 'node:events'
import { createKernel, type Resource } from '@keelson/kernel'
import type { HttpServer } from '@keelson/node'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { expect, it, onTestFinished, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { drainSignal, honoServer } from './index.js'

vi.mock('@hono/node-server', () => import('@hono/node-server1'))

const started = async (api: Resource<HttpServer>) => {
  const kernel = createKernel([api])
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  return await kernel.start()
}

it('serves and drains with @hono/node-server 1', async () => {
  const app = () =>
    new Hono()
      .get('/', (c) => c.text('hello'))
      .get('/events', (c) =>
        streamSSE(c, async (stream) => {
          await stream.writeSSE({ data: 'hello' })
          await once(drainSignal(c), 'abort')
          await stream.writeSSE({ data: 'bye' })
        }),
      )
  const api = honoServer('api', { host: '127.0.0.1', app })
  const kernel = await started(api)
  const { url } = kernel.get(api)
  expect(await (await fetch(url)).text()).toBe('hello')
  expect(await (await fetch(`${url}/readyz`)).text()).toBe('ready')
  const events = await fetch(`${url}/events`)
  const report = kernel.shutdown()
  expect(await events.text()).toBe('data: hello\n\ndata: bye\n\n')
  expect(await report).toMatchObject({ ok: true })
})

it('says what websocket needs', async () => {
  const websocket = () => new WebSocketServer({ noServer: true })
  const api = honoServer('api', { host: '127.0.0.1', app: () => new Hono(), websocket })
  await expect(started(api)).rejects.toMatchObject({
    errors: [{ message: expect.stringContaining('websocket needs @hono/node-server 2; with 1, hand the server') }],
  })
})
