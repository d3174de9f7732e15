import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type ClientHttp2Session, connect, createServer as createH2cServer, createSecureServer } from 'node:http2'
import type { Server as NetServer } from 'node:net'
import { PassThrough, pipeline } from 'node:stream'
import { createGzip } from 'node:zlib'
import { createKernel } from '@keelson/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { httpServer } from '../server/http-server.js'
import { certificate } from '../test-support/certificate.js'
import { head, rawClient } from '../test-support/raw-client.js'
import { drained, listen, serve } from '../test-support/serve.js'
import { type DrainOptions, drainOptions } from './drain-options.js'
import { drainServer } from './drain-server.js'
import { drainSignal } from './drain-signal.js'
import { plainDrainer } from './plain-drainer.js'

const SSE = { 'content-type': 'text/event-stream; charset=utf-8' }

/** One that goes on for ever: it writes until its client has gone, and also a bit longer. */
function ticking(_req: unknown, res: Pick<ServerResponse, 'writeHead' | 'write' | 'on'>): void {
  res.writeHead(200, SSE)
  res.write('data: tick\n\n')
  const timer = setInterval(() => res.write('data: tick\n\n'), 1)
  res.on('close', () => setTimeout(() => clearInterval(timer), 20))
}

async function subscribed(
  listener: (req: IncomingMessage, res: ServerResponse) => void,
  options: DrainOptions = {},
  method = 'GET',
) {
  const served = await serve(listener, options)
  const client = await rawClient(served.port)
  client.send(head(method, '/', ...(method === 'POST' ? ['Content-Length: 0'] : [])))
  await client.received('data: tick')
  return { ...served, client }
}

async function subscribedH2(server: NetServer, options: DrainOptions, headers = {}) {
  const drainer = drainServer(server as never, options)
  const port = await listen(server, drainer)
  const secure = 'setSecureContext' in server
  const session: ClientHttp2Session = connect(`${secure ? 'https' : 'http'}://127.0.0.1:${port}`, { rejectUnauthorized: false })
  onTestFinished(() => session.destroy())
  session.on('error', () => {})
  const stream = session.request({ ':path': '/', ...headers }).setEncoding('utf8')
  let text = ''
  stream.on('data', (chunk) => {
    text += chunk
  })
  await once(stream, 'data')
  const ended = once(stream, 'close').then(() => ({ text, code: stream.rstCode }))
  return { server, drainer, ended }
}

const ENDED = { streams: 1, drained: 0, cut: 0, slow: 0 }

