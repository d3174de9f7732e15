import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect } from 'node:http2'
import type { Server as TlsServer } from 'node:https'
import { createKernel, type Resource, resource } from '@keelson/kernel'
import type { HttpServer } from '@keelson/node'
import Koa from 'koa'
import { expect, it, onTestFinished } from 'vitest'
import { koaServer, probes } from './index.js'

const local = { host: '127.0.0.1' }

async function started(api: Resource<HttpServer>) {
  const kernel = createKernel([api])
  onTestFinished(async () => void (await kernel.shutdown()))
  await kernel.start()
  return kernel.get(api)
}

it("keeps Koa's own handling of errors: what is exposed, and the 'error' event", async () => {
  const seen: string[] = []
  const app = () =>
    new Koa()
      .on('error', (error: Error, ctx: Koa.Context) => seen.push(`${ctx.path}: ${error.message}`))
      .use((ctx) => (ctx.path === '/teapot' ? ctx.throw(418, 'short and stout') : Promise.reject(new Error('secret'))))
  const { url } = await started(koaServer('api', { ...local, app }))
  const teapot = await fetch(`${url}/teapot`)
  expect([teapot.status, await teapot.text()]).toEqual([418, 'short and stout'])
  const broken = await fetch(`${url}/broken`)
  expect([broken.status, await broken.text()]).toEqual([500, 'Internal Server Error'])
  expect(seen).toContain('/broken: secret')
})

it("answers 404 where no middleware does, and keeps the app's settings", async () => {
  const app = () => {
    return new Koa({ proxy: true }).use((ctx) => {
      if (ctx.path === '/ip') ctx.body = ctx.ip
    })
  }
  const { url } = await started(koaServer('api', { ...local, app }))
  expect((await fetch(url)).status).toBe(404)
  expect(await (await fetch(`${url}/ip`, { headers: { 'x-forwarded-for': '203.0.113.7' } })).text()).toBe('203.0.113.7')
})

it('serves HTTP/2', async () => {
  const app = () =>
    new Koa().use((ctx) => {
      ctx.body = `version ${ctx.req.httpVersion}`
    })
  const session = connect((await started(koaServer('api', { ...local, http2: true, app }))).url)
  const [body] = await once(session.request({ ':path': '/' }), 'data')
  expect(String(body)).toBe('version 2.0')
  session.close()
})

it.each([
  ['a server', () => new Koa().listen(0, '127.0.0.1')],
  ['a function', () => new Koa().callback()],
])('says what to return in the place of %s, which is not left listening', async (what, make) => {
  const made = make()
  if ('listening' in made && !made.listening) await once(made, 'listening')
  const app = () => made as never
  await expect(createKernel([koaServer('api', { ...local, app })]).start()).rejects.toMatchObject({
    errors: [
      {
        message: `resource "api" failed to start: app returned ${what}; return the app that new Koa() made, without calling listen()`,
      },
    ],
  })
  expect(made).not.toMatchObject({ listening: true })
})

it('probes(kernel) is middleware for an app that keeps its own server', async () => {
  const kernel = await createKernel([resource('db', { start: () => 1 })]).start()
  const asked: string[] = []
  const server = new Koa()
    .use(probes(kernel))
    .use((ctx) => {
      asked.push(ctx.path)
      ctx.body = 'app'
    })
    .listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const ready = await fetch(`${url}/readyz`)
  expect([ready.status, await ready.text()]).toEqual([200, 'ready'])
  expect((await fetch(`${url}/readyz`, { method: 'POST' })).status).toBe(405)
  expect(await (await fetch(url)).text()).toBe('app')
  expect(asked).toEqual(['/'])
  await kernel.shutdown()
  expect((await fetch(`${url}/readyz`)).status).toBe(503)
})

it('gives the server of node:http or node:https that a WebSocketServer, for one, asks for, unless it may speak HTTP/2', async () => {
  const api = koaServer('api', { host: '127.0.0.1', app: () => new Koa() })
  const kernel = await createKernel([api]).start()
  onTestFinished(async () => void (await kernel.shutdown()))
  const asked: Server | TlsServer = kernel.get(api).server
  expect(asked.listening).toBe(true)
  const both = koaServer('both', { http2: true, app: () => new Koa() })
  // @ts-expect-error: it speaks HTTP/2.
  const wrong: Resource<HttpServer<Server | TlsServer>> = both
  expect(wrong).toBe(both)
})
