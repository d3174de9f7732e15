import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect as connectH2 } from 'node:http2'
import { connect } from 'node:net'
import { setTimeout as later } from 'node:timers/promises'
import { type HttpBindings, serve, upgradeWebSocket } from '@hono/node-server'
import { createKernel, type Kernel, type Resource, ref, resource, type StartContext } from '@keelson/kernel'
import type { HttpServer } from '@keelson/node'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { drainSignal, honoServer, probes, unavailable } from './index.js'

const local = { host: '127.0.0.1' }

async function started(api: Resource<HttpServer>): Promise<{ kernel: Kernel; url: string }> {
  const kernel = createKernel([api])
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  await kernel.start()
  return { kernel, url: kernel.get(api).url }
}

it('serves a Hono app and any object that fetches, with what Node knows of the request', async () => {
  const db = resource('db', { start: () => ({ orders: ['a'] }) })
  const hono = honoServer('hono', { ...local, dependsOn: { db }, app: ({ db }) => new Hono().get('/', (c) => c.json(db.orders)) })
  expect(await (await fetch((await started(hono)).url)).json()).toEqual(['a'])
  const app = () => ({
    fetch: async (request: Request, { incoming }: HttpBindings) =>
      new Response(`${await request.text()} of ${incoming.method} ${incoming.url}`),
  })
  const { url } = await started(honoServer('plain', { ...local, app }))
  expect(await (await fetch(`${url}/x`, { method: 'POST', body: 'body' })).text()).toBe('body of POST /x')
})

it("keeps Hono's own handling of errors", async () => {
  const app = () =>
    new Hono()
      .get('/broken', () => Promise.reject(new Error('secret')))
      .onError((error, c) => c.text(`kept ${error.message.length}`, 500))
  const { url } = await started(honoServer('api', { ...local, app }))
  const broken = await fetch(`${url}/broken`)
  expect([broken.status, await broken.text()]).toEqual([500, 'kept 6'])
  expect((await fetch(url)).status).toBe(404)
})

it('serves HTTP/2, and event streams over it', async () => {
  const app = () =>
    new Hono<{ Bindings: HttpBindings }>()
      .get('/', (c) => c.text(`version ${c.env.incoming.httpVersion}`))
      .get('/events', (c) => streamSSE(c, (stream) => stream.writeSSE({ data: 'hello' })))
  const session = connectH2((await started(honoServer('api', { ...local, http2: true, app }))).url)
  for (const [path, answer] of [
    ['/', 'version 2.0'],
    ['/events', 'data: hello\n\n'],
  ]) {
    const [body] = await once(session.request({ ':path': path }), 'data')
    expect(String(body)).toBe(answer)
  }
  session.close()
})

it('names handlers at work, and waits for those whose client has left', async () => {
  let end = () => {}
  const working = new Promise<void>((resolve) => {
    end = resolve
  })
  const app = () =>
    new Hono().get('/export', async (c) => {
      await working
      return c.text('done')
    })
  const api = honoServer('api', { ...local, app })
  const { kernel } = await started(api)
  const client = connect(kernel.get(api).port, '127.0.0.1')
  client.write('GET /export?token=s3cret HTTP/1.1\r\nHost: h\r\n\r\n')
  await expect.poll(() => kernel.inspect(api).work?.oldest[0]?.label).toBe('GET /export')
  client.destroy()
  let over = false
  const down = kernel.shutdown().then(() => {
    over = true
  })
  await later(300)
  expect(over).toBe(false)
  end()
  await down
})

it('ends event streams through drainSignal, with a time to come back', async () => {
  const app = () =>
    new Hono().get('/events', (c) =>
      streamSSE(c, async (stream) => {
        const signal = drainSignal(c)
        await stream.writeSSE({ data: 'hello' })
        await once(signal, 'abort')
        await stream.writeSSE({ event: 'bye', data: '', retry: signal.reason.retryMs })
      }),
    )
  const { kernel, url } = await started(honoServer('api', { ...local, app }))
  const response = await fetch(`${url}/events`)
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader.read()).value).toContain('hello')
  const down = kernel.shutdown()
  let rest = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) rest += part.value
  expect(rest).toMatch(/event: bye\ndata: \nretry: \d+\n\n$/)
  expect(await down).toMatchObject({ ok: true })
})

it('says where drainSignal and probes come from when the app is not served by Node', async () => {
  const app = new Hono().onError((error, c) => c.text(error.message, 500)).get('/', (c) => c.text(String(drainSignal(c).aborted)))
  expect(await (await app.request('/')).text()).toMatch(
    /no request of Node in c\.env: the app is not served by @hono\/node-server/,
  )
})

