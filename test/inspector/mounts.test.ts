import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import { connect, createServer as createH2cServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { type Inspector, inspector } from '@keelson/inspector'
import { createKernel, type Kernel, resource } from '@keelson/kernel'
import { httpServer } from '@keelson/node'
import type { INestApplication, NestApplicationOptions } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Mounted {
  readonly url: string
  close(): unknown
}

async function listening(server: Server): Promise<Mounted> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return mounted(server, () => server.close())
}

/** On a server that listens. */
function mounted(server: Server, close: () => unknown): Mounted {
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      return close()
    },
  }
}

async function nest(app: INestApplication, inspect: Inspector): Promise<Mounted> {
  app.use('/ops/look', inspect.handler)
  await app.listen(0, '127.0.0.1')
  return mounted(app.getHttpServer(), () => app.close())
}

class Root {}
const module = { module: Root }
const quiet: NestApplicationOptions = { logger: false }

/** As the README says it, each with something of the application's beside it; under `/ops/look`. */
const MOUNTS: Record<string, (kernel: Kernel) => Promise<Mounted>> = {
  'node:http': async (kernel) => {
    const inspect = inspector(kernel, { path: '/ops/look', actions: true })
    return listening(createServer((req, res) => void (inspect.handler(req, res) || res.end('the application'))))
  },
  Express: async (kernel) => {
    const app = express()
    app.use(express.json())
    app.use('/ops/look', inspector(kernel, { actions: true }).handler)
    app.use((_req, res) => void res.end('the application'))
    return listening(createServer(app))
  },
  'Express, by the path': async (kernel) => {
    const app = express()
    app.use(inspector(kernel, { path: '/ops/look', actions: true }).handler)
    app.use((_req, res) => void res.end('the application'))
    return listening(createServer(app))
  },
  Fastify: async (kernel) => {
    const app = fastify()
    const inspect = inspector(kernel, { path: '/ops/look', actions: true })
    app.addHook('onRequest', (req, reply, done) => {
      if (inspect.handler(req.raw, reply.raw)) reply.hijack()
      else done()
    })
    app.get('*', () => 'the application')
    await app.listen({ port: 0, host: '127.0.0.1' })
    return mounted(app.server, () => app.close())
  },
  Koa: async (kernel) => {
    const app = new Koa()
    const inspect = inspector(kernel, { path: '/ops/look', actions: true })
    app.use(async (ctx, next) => {
      if (inspect.handler(ctx.req, ctx.res)) ctx.respond = false
      else await next()
    })
    app.use((ctx) => {
      ctx.body = 'the application'
    })
    return listening(createServer(app.callback()))
  },
  Hono: async (kernel) => {
    const app = new Hono()
    const inspect = inspector(kernel, { path: '/ops/look', actions: true })
    app.all('/ops/look/*', (c) => inspect.fetch(c.req.raw, c.env))
    app.all('*', (c) => c.text('the application'))
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
    await once(server, 'listening')
    return mounted(server, () => server.close())
  },
  'NestJS on Express': async (kernel) =>
    nest(await NestFactory.create(module, new ExpressAdapter(), quiet), inspector(kernel, { actions: true })),
  'NestJS on Fastify': async (kernel) =>
    nest(await NestFactory.create(module, new FastifyAdapter(), quiet), inspector(kernel, { actions: true })),
}

