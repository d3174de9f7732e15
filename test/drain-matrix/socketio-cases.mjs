import assert from 'node:assert/strict'
import { createKernel, resource } from '@keelson/kernel'
import { socketIo } from '@keelson/socketio'
import { Server } from 'socket.io'
import { io as connect } from 'socket.io-client'

const on = ['http', 'https']

/** Socket.IO is drained before its HTTP server, which finds nothing left of it. */
async function runWith(stage, transport) {
  const served = await stage.serve()
  const { server, port, url } = served
  const api = resource('api', { start: () => ({ server, port, url }) })
  const chat = socketIo('chat', {
    server: api,
    io() {
      const io = new Server()
      io.on('connection', (socket) => socket.on('say', (text, done) => done(text)))
      return io
    },
  })
  const kernel = await createKernel([chat]).start()
  const client = connect(url, { transports: [transport], reconnection: false, forceNew: true, rejectUnauthorized: false })
  const seen = []
  try {
    assert.equal(await client.timeout(5_000).emitWithAck('say', 'hello'), 'hello')
    client.on('keelson:goodbye', ({ retryMs }) => seen.push(typeof retryMs))
    const left = new Promise((resolve) => client.once('disconnect', resolve))
    await kernel.shutdown()
    await served.drain()
    seen.push(await left)
  } finally {
    client.disconnect()
  }
  assert.deepEqual(seen, ['number', 'transport close'])
}

export const socketioCases = [
  {
    name: 'Socket.IO over a WebSocket',
    on,
    sees: 'its goodbye, then the end of its transport, on which it reconnects',
    run: (stage) => runWith(stage, 'websocket'),
  },
  {
    name: 'Socket.IO that polls',
    on,
    sees: 'its goodbye and the end of its transport, as answers to its polls',
    run: (stage) => runWith(stage, 'polling'),
  },
]
