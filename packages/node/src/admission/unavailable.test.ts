import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { connect as connectH2, createServer as createH2c } from 'node:http2'
import { getRequestListener } from '@hono/node-server'
import { createKernel, type KeelsonError, type KernelView, resource, type StartContext } from '@keelson/kernel'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { deferred } from '../deferred.js'
import { drainServer } from '../drain/drain-server.js'
import { ask } from '../test-support/ask.js'
import { listen } from '../test-support/serve.js'
import { unavailable } from './unavailable.js'
import { unavailableHono } from './unavailable-hono.js'

/** A kernel whose `search` may be away without anything else being so. */
async function shop() {
  let ctx!: StartContext
  const search = resource('search', {
    impact: 'degraded',
    start: (_, given) => {
      ctx = given
      return held.promise
    },
  })
  const held: { promise?: Promise<void> } = {}
  const kernel = await createKernel([search, resource('other', { start: () => 1 })]).start()
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  return { kernel, search, ctx: () => ctx, held }
}

async function served(listener: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<string> {
  const server = createServer(listener as RequestListener)
  return `http://127.0.0.1:${await listen(server, drainServer(server))}`
}

type Guarded = (
  kernel: KernelView,
  needs: Parameters<typeof unavailable>[1],
) => (req: IncomingMessage, res: ServerResponse) => unknown

const GUARDED: Record<string, Guarded> = {
  'a request listener': (kernel, needs) =>
    unavailable(kernel, needs)((_req: unknown, res: ServerResponse) => void res.end('found')),
  'middleware as Connect has it': (kernel, needs) => {
    const guard = unavailable(kernel, needs)
    return (req, res) => guard(req, res, () => void res.end('found'))
  },
  Hono: (kernel, needs) => {
    const app = new Hono().use('/*', unavailableHono(kernel, needs)).get('/', (c) => c.text('found'))
    return getRequestListener(app.fetch)
  },
}

describe.each(Object.entries(GUARDED))('N4 unavailable(): %s', (_name, guarded) => {
  it('is answered 503 with Retry-After while what it needs is unhealthy, and passed on again after that', async () => {
    const { kernel, search, ctx } = await shop()
    const url = await served(guarded(kernel, [search]))
    expect(await ask(url)).toMatchObject({ status: 200, body: 'found' })
    ctx().unhealthy(new Error('no route to 10.0.0.7'))
    const away = await ask(url)
    expect(away).toMatchObject({ status: 503, body: '', headers: { 'retry-after': '5', 'cache-control': 'no-store' } })
    ctx().healthy()
    expect((await ask(url)).status).toBe(200)
  })

  it('while that restarts, has crashed or was removed', async () => {
    const { kernel, search, ctx, held } = await shop()
    const url = await served(guarded(kernel, [search]))
    const { promise, resolve } = deferred<void>()
    held.promise = promise
    const restarted = kernel.restart(search)
    expect((await ask(url)).status).toBe(503)
    resolve(undefined)
    await restarted
    expect((await ask(url)).status).toBe(200)
    ctx().crashed(new Error('gone'))
    expect((await ask(url)).status).toBe(503)
    await kernel.remove(search)
    expect((await ask(url)).status).toBe(503)
    await kernel.add(search)
    expect((await ask(url)).status).toBe(200)
  })
})

test('N4 unavailable() sees a removal, which changes nothing of the probe', async () => {
  const { kernel, search } = await shop()
  const url = await served(unavailable(kernel, [search])((_req: unknown, res: ServerResponse) => void res.end('found')))
  expect((await ask(url)).status).toBe(200)
  await kernel.remove(search)
  await expect.poll(async () => (await ask(url)).status).toBe(503)
})

test('N4 unavailable() answers requests of HTTP/2', async () => {
  const { kernel, search, ctx } = await shop()
  ctx().unhealthy(new Error('no route'))
  const guard = unavailable(kernel, [search], { retryAfter: 30_000 })
  const server = createH2c((req, res) => guard(req, res, () => void res.end('found')))
  const port = await listen(server, drainServer(server))
  const session = connectH2(`http://127.0.0.1:${port}`)
  onTestFinished(() => session.destroy())
  const headers = await new Promise((resolve) => session.request().on('response', resolve))
  expect(headers).toMatchObject({ ':status': 503, 'retry-after': '30' })
})

test('N4 unavailable() takes a class or another need, and is away until a kernel has started', async () => {
  const late = resource('late', { start: () => 1 })
  const kernel = createKernel([late])
  const url = await served(unavailable(kernel, new Set([late]))((_req: unknown, res: ServerResponse) => void res.end('found')))
  expect((await ask(url)).status).toBe(503)
  await kernel.start()
  expect((await ask(url)).status).toBe(200)
  await kernel.shutdown()
  await expect.poll(async () => (await ask(url)).status).toBe(503)
})

test.each([
  [[], {}, /unavailable\(\): the list of resources is empty/],
  [undefined, {}, /unavailable\(\): the resources are not a list; pass an array, as in \[db\]/],
  ['db', {}, /the resources are not a list/],
  [['db'], {}, /is a string, not a resource/],
  [[resource('db', { start: () => 1 })], { retryAfter: -1 }, /retryAfter must be a number of milliseconds above 0/],
  [[resource('db', { start: () => 1 })], { retry: 1 }, /retry is not an option/],
])('N4 unavailable() refuses %j with %j', async (needs, options, message) => {
  const { kernel } = await shop()
  for (const make of [unavailable, unavailableHono]) {
    expect(() => make(kernel, needs as never, options as never)).toThrow(message)
    expect(() => make(kernel, needs as never, options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' } satisfies Partial<KeelsonError>),
    )
  }
})
