import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { head, rawClient } from '../test-support/raw-client.js'
import { drained, later, serve } from '../test-support/serve.js'
import { drainServer } from './drain-server.js'

/** A handler whose requests wait until the test answers them. */
function pending() {
  const responses: ServerResponse[] = []
  const waiting: (() => void)[] = []
  return {
    responses,
    listener: (_req: IncomingMessage, res: ServerResponse) => {
      responses.push(res)
      for (const wake of waiting.splice(0)) wake()
    },
    async arrived(count: number): Promise<void> {
      while (responses.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
    },
  }
}

describe.each([{ tls: false }, { tls: true }])('N1 draining HTTP/1, tls: $tls', ({ tls }) => {
  it('answers the request in flight in full, says Connection: close, and ends right after it', async () => {
    const app = pending()
    const served = await serve(app.listener, { tls })
    const client = await rawClient(served.port, { tls })
    client.send(head('GET', '/'))
    await app.arrived(1)

    const draining = drained(served)
    expect(served.drainer.stats()).toMatchObject({ state: 'draining', requests: 1 })
    await later(300)
    app.responses[0]?.end('hello')
    await draining

    expect(await client.ended).toBe('end')
    expect(await client.rest()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(await client.rest()).toMatch(/\r\nConnection: close\r\n/)
    expect(await client.rest()).not.toMatch(/keep-alive/i)
    expect(await client.rest()).toMatch(/\r\n\r\nhello$/)
    expect(served.drainer.stats().drained).toBe(1)
  })

  it('closes idle keep-alive sockets after the quiet window, without a byte', async () => {
    const served = await serve((_req, res) => res.end('ok'), { tls })
    const client = await rawClient(served.port, { tls })
    client.send(head('GET', '/'))
    await client.received(/\r\n\r\nok/)
    const before = client.text()

    const started = performance.now()
    await drained(served)
    expect(performance.now() - started).toBeGreaterThan(140)
    expect(await client.ended).toBe('end')
    expect(client.text()).toBe(before)
  })

  it('answers a request that arrives on an idle socket after the drain began', async () => {
    const served = await serve((_req, res) => res.end('ok'), { tls })
    const client = await rawClient(served.port, { tls })
    client.send(head('GET', '/'))
    await client.received(/\r\n\r\nok/)

    const draining = drained(served)
    await later(50)
    client.send(head('GET', '/'))
    await draining
    expect(await client.ended).toBe('end')
    await client.ended
    expect(client.count('HTTP/1.1 200 OK')).toBe(2)
    expect(client.count('Connection: close')).toBe(1)
    expect(await client.rest()).toMatch(/Connection: close\r\n[\s\S]*ok$/)
  })

  it('lets any new request prolong the quiet window of all idle sockets', async () => {
    const served = await serve((_req, res) => res.end('ok'), { tls, quietWindow: 400 })
    const clients = await Promise.all([1, 2, 3, 4].map(() => rawClient(served.port, { tls })))
    for (const client of clients) client.send(head('GET', '/'))
    await Promise.all(clients.map((client) => client.received(/\r\n\r\nok/)))

    const draining = drained(served)
    for (const client of clients) {
      await later(200)
      client.send(head('GET', '/'))
    }
    await draining
    for (const client of clients) {
      await client.ended
      expect(client.count('HTTP/1.1 200 OK')).toBe(2)
    }
  })

  it('answers a request whose head was half received', async () => {
    const served = await serve((_req, res) => res.end('whole'), { tls })
    const client = await rawClient(served.port, { tls })
    client.send('GET / HTTP/1.1\r\nHost: loc')
    await later(50)

    const draining = drained(served)
    await later(600)
    client.send('alhost\r\n\r\n')
    await draining
    expect(await client.rest()).toMatch(/Connection: close\r\n[\s\S]*\r\n\r\nwhole$/)
  })

  it('answers a half received request behind an answered one', async () => {
    const served = await serve((_req, res) => res.end('ok'), { tls })
    const client = await rawClient(served.port, { tls })
    client.send(`${head('GET', '/')}GET / HT`)
    await client.received(/\r\n\r\nok/)

    const draining = drained(served)
    await later(600)
    client.send('TP/1.1\r\nHost: localhost\r\n\r\n')
    await draining
    await client.ended
    expect(client.count('HTTP/1.1 200 OK')).toBe(2)
    expect(client.count('Connection: close')).toBe(1)
  })

  it('takes a half uploaded body to its end', async () => {
    const served = await serve(
      (req, res) => {
        let size = 0
        req.on('data', (chunk: Buffer) => {
          size += chunk.length
        })
        req.on('end', () => res.end(`got ${size}`))
      },
      { tls },
    )
    const client = await rawClient(served.port, { tls })
    client.send(head('POST', '/', 'Content-Length: 100000'))
    client.send('x'.repeat(50_000))
    await once(served.server, 'request')

    const draining = drained(served)
    await later(500)
    client.send('x'.repeat(50_000))
    await draining
    expect(await client.rest()).toMatch(/Connection: close\r\n[\s\S]*got 100000$/)
  })

  it('delivers a 30 MiB body to a slow reader, although response.end() was called before the drain', async () => {
    const size = 30 * 1024 * 1024
    const served = await serve((_req, res) => res.end(Buffer.alloc(size, 'b')), { tls })
    const client = await rawClient(served.port, { tls })
    client.send(head('GET', '/'))
    await client.received('\r\n\r\n')
    client.socket.pause()

    const draining = drained(served)
    let slow = true
    const timer = setInterval(() => {
      client.socket.resume()
      setImmediate(() => slow && client.socket.pause())
    }, 5)
    await later(600)
    slow = false
    clearInterval(timer)
    client.socket.resume()
    await draining
    expect(await client.ended).toBe('end')
    expect(client.text().length - client.text().indexOf('\r\n\r\n') - 4).toBe(size)
  })

  it('closes a socket right after the body when the head had promised keep-alive, whatever the other sockets do', async () => {
    const app = pending()
    const served = await serve(app.listener, { tls, quietWindow: 2_000 })
    const client = await rawClient(served.port, { tls })
    client.send(head('GET', '/'))
    await app.arrived(1)
    app.responses[0]?.write('first ')
    await client.received('first')

    const draining = drained(served)
    await later(50)
    const ended = performance.now()
    app.responses[0]?.end('second')
    expect(await client.ended).toBe('end')
    expect(performance.now() - ended).toBeLessThan(1_500)
    expect(await client.rest()).toMatch(/Connection: keep-alive/)
    expect(await client.rest()).toMatch(/first [\s\S]*second\r\n0\r\n\r\n$/)
    await draining
  })

  it('answers the request a client sends the moment such a response ends', async () => {
    const app = pending()
    const served = await serve(app.listener, { tls })
    const client = await rawClient(served.port, { tls })
    client.send(head('GET', '/'))
    await app.arrived(1)
    app.responses[0]?.write('first')
    await client.received('first')

    const draining = drained(served)
    app.responses[0]?.end()
    await client.received('\r\n0\r\n\r\n')
    client.send(head('GET', '/'))
    await app.arrived(2)
    app.responses[1]?.end('second')
    await draining
    expect(await client.rest()).toMatch(/Connection: close\r\n[\s\S]*second$/)
  })

  it('closes sockets that never sent a byte', async () => {
    const served = await serve((_req, res) => res.end(), { tls })
    const client = await rawClient(served.port, { tls })
    await drained(served)
    expect(await client.ended).toBe('end')
    expect(await client.rest()).toBe('')
  })

  it('destroys at the deadline what is left, and only that', async () => {
    const app = pending()
    const served = await serve(app.listener, { tls })
    const [stuck, fine] = await Promise.all([rawClient(served.port, { tls }), rawClient(served.port, { tls })])
    stuck.send(head('GET', '/stuck'))
    await app.arrived(1)
    fine.send(head('GET', '/fine'))
    await app.arrived(2)

    const deadline = new AbortController()
    const draining = served.drainer.drain({ signal: deadline.signal })
    app.responses[1]?.end('ok')
    await fine.ended
    await vi.waitFor(() => expect(served.drainer.stats()).toMatchObject({ connections: 1, requests: 1, drained: 1 }))
    deadline.abort()
    await draining
    await stuck.ended
    expect(await stuck.rest()).toBe('')
    expect(await fine.rest()).toMatch(/ok$/)
    expect(served.drainer.stats()).toMatchObject({ state: 'drained', destroyed: 1, drained: 1 })
  })
})

describe('N1 draining HTTP/1', () => {
  it('sends 100 Continue to a client that waits for it', async () => {
    const served = await serve((req, res) => {
      req.resume()
      req.on('end', () => res.end('thanks'))
    })
    const client = await rawClient(served.port)
    client.send(head('POST', '/', 'Content-Length: 4', 'Expect: 100-continue').slice(0, -2))
    await later(50)
    const draining = drained(served)
    await later(300)
    client.send('\r\n')
    await client.received('HTTP/1.1 100 Continue\r\n\r\n')
    client.send('body')
    await draining
    expect(await client.rest()).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n[\s\S]*thanks$/,
    )
  })

  it('closes behind responses of checkContinue and checkExpectation listeners too', async () => {
    const served = await serve((_req, res) => res.end())
    served.server.on('checkContinue', (_req: IncomingMessage, res: ServerResponse) => res.writeHead(413).end())
    served.server.on('checkExpectation', (_req: IncomingMessage, res: ServerResponse) => res.writeHead(417).end())
    const clients = await Promise.all([rawClient(served.port), rawClient(served.port)])
    const draining = drained(served)
    clients[0]?.send(head('POST', '/', 'Content-Length: 0', 'Expect: 100-continue'))
    clients[1]?.send(head('GET', '/', 'Expect: wonders'))
    await draining
    expect(await clients[0]?.rest()).toMatch(/^HTTP\/1\.1 413 [\s\S]*Connection: close/)
    expect(await clients[1]?.rest()).toMatch(/^HTTP\/1\.1 417 [\s\S]*Connection: close/)
  })

  it('says close whatever the application says about the connection', async () => {
    const served = await serve((req, res) => {
      if (req.url === '/set') res.setHeader('Connection', 'keep-alive')
      if (req.url === '/remove') res.removeHeader('Connection')
      if (req.url === '/head') res.writeHead(200, { connection: 'Keep-Alive', 'content-length': 2 })
      if (req.url === '/raw') res.writeHead(200, ['Connection', 'keep-alive', 'Set-Cookie', 'a', 'Set-Cookie', 'b'])
      if (req.url === '/upgrade') res.writeHead(426, { Connection: 'upgrade', Upgrade: 'h2c' })
      res.end('ok')
    })
    const paths = ['/set', '/remove', '/head', '/raw', '/upgrade']
    const clients = await Promise.all(paths.map(() => rawClient(served.port)))
    const draining = drained(served)
    for (const [i, client] of clients.entries()) client.send(head('GET', paths[i] as string))
    await draining
    for (const client of clients) {
      await client.ended
      expect(client.count(/^connection:/im)).toBe(1)
      expect(await client.rest()).toMatch(/^connection: close/im)
      expect(await client.rest()).toMatch(/ok/)
    }
    expect(await clients[3]?.rest()).toMatch(/Set-Cookie: a\r\nSet-Cookie: b/)
    expect(await clients[4]?.rest()).toMatch(/^connection: close, upgrade$/im)
  })

  it('delivers an early answer to a client that is still uploading, instead of resetting the connection', async () => {
    const served = await serve((_req, res) => res.writeHead(401).end('no'))
    const client = await rawClient(served.port)
    const draining = drained(served)
    const total = 8 * 1024 * 1024
    client.send(head('POST', '/', `Content-Length: ${total}`))
    client.socket.pause()
    let sent = 0
    while (sent < total) {
      sent += 65_536
      if (!client.socket.write(Buffer.alloc(65_536))) await once(client.socket, 'drain')
    }
    client.socket.resume()
    expect(await client.ended).toBe('end')
    expect(await client.rest()).toMatch(/^HTTP\/1\.1 401 [\s\S]*Connection: close[\s\S]*no\r\n0\r\n\r\n$/)
    await draining
  })

  it('does not wait for ever for the rest of an upload that was answered already', async () => {
    const served = await serve((_req, res) => res.writeHead(401).end('no'), { node: { keepAliveTimeout: 60_000 } })
    const client = await rawClient(served.port, { allowHalfOpen: true })
    const draining = drained(served)
    client.send(`${head('POST', '/', 'Content-Length: 100')}some`)
    await draining
    expect(await client.rest()).toMatch(/no\r\n0\r\n\r\n$/)
  })

  it('closes as soon as such an upload ends', async () => {
    const served = await serve((_req, res) => res.writeHead(401).end('no'), { node: { keepAliveTimeout: 60_000 } })
    const client = await rawClient(served.port, { allowHalfOpen: true })
    const draining = drained(served)
    client.send(`${head('POST', '/', 'Content-Length: 100')}some`)
    await client.received('no')
    await later(300)
    const rest = performance.now()
    client.send('x'.repeat(96))
    await draining
    expect(performance.now() - rest).toBeLessThan(1_500)
  })

  it('serves HTTP/1.0 and clients that close by themselves', async () => {
    const served = await serve((_req, res) => res.end('ok'))
    const [old, closing] = await Promise.all([rawClient(served.port), rawClient(served.port)])
    const draining = drained(served)
    old.send('GET / HTTP/1.0\r\n\r\n')
    closing.send(head('GET', '/', 'Connection: close'))
    await draining
    expect(await old.rest()).toMatch(/Connection: close\r\n[\s\S]*ok$/)
    expect(await closing.rest()).toMatch(/Connection: close\r\n[\s\S]*ok$/)
  })

  it('does not take a blocked event loop for a quiet one', async () => {
    const served = await serve((_req, res) => res.end('ok'))
    const client = await rawClient(served.port)
    client.send(head('GET', '/'))
    await client.received(/\r\n\r\nok/)

    const draining = drained(served)
    await later(20)
    // From a check phase the loop goes to the timers first: the quiet window is over, and the request is there but unread.
    setImmediate(() => {
      client.send(head('GET', '/'))
      const until = performance.now() + 400
      while (performance.now() < until);
    })
    await draining
    await client.ended
    expect(client.count('HTTP/1.1 200 OK')).toBe(2)
  })

  it('is one drain however often it is called, and the signal of any call ends it', async () => {
    const app = pending()
    const served = await serve(app.listener)
    const client = await rawClient(served.port)
    client.send(head('GET', '/'))
    await app.arrived(1)
    const deadline = new AbortController()
    const first = served.drainer.drain()
    const second = served.drainer.drain({ signal: deadline.signal })
    expect(second).toBe(first)
    expect(drainServer(served.server as ReturnType<typeof createServer>)).toBe(served.drainer)
    deadline.abort()
    await first
    expect(await served.drainer.drain()).toBeUndefined()
    expect(served.drainer.stats().destroyed).toBe(1)
  })

  it('destroy() closes everything at once, before or during a drain', async () => {
    const app = pending()
    const served = await serve(app.listener)
    const client = await rawClient(served.port)
    client.send(head('GET', '/'))
    await app.arrived(1)
    served.drainer.destroy()
    expect(served.server.listening).toBe(false)
    await client.ended
    await served.drainer.drain()
    expect(served.drainer.stats()).toMatchObject({ state: 'drained', connections: 0, destroyed: 1 })
  })

  it('leaves no listener on the server and no timer of it behind', async () => {
    const served = await serve((_req, res) => res.end('ok'))
    const bare = createServer((_req, res) => res.end('ok'))
    const client = await rawClient(served.port)
    client.send(head('GET', '/'))
    await client.received(/\r\n\r\nok/)
    await drained(served)
    expect(served.server.eventNames().sort()).toEqual(bare.eventNames().sort())
    for (const name of bare.eventNames()) expect(served.server.listenerCount(name)).toBe(bare.listenerCount(name))
    expect(Object.hasOwn(served.server, 'emit')).toBe(false)
    const checking = Object.getOwnPropertySymbols(served.server).find((key) =>
      key.description?.endsWith('connectionsCheckingInterval'),
    )
    expect(Reflect.get(served.server, checking as symbol)).toMatchObject({ _destroyed: true })
  })

  it('refuses options that are not milliseconds', () => {
    expect(() => drainServer(createServer(), { quietWindow: Number.NaN })).toThrow(RangeError)
    expect(() => drainServer(createServer(), { upgradeTimeout: -1 })).toThrow(/upgradeTimeout must be a number of milliseconds/)
  })
})
