import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import { createKernel, type Kernel, resource } from '@keelson/kernel'
import express5 from 'express'
// @ts-expect-error: the alias has no types of its own; its shape is that of Express 5 where it is used here.
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { type ExpressApp, expressServer, probes } from './index.js'

const kernels: Kernel[] = []
afterEach(async () => {
  for (const kernel of kernels.splice(0)) await kernel.shutdown()
})

async function started(app: () => ExpressApp) {
  const api = expressServer('api', { host: '127.0.0.1', app })
  const kernel = createKernel([api])
  kernels.push(kernel)
  await kernel.start()
  return kernel.get(api)
}

describe.each([
  ['Express 5', express5],
  ['Express 4', express4 as unknown as typeof express5],
])('%s', (_name, express) => {
  it('keeps its routers, settings and handlers of errors', async () => {
    const { url } = await started(() => {
      const app = express().set('trust proxy', true).disable('x-powered-by')
      app.use(
        '/v1',
        express.Router().get('/ip', (req, res) => void res.send(req.ip)),
      )
      app.get('/broken', (_req, _res, next) => next(new Error('no such order')))
      const onError: express5.ErrorRequestHandler = (error, _req, res, _next) => void res.status(422).send(error.message)
      return app.use(onError)
    })
    const ip = await fetch(`${url}/v1/ip`, { headers: { 'x-forwarded-for': '203.0.113.7' } })
    expect([ip.status, await ip.text(), ip.headers.get('x-powered-by')]).toEqual([200, '203.0.113.7', null])
    const broken = await fetch(`${url}/broken`)
    expect([broken.status, await broken.text()]).toEqual([422, 'no such order'])
    expect((await fetch(`${url}/else`)).status).toBe(404)
  })

  it('says what to return in the place of a server, which is not left listening', async () => {
    const server = express().listen(0, '127.0.0.1')
    await once(server, 'listening')
    await expect(started(() => server as never)).rejects.toMatchObject({
      errors: [
        {
          message: expect.stringMatching(
            /app returned a server; return the app that express\(\) made, without calling listen\(\)$/,
          ),
        },
      ],
    })
    expect(server.listening).toBe(false)
  })

  it('probes(kernel) is middleware for an app that keeps its own server', async () => {
    const kernel = await createKernel([resource('db', { start: () => 1 })]).start()
    const asked: string[] = []
    const app = express()
      .use(probes(kernel))
      .use((req, res) => void res.send(String(asked.push(req.path))))
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect((await fetch(`${url}/readyz`, { method: 'POST' })).status).toBe(405)
    expect(await (await fetch(url)).text()).toBe('1')
    expect(asked).toEqual(['/'])
    await kernel.shutdown()
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    await new Promise((resolve) => server.close(resolve))
  })
})

it('gives the server of node:http or node:https that a WebSocketServer, for one, asks for', async () => {
  const { server } = await started(() => express5())
  const asked: Server | TlsServer = server
  expect(asked.listening).toBe(true)
})

it('refuses http2, which Express does not speak', () => {
  const define = () => expressServer('api', { app: () => express5(), http2: true } as never)
  expect(define).toThrow('resource "api": http2 is not an option: Express speaks HTTP/1 only')
})