describe('N5 an event stream that does not end by itself', () => {
  it('is ended after streamTimeout, with the time after which its client is to come back, in full', async () => {
    const { client, ...served } = await subscribed(ticking, { streamTimeout: 100, retry: 3_000 })
    const started = performance.now()
    await drained(served)
    expect(performance.now() - started).toBeGreaterThanOrEqual(99)
    const text = await client.rest()
    expect(text).toMatch(/data: tick\n\n\r\n[\s\S]*retry: \d{4}\n\r\n0\r\n\r\n$/)
    const [, retry] = /retry: (\d+)/.exec(text)!
    expect(Number(retry)).toBeGreaterThanOrEqual(3_000)
    expect(Number(retry)).toBeLessThanOrEqual(6_000)
    expect(served.drainer.stats()).toMatchObject(ENDED)
  })

  it('is ended over TLS, and when it began while the server drained', async () => {
    const served = await serve(ticking, { tls: true, streamTimeout: 50 })
    const client = await rawClient(served.port, { tls: true })
    const draining = drained(served)
    client.send(head('GET', '/'))
    await draining
    expect(await client.rest()).toMatch(/Connection: close[\s\S]*retry: \d+\n\r\n0\r\n\r\n$/)
    expect(served.drainer.stats()).toMatchObject(ENDED)
  })

  it.each(['h2', 'h2c'])('is ended over %s, with the stream and not its session', async (kind) => {
    const options = { streamTimeout: 50 }
    const server = kind === 'h2' ? createSecureServer(certificate, ticking as never) : createH2cServer(ticking as never)
    const { ended, ...served } = await subscribedH2(server as unknown as NetServer, options)
    await drained(served)
    expect(await ended).toMatchObject({ code: 0, text: expect.stringMatching(/^(data: tick\n\n)+retry: \d+\n$/) })
    expect(served.drainer.stats()).toMatchObject(ENDED)
  })

  it('is ended on a stream of HTTP/2 that has no response', async () => {
    const server = createH2cServer().on('stream', (stream) => {
      stream.respond(SSE)
      stream.write('data: tick\n\n')
      const timer = setInterval(() => stream.write('data: tick\n\n'), 1)
      stream.on('close', () => setTimeout(() => clearInterval(timer), 20))
    })
    const { ended, ...served } = await subscribedH2(server as unknown as NetServer, { streamTimeout: 50 })
    await drained(served)
    expect((await ended).text).toMatch(/^(data: tick\n\n)+retry: \d+\n$/)
    expect(served.drainer.stats()).toMatchObject(ENDED)
  })

  it('is ended on a server that only lets itself be closed', async () => {
    const server = createServer(ticking)
    const drainer = plainDrainer(server, drainOptions({ quietWindow: 10, streamTimeout: 50 }))
    const client = await rawClient(await listen(server, drainer))
    client.send(head('GET', '/'))
    await client.received('data: tick')
    await drainer.drain()
    expect(await client.rest()).toMatch(/retry: \d+\n\r\n0\r\n\r\n$/)
    expect(drainer.stats()).toMatchObject({ streams: 1, drained: 0, cut: 0 })
  })

  it('fails what is written afterwards as when the client had left', async () => {
    const outcomes: unknown[] = []
    const source = new PassThrough()
    const { client, ...served } = await subscribed(
      (_req, res) => {
        res.writeHead(200, SSE)
        source.write('data: tick\n\n')
        pipeline(source, res, (error) => void outcomes.push(error?.code))
        res.on('finish', () => {
          res.write('late', (error) => void outcomes.push(error?.message))
          res.end('later')
        })
      },
      { streamTimeout: 50 },
    )
    await drained(served)
    await expect.poll(() => outcomes).toHaveLength(2)
    expect(outcomes).toContain('ERR_STREAM_PREMATURE_CLOSE')
    expect(outcomes).toContain('The event stream was ended: its server is draining')
    expect(await client.rest()).not.toContain('late')
  })

  it('ends without that time when its body is encoded, whose form is not known here', async () => {
    const source = createGzip({ flush: 2 })
    const { client, ...served } = await subscribed(
      (_req, res) => {
        res.writeHead(200, { ...SSE, 'content-encoding': 'gzip', 'x-first': 'data: tick' })
        source.pipe(res)
        source.write('data: tick\n\n')
      },
      { streamTimeout: 50 },
    )
    await drained(served)
    expect(await client.rest()).not.toContain('retry')
  })

  it('is ended at the latest after half of the time that the drain has', async () => {
    const { client, ...served } = await subscribed(ticking)
    await served.drainer.drain({ within: 600, signal: AbortSignal.timeout(10_000) })
    expect(await client.rest()).toMatch(/retry: \d+\n\r\n0\r\n\r\n$/)
    expect(served.drainer.stats()).toMatchObject({ ...ENDED, destroyed: 0 })
  })

  it('is left until the deadline with streamTimeout: Infinity, and so is one that answers a POST', async () => {
    for (const [options, method] of [
      [{ streamTimeout: Number.POSITIVE_INFINITY }, 'GET'],
      [{ streamTimeout: 50 }, 'POST'],
    ] as const) {
      const { client, ...served } = await subscribed(ticking, options, method)
      await served.drainer.drain({ within: 400, signal: AbortSignal.timeout(400) })
      expect(await client.rest()).not.toContain('retry')
      expect(served.drainer.stats()).toMatchObject({ streams: 0, cut: 1, destroyed: 1 })
    }
  })

  it('is not touched when it ends by itself in time, and counts as answered', async () => {
    const { client, ...served } = await subscribed((_req, res) => {
      res.setHeader('content-type', 'text/event-stream')
      res.write('data: tick\n\n')
      setTimeout(() => res.end('data: done\n\n'), 50)
    })
    await drained(served)
    expect(await client.rest()).toMatch(/data: done\n\n\r\n0\r\n\r\n$/)
    expect(served.drainer.stats()).toMatchObject({ streams: 0, drained: 1 })
  })

  it('leaves the budget to the requests that are worth it, and is told in the report', async () => {
    const api = httpServer('api', {
      host: '127.0.0.1',
      drain: { streamTimeout: 100 },
      listener: () => (req, res) => {
        if (req.url === '/events') return ticking(req, res)
        setTimeout(() => res.end('exported'), 300)
      },
    })
    const kernel = await createKernel([api]).start()
    const tab = await rawClient(kernel.get(api).port)
    tab.send(head('GET', '/events'))
    await tab.received('data: tick')
    const client = await rawClient(kernel.get(api).port)
    client.send(head('GET', '/export'))
    await expect.poll(() => kernel.inspect().resources[0]?.work?.count).toBe(2)
    const report = await kernel.shutdown()
    expect(await client.rest()).toContain('exported')
    expect(report).toMatchObject({ ok: true, outcomes: [{ note: 'drained 1 request, 1 event stream ended' }] })
    expect(report.durationMs).toBeLessThan(15_000)
  })
})