describe.each(Object.entries(MOUNTS))('I9 on %s', (name, mountOn) => {
  let mount: Mounted
  let kernel: Kernel
  beforeAll(async () => {
    kernel = createKernel([resource('db', { start: () => 1, check: () => {} })], { name: 'shop' })
    await kernel.start()
    mount = await mountOn(kernel)
  })
  afterAll(async () => {
    await mount.close()
    await kernel.shutdown()
  })

  it('the page finds all that it needs by relative addresses, wherever it was asked for', async () => {
    const page = await fetch(`${mount.url}/ops/look`)
    expect(page.url).toBe(`${mount.url}/ops/look/`)
    const html = await page.text()
    const [, css] = /href="(page\.css)"/.exec(html)!
    const [, js] = /src="(page\.js)"/.exec(html)!
    for (const [file, type] of [
      [css, 'text/css'],
      [js, 'text/javascript'],
    ] as const) {
      const url = new URL(file!, page.url)
      const answer = await fetch(url, { headers: { 'accept-encoding': 'br' } })
      expect(answer.headers.get('content-type')).toBe(`${type}; charset=utf-8`)
      expect(answer.headers.get('content-encoding')).toBe('br')
      expect((await answer.text()).length).toBeGreaterThan(0)
      const etag = answer.headers.get('etag')!
      expect((await fetch(url, { headers: { 'accept-encoding': 'br', 'if-none-match': etag } })).status).toBe(304)
      expect((await fetch(url, { headers: { 'accept-encoding': 'identity' } })).headers.get('content-encoding')).toBeNull()
    }
    expect((await fetch(`${mount.url}/ops/look/nothing`)).status).toBe(404)
  })

  it('it hears what happens, acts, and sees the kernel begin to stop', async () => {
    const [response] = (await once(get(`${mount.url}/ops/look/events`, { agent: false }), 'response')) as [IncomingMessage]
    let text = ''
    let ended = false
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    response.on('close', () => (ended = true))
    await expect.poll(() => text).toMatch(/^data: \{"type":"hello".*\}\n\n/)
    const { csrf } = JSON.parse(text.split('\n\n')[0]!.slice('data: '.length))
    const act = async (request: object) => {
      const answer = await fetch(`${mount.url}/ops/look/actions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-keelson-csrf': csrf, origin: mount.url },
        body: JSON.stringify(request),
      })
      return answer.json()
    }
    expect(await act({ action: 'check', resource: 'db' })).toMatchObject({ ok: true })
    expect(await act({ action: 'cordon', reason: 'maintenance' })).toMatchObject({ ok: true })
    await expect.poll(() => text).toContain('"cordoned":"maintenance"')
    expect(await act({ action: 'shutdown', confirm: 'shop' })).toMatchObject({ ok: true })
    await expect.poll(() => ended).toBe(true)
    expect(text).toContain('"state":"stopp')
  })

  it('what is not for it is the application’s', async () => {
    if (name.startsWith('NestJS')) expect((await fetch(`${mount.url}/other`)).status).toBe(404)
    else expect(await (await fetch(`${mount.url}/other`)).text()).toBe('the application')
  })
})

it('I9 HTTP/2 without TLS is a mount like any other', async () => {
  const kernel = createKernel([], { name: 'shop' })
  const inspect = inspector(kernel)
  const server = createH2cServer((req, res) => void (inspect.handler(req, res) || res.end()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const ask = async (path: string) => {
    const stream = session.request({ ':path': path })
    const [headers] = await once(stream, 'response')
    const [chunk] = await once(stream, 'data')
    stream.close()
    return { status: headers[':status'], text: String(chunk) }
  }
  expect(await ask('/inspector/state')).toMatchObject({ status: 200, text: expect.stringContaining('"name":"shop"') })
  expect(await ask('/inspector/events')).toMatchObject({ status: 200, text: expect.stringMatching(/^data: \{"type":"hello"/) })
  session.destroy()
  server.close()
})

it('I8 an open page does not hold up the drain of the server that it is on', async () => {
  const api = httpServer('api', { host: '127.0.0.1', listener: () => (req, res) => void (look.handler(req, res) || res.end()) })
  const kernel = createKernel([api])
  const look = inspector(kernel)
  await kernel.start()
  const [response] = (await once(get(`${kernel.get(api).url}/inspector/events`), 'response')) as [IncomingMessage]
  const told = response.setEncoding('utf8').toArray()
  await kernel.shutdown()
  // Not ended by the drain, which tells that.
  expect(kernel.inspect(api).note).toBe('drained 1 request')
  expect((await told).join('')).toContain('"state":"stopping"')
  await look.close()
})
