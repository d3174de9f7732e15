import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectH2, createServer as createH2c, type ServerHttp2Stream } from 'node:http2'
import { createKernel, type KeelsonError } from '@keelson/kernel'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { drainServer } from '../drain/drain-server.js'
import { httpServer } from '../server/http-server.js'
import type { HttpServerOptions } from '../server/http-server-options.js'
import { certificate } from '../test-support/certificate.js'
import { head, rawClient } from '../test-support/raw-client.js'
import { later } from '../test-support/serve.js'

type Options = HttpServerOptions<Record<string, never>>

/** A server with `admission` whose requests are held until the test answers them. */
async function held(admission: Options['admission'], options: Partial<Options> = {}) {
  const answers: ServerResponse[] = []
  const listener = () => (_req: IncomingMessage, res: ServerResponse) => void answers.push(res)
  const api = httpServer('api', { host: '127.0.0.1', listener, admission, ...options } as Options)
  const kernel = await createKernel([api]).start()
  onTestFinished(async () => {
    for (const answer of answers) answer.end()
    await kernel.shutdown().catch(() => {})
  })
  const { port, url, server } = kernel.get(api)
  return { kernel, answers, port, url, server, counts: () => kernel.inspect(api).counts }
}

const get = (url: string, path = '/') => fetch(`${url}${path}`, { headers: { connection: 'close' } })

describe('N4 maxInFlight', () => {
  it('refuses what is more with 503 and Retry-After, before the application sees it, and tells how many', async () => {
    const { answers, url, counts } = await held({ maxInFlight: 2, retryAfter: 1_500 })
    const first = [get(url), get(url)]
    await expect.poll(() => answers.length).toBe(2)
    const refused = await get(url)
    expect([refused.status, refused.headers.get('retry-after'), await refused.text()]).toEqual([503, '2', ''])
    expect(counts()).toEqual({ admitted: 2, refused: 1 })
    answers[0]!.end('one')
    await first[0]
    const next = get(url)
    await expect.poll(() => answers.length).toBe(3)
    for (const answer of answers) answer.end()
    expect((await Promise.all([first[1]!, next])).map(({ status }) => status)).toEqual([200, 200])
    expect(counts()).toEqual({ admitted: 3, refused: 1 })
  })

  it('answers probes whatever the load, and shows the counts to whom details are for', async () => {
    const { answers, url } = await held({ maxInFlight: 1 }, { probes: { details: true } })
    void get(url)
    await expect.poll(() => answers.length).toBe(1)
    expect((await get(url)).status).toBe(503)
    expect(await (await get(url, '/livez')).text()).toBe('live')
    expect(await (await get(url, '/readyz?verbose')).text()).toContain('[+] api: running, healthy, 1 admitted, 1 refused')
  })

  it('counts a handler whose client has left for as long as it is at work', async () => {
    const { answers, url, port, server } = await held({ maxInFlight: 1 })
    const client = await rawClient(port)
    client.send(head('GET', '/'))
    await expect.poll(() => answers.length).toBe(1)
    client.socket.destroy()
    await expect.poll(() => drainServer(server).stats().left).toBe(1)
    expect((await get(url)).status).toBe(503)
    answers[0]!.end()
    const next = get(url)
    await expect.poll(() => answers.length).toBe(2)
    answers[1]!.end()
    expect((await next).status).toBe(200)
  })

  it.each(['GET', 'POST'])(
    'keeps the connection of a refused %s usable, whatever of its body is still coming',
    async (method) => {
      const { answers, port, url } = await held({ maxInFlight: 1 })
      void get(url)
      await expect.poll(() => answers.length).toBe(1)
      const client = await rawClient(port)
      const body = method === 'POST' ? 'x'.repeat(100_000) : ''
      client.send(head(method, '/', `Content-Length: ${body.length}`))
      client.send(body.slice(0, 50_000))
      await client.received('503 Service Unavailable')
      await later(20)
      client.send(body.slice(50_000))
      answers[0]!.end()
      client.send(head('GET', '/livez'))
      await client.received('live')
      client.send(head('GET', '/'))
      await expect.poll(() => answers.length).toBe(2)
      answers[1]!.end('answer')
      await client.received('answer')
    },
  )

  it('does not ask for the body of a request that it refuses, and asks for that of one that it lets in', async () => {
    const { answers, port, counts } = await held({ maxInFlight: 1 })
    const first = await rawClient(port)
    first.send(head('POST', '/', 'Content-Length: 4', 'Expect: 100-continue'))
    await first.received(' 100 Continue')
    await expect.poll(() => answers.length).toBe(1)
    const second = await rawClient(port)
    second.send(head('POST', '/', 'Content-Length: 4', 'Expect: 100-continue'))
    await second.received(' 503 Service Unavailable')
    second.send('body')
    expect(await second.rest()).not.toContain(' 100 ')
    expect(await second.ended).toBe('end')
    first.send('body')
    answers[0]!.end('got it')
    await first.received('got it')
    expect(counts()).toEqual({ admitted: 1, refused: 1 })
  })

  it('refuses to upgrade, and does not count upgraded connections as requests', async () => {
    const upgraded = () => {
      const server = createServer((_req, res) => void res.end('ok'))
      server.on('upgrade', (_req, socket) => {
        socket.on('error', () => {})
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
      })
      server.on('request', (req: IncomingMessage) => void (req.url === '/held' && req.socket.on('error', () => {})))
      return server
    }
    const { port, url, counts } = await held({ maxInFlight: 1 }, { listener: upgraded, drain: { upgradeTimeout: 10 } })
    const upgrade = head('GET', '/chat', 'Connection: Upgrade', 'Upgrade: websocket')
    const open = await Promise.all([rawClient(port), rawClient(port)])
    for (const client of open) {
      client.send(upgrade)
      await client.received('101')
    }
    expect((await get(url)).status).toBe(200)
    expect(counts()).toEqual({ admitted: 3, refused: 0 })
  })

  it('answers a refused upgrade with 503, and closes in order', async () => {
    const answers: ServerResponse[] = []
    const listener = () => {
      const server = createServer((_req, res) => void answers.push(res))
      return server.on('upgrade', () => expect.unreachable('it was seen'))
    }
    const { port, url } = await held({ maxInFlight: 1 }, { listener })
    const asked = get(url)
    await expect.poll(() => answers.length).toBe(1)
    const client = await rawClient(port)
    client.send(head('GET', '/chat', 'Connection: Upgrade', 'Upgrade: websocket'))
    expect(await client.rest()).toMatch(/^HTTP\/1.1 503 .*\r\nRetry-After: 5\r\n/)
    expect(await client.ended).toBe('end')
    answers[0]!.end()
    expect((await asked).status).toBe(200)
  })

  it('limits a server that the listener made, and while it drains', async () => {
    const answers: ServerResponse[] = []
    const listener = () => createServer((_req, res) => void answers.push(res))
    const { kernel, port } = await held({ maxInFlight: 1 }, { listener })
    const clients = await Promise.all([rawClient(port), rawClient(port)])
    clients[0]!.send(head('GET', '/'))
    await expect.poll(() => answers.length).toBe(1)
    const stopped = kernel.shutdown()
    await later(20)
    clients[1]!.send(head('GET', '/'))
    expect(await clients[1]!.rest()).toMatch(/^HTTP\/1.1 503 (.*\r\n)*Connection: close\r\n/)
    answers[0]!.end('answer')
    expect(await clients[0]!.rest()).toContain('answer')
    expect((await stopped).errors).toEqual([])
  })
})

