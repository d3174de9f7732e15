import { once } from 'node:events'
import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import { connect as connectTcp, type Server } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { certificate } from '../test-support/certificate.js'
import { h2Client } from '../test-support/h2-client.js'
import { head, rawClient } from '../test-support/raw-client.js'
import { drained, later, listen } from '../test-support/serve.js'
import type { DrainOptions } from './drain-options.js'
import { drainServer } from './drain-server.js'
import { drainSignal } from './drain-signal.js'

type Listener = (req: Http2ServerRequest, res: Http2ServerResponse) => void

async function serveH2(
  tls: boolean,
  listener: Listener,
  { allowHTTP1 = false, ...options }: DrainOptions & { allowHTTP1?: boolean } = {},
) {
  const server = tls ? createSecureServer({ ...certificate, allowHTTP1 }, listener) : createServer(listener)
  const drainer = drainServer(server, options)
  const port = await listen(server as Server, drainer)
  return { server: server as Server, drainer, port, url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}` }
}

function session(url: string): ClientHttp2Session {
  const client = connect(url, { rejectUnauthorized: false })
  onTestFinished(() => client.destroy())
  return client
}

async function request(client: ClientHttp2Session, path = '/'): Promise<string> {
  const stream = client.request({ ':path': path })
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

describe.each([{ tls: false }, { tls: true }])('N1 draining h2, tls: $tls', ({ tls }) => {
  it('finishes the streams in flight behind a GOAWAY', async () => {
    const responses: Http2ServerResponse[] = []
    const served = await serveH2(tls, (_req, res) => void responses.push(res), { quietWindow: 60_000 })
    const client = session(served.url)
    const goaway = once(client, 'goaway')
    const answers = [request(client), request(client), request(client)]
    while (responses.length < 3) await later(5)

    expect(served.drainer.stats()).toMatchObject({ connections: 1, sessions: 1, requests: 3 })
    const draining = drained(served)
    expect((await goaway)[0]).toBe(0)
    await later(300)
    for (const response of responses) response.end('done')
    expect(await Promise.all(answers)).toEqual(['done', 'done', 'done'])
    await draining
    expect(served.drainer.stats().drained).toBe(3)
  })

  it('closes idle sessions, and those that never sent a byte', async () => {
    const served = await serveH2(tls, (_req, res) => res.end('ok'))
    const client = session(served.url)
    expect(await request(client)).toBe('ok')
    const silent = tls
      ? connectTls({ port: served.port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] })
      : connectTcp(served.port, '127.0.0.1')
    await once(silent.resume(), tls ? 'secureConnect' : 'connect')
    while (served.drainer.stats().sessions < 2) await later(5)
    const closed = Promise.all([once(client, 'close'), once(silent, 'close')])
    await drained(served)
    await closed
  })

  it('names the last request it took, finishes that one, and begins none behind it', async () => {
    const waiting: (() => void)[] = []
    const served = await serveH2(tls, (_req, res) => void waiting.push(() => res.end('ok')))
    const client = await h2Client(served.port, tls)
    client.request(1)
    while (waiting.length < 1) await later(5)

    const draining = drained(served)
    await client.received('GOAWAY')
    expect(client.goaways()[0]).toMatchObject({ last: 1, code: 0 })
    client.request(3)
    await later(300)
    waiting[0]?.()
    await client.received('DATA', 1)
    await draining
    await client.ended
    expect(waiting).toHaveLength(1)
    expect(served.drainer.stats().drained).toBe(1)
  })

  it('answers requests that arrive on an idle session after the drain began', async () => {
    const served = await serveH2(tls, (_req, res) => void setTimeout(() => res.end('ok'), 200))
    const client = await h2Client(served.port, tls)
    client.request(1)
    await client.received('DATA', 1)
    while (served.drainer.stats().requests > 0) await later(5)
    const draining = drained(served)
    await later(80)
    client.socket.cork()
    client.request(3)
    client.request(5)
    client.socket.uncork()
    await client.received('DATA', 3)
    await client.received('DATA', 5)
    await draining
    await client.ended
    expect(client.goaways()[0]).toMatchObject({ last: 5, code: 0 })
  })

  it.each(['an idle session', 'a session with a request in flight'])(
    'answers a request of which half a head came on %s',
    async (on) => {
      const waiting: (() => void)[] = []
      const served = await serveH2(tls, (_req, res) => void waiting.push(() => res.end('ok')))
      const client = await h2Client(served.port, tls)
      const busy = on !== 'an idle session'
      if (busy) {
        client.request(1)
        while (waiting.length < 1) await later(5)
      }
      client.firstHalf(3)
      await later(50)

      const draining = drained(served)
      await later(400)
      client.secondHalf(3)
      while (waiting.length < (busy ? 2 : 1) && !client.socket.destroyed) await later(5)
      for (const answer of waiting) answer()
      await client.received('DATA', 3)
      if (busy) await client.received('DATA', 1)
      await draining
      await client.ended
      expect(client.goaways()[0]).toMatchObject({ last: 3, code: 0 })
    },
  )

  it('does not wait for a request that was refused because it was malformed', async () => {
    const served = await serveH2(tls, (_req, res) => res.end('ok'))
    const client = await h2Client(served.port, tls)
    client.malformed(1)
    await client.received('RST_STREAM', 1)
    const began = performance.now()
    await drained(served)
    expect(performance.now() - began).toBeLessThan(3_000)
    await client.ended
  })

  it('loses no request of clients that wait for one answer before they ask again', async () => {
    let answered = 0
    const served = await serveH2(tls, (_req, res) => void setTimeout(() => res.end('ok'), Math.random() * 10))
    const clients = Array.from({ length: 20 }, () => session(served.url))
    const loops = clients.map(async (client) => {
      let told = false
      client.once('goaway', () => {
        told = true
      })
      while (!told) {
        expect(await request(client)).toBe('ok')
        answered++
      }
    })
    while (answered < 200) await later(5)
    await drained(served)
    await Promise.all(loops)
  })

  it('does not wait for ever for a client that does not close its side', async () => {
    const served = await serveH2(tls, (_req, res) => res.end('ok'))
    const client = await h2Client(served.port, tls, { allowHalfOpen: true })
    client.request(1)
    await client.received('DATA', 1)
    await drained(served)
    client.socket.destroy()
  })

  it('ends an event stream through drainSignal', async () => {
    const served = await serveH2(tls, (req, res) => {
      res.write('tick')
      drainSignal(req).addEventListener('abort', () => res.end('bye'))
    })
    const client = session(served.url)
    const answer = request(client)
    while (served.drainer.stats().requests < 1) await later(5)
    await drained(served)
    expect(await answer).toBe('tickbye')
  })

  it('destroys at the deadline what is left', async () => {
    const served = await serveH2(tls, (_req, res) => void res.write('x'))
    const client = session(served.url)
    client.on('error', () => {})
    const answer = request(client).catch((error: NodeJS.ErrnoException) => error.code)
    while (served.drainer.stats().requests < 1) await later(5)
    await served.drainer.drain({ signal: AbortSignal.timeout(300) })
    await answer
    expect(served.drainer.stats()).toMatchObject({ destroyed: 1, drained: 0, connections: 0 })
  })
})

it('N1 drains h2 and HTTP/1 connections of one server', async () => {
  const served = await serveH2(true, (req, res) => void setTimeout(() => res.end(`over ${req.httpVersion}`), 200), {
    allowHTTP1: true,
  })
  const h1 = await rawClient(served.port, { tls: true })
  const h2 = session(served.url)
  const answer = request(h2)
  h1.send(head('GET', '/'))
  while (served.drainer.stats().requests < 2) await later(5)
  await drained(served)
  expect(await answer).toBe('over 2.0')
  expect(await h1.rest()).toMatch(/Connection: close[\s\S]*over 1\.1$/)
})