describe('N5 event streams with drainSignal', () => {
  it('are told one after the other, each when to come back, while other requests are told at once', async () => {
    const told: [path: string, at: number, retryMs: number][] = []
    let started = 0
    const served = await serve(
      (req, res) => {
        if (req.url === '/events') res.writeHead(200, SSE)
        res.write('data: tick\n\n')
        const signal = drainSignal(req)
        signal.addEventListener('abort', () => {
          told.push([req.url!, performance.now() - started, signal.reason.retryMs])
          res.end(`retry: ${signal.reason.retryMs}\n\n`)
        })
      },
      { spread: 600 },
    )
    const paths = [...Array(6).fill('/events'), '/poll', '/poll']
    const clients = await Promise.all(
      paths.map(async (path) => {
        const client = await rawClient(served.port)
        client.send(head('GET', path))
        await client.received('data: tick')
        return client
      }),
    )
    started = performance.now()
    await drained(served)
    const at = (path: string) => told.filter(([of]) => of === path).map(([, ms]) => ms)
    expect(at('/poll')).toHaveLength(2)
    expect(at('/events')).toHaveLength(6)
    for (const [i, ms] of at('/events').entries()) expect(ms).toBeGreaterThanOrEqual(i * 100 - 1)
    // Those were told in the turn of the first.
    expect(told.slice(0, 3).map(([path]) => path)).toEqual(['/poll', '/poll', '/events'])
    for (const [, , retryMs] of told) expect(retryMs).toBeGreaterThanOrEqual(1_000)
    for (const client of clients) expect(await client.rest()).toMatch(/retry: \d+\n\n\r\n0\r\n\r\n$/)
    expect(served.drainer.stats()).toMatchObject({ streams: 0, drained: 8 })
  })

  it('are ended when they do not act on it, counted from their turn', async () => {
    let aborted = 0
    const { client, ...served } = await subscribed(
      (req, res) => {
        drainSignal(req).addEventListener('abort', () => aborted++)
        ticking(req, res)
      },
      { streamTimeout: 100 },
    )
    await drained(served)
    expect(aborted).toBe(1)
    expect(await client.rest()).toMatch(/retry: \d+\n\r\n0\r\n\r\n$/)
    expect(served.drainer.stats()).toMatchObject(ENDED)
  })

  it('are all told when the server is destroyed', async () => {
    let aborted = 0
    const served = await serve((req, res) => {
      drainSignal(req).addEventListener('abort', () => aborted++)
      ticking(req, res)
    })
    const clients = await Promise.all([1, 2, 3].map(() => rawClient(served.port)))
    for (const client of clients) {
      client.send(head('GET', '/'))
      await client.received('data: tick')
    }
    served.drainer.destroy()
    expect(aborted).toBe(3)
  })
})

it.each([
  [{ streamTimeout: -1 }, /streamTimeout must be a number of milliseconds/],
  [{ spread: Number.NaN }, /spread must be a number of milliseconds/],
  [{ spread: Number.POSITIVE_INFINITY }, /spread must be/],
  [{ retry: '1s' }, /retry must be/],
])('refuses %j', (options, message) => {
  expect(() => drainServer(createServer(), options as never)).toThrow(message)
})