describe('N4 on HTTP/2', () => {
  const ask = (session: ReturnType<typeof connectH2>, more = {}, body?: Buffer) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const stream = session.request({ ':path': '/', ...more }, { endStream: body === undefined })
      stream.on('error', reject)
      stream.on('response', (headers) => {
        stream.resume()
        stream.on('end', () => resolve(headers))
      })
      if (body) stream.end(body)
    })

  it.each(['h2', 'h2c'])('refuses streams of %s, with a body or without, and the session goes on', async (kind) => {
    const tls = kind === 'h2' ? { tls: certificate } : {}
    const { answers, url, counts } = await held({ maxInFlight: 1 }, { ...tls, http2: true })
    const session = connectH2(url, { rejectUnauthorized: false })
    onTestFinished(() => session.destroy())
    const first = ask(session)
    await expect.poll(() => answers.length).toBe(1)
    expect(await ask(session)).toMatchObject({ ':status': 503, 'retry-after': '5' })
    const refused = ask(session, { ':method': 'POST' }, Buffer.alloc(1_000_000))
    expect(await refused).toMatchObject({ ':status': 503 })
    expect(await ask(session, { ':path': '/livez' })).toMatchObject({ ':status': 200 })
    answers[0]!.end()
    await first
    const next = ask(session)
    await expect.poll(() => answers.length).toBe(2)
    answers[1]!.end()
    expect(await next).toMatchObject({ ':status': 200 })
    expect(counts()).toEqual({ admitted: 2, refused: 2 })
  })

  it('refuses streams of a server that has no requests', async () => {
    const streams: ServerHttp2Stream[] = []
    const listener = () => createH2c().on('stream', (stream) => void streams.push(stream))
    const { url, counts } = await held({ maxInFlight: 1 }, { listener })
    const session = connectH2(url)
    onTestFinished(() => session.destroy())
    const first = ask(session)
    await expect.poll(() => streams.length).toBe(1)
    expect(await ask(session)).toMatchObject({ ':status': 503, 'retry-after': '5' })
    streams[0]!.respond({ ':status': 200 }, { endStream: true })
    expect(await first).toMatchObject({ ':status': 200 })
    expect(counts()).toEqual({ admitted: 1, refused: 1 })
  })
})