it('upgrades WebSockets by upgradeWebSocket, says goodbye to them, and makes them anew at each start', async () => {
  let made = 0
  const api = honoServer('api', {
    ...local,
    app: () =>
      new Hono().get(
        '/ws',
        upgradeWebSocket(() => ({ onMessage: ({ data }, ws) => ws.send(`you said ${data}`) })),
      ),
    websocket: () => {
      made++
      return new WebSocketServer({ noServer: true })
    },
  })
  const { kernel } = await started(api)
  for (let n = 1; n <= 2; n++) {
    const client = new WebSocket(`${kernel.get(api).url.replace('http', 'ws')}/ws`)
    await once(client, 'open')
    client.send('hello')
    expect(String((await once(client, 'message'))[0])).toBe('you said hello')
    const closed = once(client, 'close')
    await kernel.restart(api)
    expect((await closed)[0]).toBe(1012)
    expect(made).toBe(n + 1)
  }
  expect((await fetch(`${kernel.get(api).url}/readyz`)).status).toBe(200)
})

it('refuses options for WebSockets that cannot be', () => {
  const app = () => new Hono()
  const websocket = () => new WebSocketServer({ noServer: true })
  expect(() => honoServer('api', { app, websocket: new WebSocketServer({ noServer: true }) as never })).toThrow(
    /"api": websocket must be a function that makes the server, so that every start gets a new one/,
  )
  expect(() => honoServer('api', { app, websocket, tls: { key: '', cert: '' } })).toThrow(
    /tls is not an option: websocket is for/,
  )
  expect(() => honoServer('api', { websocket } as never)).toThrow(/"api": app is missing; add app: \(deps\) => new Hono\(\)/)
})

it.each([
  ['a server', () => serve({ fetch: () => new Response(), port: 0, hostname: '127.0.0.1' })],
  ['a function', () => new Hono().fetch],
])('says what to return in the place of %s, which is not left listening', async (what, make) => {
  const made = make()
  if ('listening' in made && !made.listening) await once(made, 'listening')
  await expect(createKernel([honoServer('api', { ...local, app: () => made as never })]).start()).rejects.toMatchObject({
    errors: [
      {
        message: `resource "api" failed to start: app returned ${what}; return the app that new Hono() made, without calling listen()`,
      },
    ],
  })
  expect(made).not.toMatchObject({ listening: true })
})

it('probes(kernel) is middleware for an app that keeps its own server', async () => {
  const kernel = await createKernel([resource('db', { start: () => 1 })]).start()
  const asked: string[] = []
  const app = new Hono().use(probes(kernel, { details: true })).get('*', (c) => {
    asked.push(c.req.path)
    return c.text('app')
  })
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const ready = await fetch(`${url}/readyz`)
  expect([ready.status, await ready.text(), ready.headers.get('cache-control')]).toEqual([200, 'ready', 'no-store'])
  expect(await (await fetch(`${url}/readyz?verbose`)).text()).toContain('db')
  expect((await fetch(`${url}/readyz`, { method: 'POST' })).status).toBe(405)
  expect(await (await fetch(url)).text()).toBe('app')
  expect(asked).toEqual(['/'])
  await kernel.shutdown()
  expect((await fetch(`${url}/readyz`)).status).toBe(503)
})

it('N4 an app whose need is away answers 503 with Retry-After, what comes before it all the same', async () => {
  let ctx!: StartContext
  const search = resource('search', {
    impact: 'degraded',
    start: (_, given) => {
      ctx = given
    },
  })
  const seen: number[] = []
  const api = honoServer('api', {
    ...local,
    dependsOn: { search: ref(search) },
    app: (_, { kernel }) =>
      new Hono()
        .use(async (c, next) => {
          await next()
          seen.push(c.res.status)
        })
        .use(unavailable(kernel, [search]))
        .get('*', (c) => c.text('found')),
  })
  const { url } = await started(api)
  expect(await (await fetch(url)).text()).toBe('found')
  ctx.unhealthy(new Error('away'))
  const away = await fetch(url)
  expect([away.status, away.headers.get('retry-after')]).toEqual([503, '5'])
  ctx.healthy()
  expect((await fetch(url)).status).toBe(200)
  expect(seen).toEqual([200, 503, 200])
})

it('gives the server of node:http or node:https that a WebSocketServer, for one, asks for, unless it may speak HTTP/2', async () => {
  const api = honoServer('api', { ...local, app: () => new Hono() })
  const { kernel } = await started(api)
  const asked: Server | import('node:https').Server = kernel.get(api).server
  expect(asked.listening).toBe(true)
})
