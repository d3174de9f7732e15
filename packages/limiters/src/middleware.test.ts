import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createKernel } from '@keelson/kernel'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import { afterEach, describe, expect, it } from 'vitest'
import { expressLimiter } from './express-limiter.js'
import { fastifyLimiter } from './fastify-limiter.js'
import { keyedRateLimiter } from './keyed-rate-limiter.js'
import { koaLimiter } from './koa-limiter.js'
import type { RateLimiter } from './rate-limit.js'
import { rateLimiter } from './rate-limiter.js'

const closes: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closes.splice(0)) await close()
})

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closes.push(() => new Promise((resolve) => server.close(resolve)).finally(() => server.closeAllConnections()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe.each<[string, (limiter: never, options?: never) => unknown]>([
  ['expressLimiter', expressLimiter],
  ['fastifyLimiter', fastifyLimiter],
  ['koaLimiter', koaLimiter],
])('%s', (name, limiterOf) => {
  const [one, many] = [
    rateLimiter('one', { limit: 1, window: 1_000 }),
    keyedRateLimiter('many', { default: { limit: 1, window: 1 } }),
  ]

  it('refuses a resource, or nothing, in the place of a limiter', () => {
    for (const wrong of [one, undefined]) {
      expect(() => limiterOf(wrong as never)).toThrow(
        `${name}(): the limiter is not one; pass the value that rateLimiter() starts with, as dependsOn gives it`,
      )
    }
  })

  it.each([
    [{ ipv6Prefix: 0 }, /ipv6Prefix must be a whole number from 1 to 128/],
    [{ ipv6Prefix: 129 }, /ipv6Prefix must be/],
    [{ headers: 'a "b"' }, /headers must be true, false, or the name of a policy/],
    [{ headers: 1 }, /headers must be/],
  ])('refuses %o', (options, message) => {
    const limiter = { consume: () => {}, reset: () => {} }
    expect(() => limiterOf(limiter as never, options as never)).toThrow(message)
  })

  it('refuses a limiter of many keys, of which one has to be chosen', async () => {
    const kernel = await createKernel([many]).start()
    closes.push(() => kernel.shutdown())
    expect(() => limiterOf(kernel.get(many) as never)).toThrow(
      `${name}(): the limiter is not one; choose it: limits.of('search')`,
    )
  })
})

const apps = {
  express: (limiter: RateLimiter, options = {}) =>
    listen(
      createServer(
        express()
          .use(expressLimiter(limiter, options))
          .use((_req, res) => void res.send('through')),
      ),
    ),
  async fastify(limiter: RateLimiter, options = {}) {
    const app = fastify()
    app.addHook('onRequest', fastifyLimiter(limiter, options))
    app.get('/', () => 'through')
    closes.push(() => app.close())
    return await app.listen({ port: 0, host: '127.0.0.1' })
  },
  async koa(limiter: RateLimiter, options = {}) {
    const app = new Koa()
    app.silent = true
    app.use(koaLimiter(limiter, options)).use((ctx) => {
      ctx.body = 'through'
    })
    return await listen(createServer(app.callback()))
  },
}

const answer = async (url: string) => {
  const response = await fetch(url, { headers: { connection: 'close' } })
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() }
}

describe.each(Object.entries(apps))('the middleware for %s', (_name, serve) => {
  it('lets requests through up to the limit, and then says when to come back', async () => {
    const limiter = rateLimiter('limiter', { limit: 2, window: 90_500 })
    const kernel = await createKernel([limiter]).start()
    const url = await serve(kernel.get(limiter))
    for (let n = 0; n < 2; n++) expect(await answer(url)).toEqual({ status: 200, retryAfter: null, text: 'through' })
    const { status, retryAfter, text } = await answer(url)
    expect({ status, text }).toEqual({ status: 429, text: 'Too Many Requests' })
    expect(Number(retryAfter)).toBeGreaterThan(60)
    expect(Number(retryAfter)).toBeLessThanOrEqual(91)
    await kernel.shutdown()
    expect(await answer(url)).toEqual({ status: 503, retryAfter: '1', text: 'Service Unavailable' })
  })

  it('tells where a client stands when it is asked to, by the fields of the IETF draft', async () => {
    const limiter = rateLimiter('limiter', { limit: 2, window: 90_000 })
    const kernel = await createKernel([limiter]).start()
    closes.push(() => kernel.shutdown())
    const told = async (url: string) => {
      const { headers } = await fetch(url, { headers: { connection: 'close' } })
      return [headers.get('ratelimit-policy'), headers.get('ratelimit')]
    }
    expect(await told(await serve(kernel.get(limiter)))).toEqual([null, null])
    const url = await serve(kernel.get(limiter), { headers: true })
    expect(await told(url)).toEqual(['"default";q=2;w=90', expect.stringMatching(/^"default";r=0;t=(90|[78]\d)$/)])
    const named = await serve(kernel.get(limiter), { headers: 'per-client' })
    expect(await told(named)).toEqual(['"per-client";q=2;w=90', expect.stringMatching(/^"per-client";r=0;t=(90|[78]\d)$/)])
  })

  it('leaves other errors to the framework', async () => {
    const url = await serve({ consume: () => Promise.reject(new Error('Redis is away')), reset: async () => {} })
    expect((await answer(url)).status).toBe(500)
  })
})

describe('who is limited', () => {
  it('is what key says, by as many points as points says, with the limiter that the request is under', async () => {
    const limits = keyedRateLimiter('limits', {
      limits: { gold: { limit: 4, window: 60_000 }, free: { limit: 1, window: 60_000 } },
    })
    const kernel = await createKernel([limits]).start()
    const app = express()
      .use(
        expressLimiter<express.Request>((req) => kernel.get(limits).of(req.path.slice(1)), {
          key: (req) => req.get('x-user') ?? '',
          points: (req) => Number(req.get('x-cost') ?? 1),
        }),
      )
      .use((_req, res) => void res.send('through'))
    const url = await listen(createServer(app))
    const status = async (path: string, user: string, cost = '1') =>
      (await fetch(url + path, { headers: { 'x-user': user, 'x-cost': cost, connection: 'close' } })).status
    expect(await status('/gold', 'ada', '3')).toBe(200)
    expect(await status('/gold', 'ada', '2')).toBe(429)
    expect(await status('/gold', 'bob')).toBe(200)
    expect(await status('/free', 'ada')).toBe(200)
    expect(await status('/free', 'ada')).toBe(429)
    await kernel.shutdown()
  })
})