function burn(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('N4 the event loop', () => {
  it.each([
    ['later than maxEventLoopDelay', { maxEventLoopDelay: 20 }],
    ['busier than maxEventLoopUtilization', { maxEventLoopUtilization: 0.5 }],
  ])('%s: nothing more is let in, until it has recovered', async (_which, admission) => {
    const listener = () => (_req: IncomingMessage, res: ServerResponse) => void res.end('ok')
    const { url } = await held(admission, { listener })
    expect((await get(url)).status).toBe(200)
    let burning = true
    onTestFinished(() => {
      burning = false
    })
    const busy = () => {
      burn(60)
      if (burning) setImmediate(busy)
    }
    busy()
    await expect.poll(async () => (await get(url)).status, { timeout: 10_000 }).toBe(503)
    expect(await (await get(url, '/livez')).text()).toBe('live')
    burning = false
    await expect.poll(async () => (await get(url)).status, { timeout: 10_000 }).toBe(200)
  })

  it('refuses within the turn that takes too long', async () => {
    const listener = () => (_req: IncomingMessage, res: ServerResponse) => {
      burn(150)
      res.end('ok')
    }
    const { port } = await held({ maxEventLoopDelay: 100 }, { listener })
    const together = async () => {
      const clients = await Promise.all(Array.from({ length: 4 }, () => rawClient(port)))
      for (const client of clients) client.send(head('GET', '/', 'Connection: close'))
      const statuses = await Promise.all(clients.map(async (client) => (await client.rest()).slice(9, 12)))
      return new Set(statuses)
    }
    // On a busy machine a turn may be late before the first of them is seen.
    await expect.poll(together, { timeout: 20_000, interval: 500 }).toEqual(new Set(['200', '503']))
  })

  it('is not watched any more when the server has stopped, nor by one that does not ask', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const { kernel, server } = await held({ maxEventLoopDelay: 20 })
    await kernel.shutdown()
    expect(server.listenerCount('checkContinue')).toBe(0)
    expect(Object.hasOwn(server, 'emit')).toBe(false)
    const before = timers()
    const { kernel: other } = await held({ maxInFlight: 20 })
    await other.shutdown()
    expect(timers()).toBeLessThanOrEqual(before)
  })
})

test.each([
  [{}, /admission limits nothing; give it maxInFlight, maxEventLoopDelay, maxEventLoopUtilization/],
  [{ retryAfter: 1_000 }, /admission limits nothing/],
  [{ maxInFlight: 0 }, /admission.maxInFlight must be a whole number above 0, not 0/],
  [{ maxInFlight: 1.5 }, /admission.maxInFlight must be a whole number/],
  [{ maxInFlight: '5' }, /admission.maxInFlight must be a whole number above 0, not a string/],
  [{ maxEventLoopDelay: -1 }, /admission.maxEventLoopDelay must be a number of milliseconds above 0/],
  [{ maxEventLoopDelay: Number.POSITIVE_INFINITY }, /admission.maxEventLoopDelay must be/],
  [{ maxEventLoopUtilization: 90 }, /admission.maxEventLoopUtilization must be a number above 0 and below 1, such as 0.9/],
  [{ maxEventLoopUtilization: 1 }, /admission.maxEventLoopUtilization must be/],
  [{ maxInFlight: 1, retryAfter: 0 }, /admission.retryAfter must be a number of milliseconds above 0/],
  [{ maxInFlight: 1, retryAfter: Number.NaN }, /admission.retryAfter must be/],
  [{ maxInflight: 1 }, /admission.maxInflight is not an option; there are admission.maxInFlight/],
  [null, /admission must be an object, not null/],
  [true, /admission must be an object, not true/],
])('N4 refuses admission %j', (admission, message) => {
  const define = () => httpServer('api', { listener: () => () => {}, admission } as never)
  expect(define).toThrow(message)
  expect(define).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' } satisfies Partial<KeelsonError>))
})
