import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createAdaptorServer, upgradeWebSocket } from '@hono/node-server'
import { webSockets } from '@keelson/node'
import { Hono } from 'hono'
import { WebSocket, WebSocketServer } from 'ws'
import { when } from './serving.mjs'

const on = ['http', 'https']

async function open(stage, options, configure = () => {}) {
  const served = await stage.serve(undefined, options)
  const wss = new WebSocketServer({ server: served.server })
  configure(wss)
  const client = new WebSocket(served.url.replace('http', 'ws'), { rejectUnauthorized: false })
  await once(client, 'open')
  await when(() => served.drainer.stats().upgraded === 1)
  return { served, client }
}

export const upgradeCases = [
  {
    name: 'WebSocket',
    on,
    sees: 'close 1012',
    async run(stage) {
      const { served, client } = await open(stage)
      const closed = once(client, 'close')
      await served.drain()
      assert.equal((await closed)[0], 1012)
    },
  },
  {
    name: 'WebSocket with a last message',
    on,
    sees: 'the message, then close 1012',
    async run(stage) {
      const { served, client } = await open(stage, {}, (wss) => webSockets(wss, { message: 'moving on' }))
      const told = once(client, 'message')
      const closed = once(client, 'close')
      await served.drain()
      assert.equal(String((await told)[0]), 'moving on')
      const [code, reason] = await closed
      assert.deepEqual([code, String(reason)], [1012, 'Service Restart'])
    },
  },
  {
    name: 'WebSocket by `upgradeWebSocket` of Hono',
    on,
    sees: 'close 1012',
    async run(stage) {
      const served = await stage.serve()
      const app = new Hono().get(
        '/',
        upgradeWebSocket(() => ({ onMessage: ({ data }, ws) => ws.send(data) })),
      )
      const server = new WebSocketServer({ noServer: true })
      createAdaptorServer({ fetch: app.fetch, websocket: { server }, createServer: () => served.server })
      const client = new WebSocket(served.url.replace('http', 'ws'), { rejectUnauthorized: false })
      await once(client, 'open')
      client.send('hello')
      assert.equal(String((await once(client, 'message'))[0]), 'hello')
      const closed = once(client, 'close')
      await served.drain()
      assert.equal((await closed)[0], 1012)
    },
  },
  {
    name: 'four WebSockets',
    on,
    sees: 'close 1012, one after the other, over `spread` (here 400 ms)',
    allowed: 300,
    async run(stage) {
      const { served, client } = await open(stage, { spread: 400 })
      const clients = [client]
      while (clients.length < 4) {
        const next = new WebSocket(served.url.replace('http', 'ws'), { rejectUnauthorized: false })
        await once(next, 'open')
        clients.push(next)
      }
      await when(() => served.drainer.stats().upgraded === 4)
      const started = performance.now()
      const closes = clients.map(async (each, i) => {
        const [code] = await once(each, 'close')
        assert.equal(code, 1012)
        assert.ok(performance.now() - started >= i * 100 - 1)
      })
      await served.drain()
      await Promise.all(closes)
    },
  },
  {
    name: 'WebSocket client that never answers the close',
    on,
    sees: 'close 1012, then the end after `upgradeTimeout` (here 400 ms)',
    allowed: 400,
    async run(stage) {
      const { served, client } = await open(stage, { upgradeTimeout: 400 })
      // What comes is read, but nobody acts on it.
      const socket = client._socket
      socket.removeAllListeners('data')
      let received = Buffer.alloc(0)
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk])
      })
      const closed = once(socket, 'close')
      await served.drain()
      await closed
      assert.deepEqual(received, Buffer.from([0x88, 0x02, 0x03, 0xf4]))
    },
  },
]
