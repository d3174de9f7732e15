import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createKernel, resource } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { type HttpServer, httpServer } from '../server/http-server.js'
import { head, type RawClient, rawClient } from '../test-support/raw-client.js'
import { drained, later, listen, serve } from '../test-support/serve.js'
import { drainServer } from './drain-server.js'
import { onDrain } from './on-drain.js'
import { webSockets } from './web-sockets.js'

const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n'

async function upgraded(
  onUpgrade: (req: IncomingMessage, socket: Duplex) => void,
  upgradeTimeout = 3_000,
  protocol = 'websocket',
) {
  const served = await serve((_req, res) => res.end('ok'), { upgradeTimeout })
  served.server.on('upgrade', onUpgrade)
  const client = await rawClient(served.port)
  client.send(head('GET', '/', `Upgrade: ${protocol}`, 'Connection: Upgrade'))
  return { ...served, client }
}

async function received(client: RawClient): Promise<Buffer> {
  const text = await client.rest()
  return Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1')
}

describe('N1 upgraded sockets', () => {
  it('a WebSocket without a hook gets a close frame 1012 and the time to answer it', async () => {
    const { client, ...served } = await upgraded((_req, socket) => {
      socket.write(SWITCHED)
      socket.once('data', () => socket.end())
    })
    await client.received('101')
    const draining = drained(served)
    await client.received('\x88\x02\x03\xf4')
    client.send('\x88\x82 masked close')
    await draining
    expect(await received(client)).toEqual(Buffer.from([0x88, 0x02, 0x03, 0xf4]))
  })

  it('an upgraded socket that does not close is destroyed after the bounded wait', async () => {
    const { client, ...served } = await upgraded((_req, socket) => void socket.write(SWITCHED), 300, 'other')
    await client.received('101')
    await drained(served)
    expect(await received(client)).toEqual(Buffer.alloc(0))
  })

  it('a hook replaces the close frame', async () => {
    const { client, ...served } = await upgraded((_req, socket) => {
      socket.write(SWITCHED)
      onDrain(socket, () => socket.end('bye'))
    })
    await client.received('101')
    await drained(served)
    expect((await received(client)).toString()).toBe('bye')
  })

  it('an error of a hook ends in the rejection of the drain, after everything is closed', async () => {
    const { client, ...served } = await upgraded((_req, socket) => {
      socket.write(SWITCHED)
      onDrain(socket, () => {
        throw new Error('hook')
      })
    }, 100)
    await client.received('101')
    await expect(served.drainer.drain()).rejects.toThrow('hook')
    expect(served.drainer.stats()).toMatchObject({ state: 'drained', connections: 0 })
  })

  it('an upgrade that is answered while draining gets its goodbye after the answer', async () => {
    let finish: (() => void) | undefined
    const { client, ...served } = await upgraded((_req, socket) => {
      finish = () => {
        socket.write(SWITCHED)
        socket.once('data', () => socket.end())
      }
    })
    while (!finish) await later(5)
    const draining = drained(served)
    await later(200)
    expect(client.text()).toBe('')
    finish()
    await client.received('\x88\x02\x03\xf4')
    client.send('\x88\x82 masked close')
    await draining
    expect(await client.rest()).toBe(`${SWITCHED}\x88\x02\x03\xf4`)
  })

  it('leaves a server without upgrade listener as it is: Node answers such requests as ordinary ones or ends them', async () => {
    const served = await serve((_req, res) => res.end('ok'))
    const listener = (_req: IncomingMessage, socket: Duplex) => socket.end()
    expect(served.server.listenerCount('upgrade')).toBe(0)
    served.server.on('upgrade', listener)
    expect(served.server.listenerCount('upgrade')).toBe(2)
    served.server.off('upgrade', listener)
    expect(served.server.listenerCount('upgrade')).toBe(0)
    served.server.once('upgrade', listener)
    served.server.removeAllListeners('upgrade')
    expect(served.server.listenerCount('upgrade')).toBe(0)
    await drained(served)
  })

  it('webSockets() sends the last message and 1012 to clients of ws, old ones and new ones', async () => {
    const server = createServer()
    const drainer = drainServer(server)
    const wss = new WebSocketServer({ server })
    const port = await listen(server, drainer)
    const early = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(early, 'open')
    webSockets(wss, { message: 'restarting' })
    const late = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(late, 'open')
    while (drainer.stats().upgraded < 2) await later(5)

    const ends = [early, late].map(async (client) => {
      const [[message], [code, reason]] = await Promise.all([once(client, 'message'), once(client, 'close')])
      return [String(message), code, String(reason)]
    })
    await drained({ server, drainer })
    expect(await Promise.all(ends)).toEqual([
      ['restarting', 1012, 'Service Restart'],
      ['restarting', 1012, 'Service Restart'],
    ])
  })

  it('a client of ws sees 1012 without any configuration', async () => {
    const server = createServer()
    const drainer = drainServer(server)
    new WebSocketServer({ server })
    const port = await listen(server, drainer)
    const client = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(client, 'open')
    const closed = once(client, 'close')
    await drained({ server, drainer })
    expect((await closed)[0]).toBe(1012)
  })

  it('a CONNECT tunnel gets the bounded wait', async () => {
    const served = await serve((_req, res) => res.end('ok'), { upgradeTimeout: 300 })
    served.server.on('connect', (_req: IncomingMessage, socket: Duplex) => void socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    const client = await rawClient(served.port)
    client.send('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')
    await client.received('200 OK')
    expect(served.drainer.stats().upgraded).toBe(1)
    await drained(served)
    expect(await client.rest()).toBe('HTTP/1.1 200 OK\r\n\r\n')
  })
})

it('a WebSocketServer of a resource of its own takes the server of an httpServer that speaks HTTP/1', async () => {
  const api = httpServer('api', { host: '127.0.0.1', listener: () => (_req, res) => res.end() })
  const sockets = resource('sockets', {
    dependsOn: { api },
    start({ api }) {
      const wss = new WebSocketServer({ server: api.server })
      webSockets(wss, { message: 'bye' })
      return wss
    },
  })
  const kernel = await createKernel([sockets]).start()
  const client = new WebSocket(kernel.get(api).url.replace('http', 'ws'))
  await once(client, 'open')
  const message = once(client, 'message')
  const closed = once(client, 'close')
  await kernel.shutdown()
  expect(String((await message)[0])).toBe('bye')
  expect((await closed)[0]).toBe(1012)
  // @ts-expect-error: one that may speak HTTP/2 is not taken.
  const define = (server: HttpServer['server']) => new WebSocketServer({ server })
  void define
})
