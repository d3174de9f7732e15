import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { head, rawClient } from '../test-support/raw-client.js'
import { drained, listen, serve } from '../test-support/serve.js'
import { drainServer } from './drain-server.js'

describe('N3 drain and listen', () => {
  it('resolves at once for a server that never listened', async () => {
    const server = createServer()
    await drained({ server, drainer: drainServer(server) })
  })

  it('ends not listening when drained in the tick of listen()', async () => {
    const server = createServer()
    const drainer = drainServer(server)
    server.listen(0, '127.0.0.1')
    await drained({ server, drainer })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.listening).toBe(false)
  })

  it('ends not listening when drained while listen() still looks the host name up', async () => {
    const server = createServer()
    const drainer = drainServer(server)
    server.listen({ port: 0, host: 'localhost' })
    expect(server.listening).toBe(false)
    await drained({ server, drainer })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(server.listening).toBe(false)
  })

  it('ends not listening when listen() is called while draining', async () => {
    const served = await serve((_req, res) => res.end('ok'))
    const client = await rawClient(served.port)
    const draining = drained(served)
    const again = new Promise((resolve) => served.server.once('close', resolve))
    await new Promise((resolve) => setTimeout(resolve, 50))
    served.server.listen(0, '127.0.0.1')
    await draining
    await client.ended
    await again
    expect(served.server.listening).toBe(false)
  })

  it('drains a server that was closed already, with connections left and without', async () => {
    const served = await serve((_req, res) => res.end('ok'))
    const client = await rawClient(served.port)
    client.send('GET / HTTP/1.1\r\n')
    await new Promise((resolve) => setTimeout(resolve, 50))
    served.server.close()
    const draining = drained(served)
    client.send('Host: localhost\r\n\r\n')
    await draining
    expect(await client.rest()).toMatch(/ok$/)

    const closed = createServer()
    const drainer = drainServer(closed)
    await listen(closed, drainer)
    await new Promise((resolve) => closed.close(resolve))
    await drained({ server: closed, drainer })
  })

  it('refuses new connections once the accept queue is empty', async () => {
    const served = await serve((_req, res) => res.end('ok'))
    const client = await rawClient(served.port)
    const draining = drained(served)
    await new Promise((resolve) => setTimeout(resolve, 120))
    const late = connect(served.port, '127.0.0.1')
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
    await draining
    await client.ended
  })

  it('N1 answers connections that waited in the accept queue when the drain began', async () => {
    const served = await serve((_req, res) => res.end('ok'))
    // All of these connect to the kernel before this event loop turns, and so before the server can accept one.
    const sockets = Array.from({ length: 60 }, () => connect(served.port, '127.0.0.1'))
    const texts = sockets.map(async (socket) => {
      let text = ''
      socket.write(head('GET', '/'))
      for await (const chunk of socket) text += chunk
      return text
    })
    // Node connects at the end of this tick.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    await drained(served)
    for (const text of await Promise.all(texts)) expect(text).toMatch(/Connection: close[\s\S]*ok$/)
  })

  it('N1 drains both families of a dual-stack server', async ({ skip }) => {
    const server = createServer((_req, res) => res.end('ok'))
    const drainer = drainServer(server)
    server.listen(0)
    await once(server, 'listening')
    const { port, family } = server.address() as AddressInfo
    if (family !== 'IPv6') skip('this machine has no IPv6')
    const clients = await Promise.all([rawClient(port), rawClient(port, { host: '::1' })])
    const draining = drained({ server, drainer })
    for (const client of clients) client.send(head('GET', '/'))
    await draining
    for (const client of clients) expect(await client.rest()).toMatch(/Connection: close[\s\S]*ok$/)
  })
})
