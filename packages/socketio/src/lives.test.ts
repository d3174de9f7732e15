import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { createKernel, resource } from '@keelson/kernel'
import { Server } from 'socket.io'
import { expect, test } from 'vitest'
import { socketIo } from './index.js'
import { balancer } from './test-support/balancer.js'
import { client, joined, next, startChat } from './test-support/chat.js'
import { PATIENT } from './test-support/patient.js'

const deferred = () => {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

test('rooms and namespaces work as ever, and what is not for Socket.IO is for the application', async () => {
  const chat = await startChat({
    listen(io) {
      io.of('/admin').on('connection', (socket) => socket.join('ops'))
      io.of(/^\/tenant-\d+$/).on('connection', (socket) => socket.emit('hello', socket.nsp.name))
    },
  })
  const admin = await joined(`${chat.url}/admin`)
  const alarm = next(admin, 'alarm')
  chat.io.of('/admin').to('ops').emit('alarm', 7)
  expect(await alarm).toEqual([7])
  const tenant = client(`${chat.url}/tenant-7`)
  expect(await next(tenant, 'hello')).toEqual(['/tenant-7'])
  expect(await (await fetch(`${chat.url}/anything`)).text()).toBe('app')
  expect((await fetch(`${chat.url}/socket.io/socket.io.js`)).status).toBe(200)
  expect((await fetch(`${chat.url}/socket.io/?transport=nonsense`)).status).toBe(400)
  const report = await chat.kernel.shutdown()
  expect(report.outcomes[0]).toMatchObject({ resource: 'chat', note: 'said goodbye to 2 clients' })
})

test('an upgrade that nobody answers is closed', async () => {
  const chat = await startChat({ server: { destroyUpgradeTimeout: 50 } as never })
  const socket = connect(chat.http.port, '127.0.0.1')
  socket.write('GET /other HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n')
  socket.resume()
  await once(socket, 'end')
})

test('N10 handlers without an acknowledgement, and those of disconnections, are waited for, and end before anything below stops', async () => {
  const log: string[] = []
  const saving = deferred()
  const arrived = deferred()
  const db = resource('db', { start: () => 1, stop: () => void log.push('db stopped') })
  const chat = socketIo('chat', {
    host: '127.0.0.1',
    dependsOn: { db },
    io: () => {
      const io = new Server()
      io.on('connection', (socket) => {
        socket.on('say', async () => {
          arrived.resolve()
          await saving.promise
          log.push('said')
        })
        socket.on('disconnect', async (reason) => {
          await new Promise((resolve) => setTimeout(resolve, 20))
          log.push(`saved after ${reason}`)
        })
      })
      return io
    },
  })
  const kernel = await createKernel([chat]).start()
  const socket = await joined(urlOf(kernel.get(chat)))
  socket.emit('say')
  await arrived.promise
  const stopped = kernel.shutdown()
  await next(socket, 'keelson:goodbye')
  saving.resolve()
  await stopped
  expect(log).toEqual(['said', 'saved after forced close', 'db stopped'])
})

test('N10 work outlives its connection: the handler of a client that has left is waited for', async () => {
  const log: string[] = []
  const saving = deferred()
  const arrived = deferred()
  const left = deferred()
  const chat = await startChat({
    listen: (io) =>
      io.on('connection', (socket) => {
        socket.on('disconnect', left.resolve)
        socket.on('say', async () => {
          arrived.resolve()
          await saving.promise
          log.push('said')
        })
      }),
  })
  const socket = await joined(chat.url)
  socket.emit('say')
  await arrived.promise
  socket.disconnect()
  await left.promise
  const work = () => chat.kernel.inspect().resources.find(({ name }) => name === 'chat')?.work
  expect(work()).toMatchObject({ count: 1, oldest: [{ label: 'say', hint: 'its client has left' }] })
  const stopped = chat.kernel.shutdown().then(() => log.push('stopped'))
  saving.resolve()
  await stopped
  expect(log).toEqual(['said', 'stopped'])
})

test('a listener is taken off as ever', async () => {
  const calls: string[] = []
  const chat = await startChat({
    listen: (io) =>
      io.on('connection', (socket) => {
        const gone = () => calls.push('gone')
        socket.on('a', gone)
        socket.prependListener('a', () => calls.push('first'))
        socket.once('a', () => calls.push('once'))
        socket.off('a', gone)
        expect(socket.listeners('a')).toHaveLength(2)
        socket.on('end', (done) => done())
      }),
  })
  const socket = await joined(chat.url)
  socket.emit('a')
  socket.emit('a')
  await socket.emitWithAck('end')
  expect(calls).toEqual(['first', 'once', 'first'])
})

test('N10 a handler that is at work is waited for, though its client owes an answer and was closed', async () => {
  const log: string[] = []
  const arrived = deferred()
  const working = deferred()
  const chat = await startChat({
    goodbye: { timeout: 50 },
    listen: (io) =>
      io.on('connection', (socket) => {
        socket.emit('question', () => {})
        socket.on('save', async () => {
          arrived.resolve()
          await working.promise
          log.push('saved')
        })
      }),
  })
  const socket = await joined(chat.url)
  socket.emit('save')
  await arrived.promise
  const left = next(socket, 'disconnect')
  const stopped = chat.kernel.shutdown().then(() => log.push('stopped'))
  await left
  // As long as a drain that does not wait would take, and more.
  await new Promise((resolve) => setTimeout(resolve, 300))
  working.resolve()
  await stopped
  expect(log).toEqual(['saved', 'stopped'])
})

test('N10 a handler that waits for a client that never acknowledges, and one that never acknowledges itself, do not hold the end', async () => {
  const arrived = deferred()
  const chat = await startChat({
    goodbye: { timeout: 100 },
    kernel: { shutdown: { timeout: 3_000 } },
    listen: (io) =>
      io.on('connection', (socket) => {
        socket.on('forgets', (_done) => {})
        socket.on('asks', async () => {
          arrived.resolve()
          await socket.emitWithAck('question')
        })
      }),
  })
  const socket = await joined(chat.url)
  socket.emit('forgets', () => {})
  socket.emit('asks')
  await arrived.promise
  const work = () => chat.kernel.inspect().resources.find(({ name }) => name === 'chat')?.work?.oldest
  expect(work()).toEqual([
    { label: 'forgets', sinceMs: expect.any(Number), hint: 'nobody has called its acknowledgement' },
    { label: 'asks', sinceMs: expect.any(Number), hint: 'its client has not acknowledged: emit with timeout()' },
  ])
  expect((await chat.kernel.shutdown()).ok).toBe(true)
})

test('N10 a client that does not answer its goodbye is cut off, and that is no failure', async () => {
  const chat = await startChat({ goodbye: { timeout: 100 } })
  const mute = connect(chat.http.port, '127.0.0.1')
  mute.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  )
  await once(mute, 'data')
  mute.on('error', () => {})
  // One that polled once and does not come back for more.
  await fetch(`${chat.url}/socket.io/?EIO=4&transport=polling`)
  mute.resume()
  const closed = once(mute, 'close')
  const report = await chat.kernel.shutdown()
  expect(report.outcomes[0]).toMatchObject({
    outcome: 'stopped',
    note: 'said goodbye to 2 clients, 1 did not answer and was cut off',
  })
  await closed
})

test('N10 while it drains a new client is refused, and tries again; one that is there comes into no further namespace', async () => {
  const holding = deferred()
  const arrived = deferred()
  const chat = await startChat({
    goodbye: { event: false },
    listen(io) {
      io.of('/later')
      io.on('connection', (socket) => {
        socket.on('hold', async () => {
          arrived.resolve()
          await holding.promise
        })
      })
    },
  })
  const socket = await joined(chat.url, 'polling only')
  socket.emit('hold')
  await arrived.promise
  const stopped = chat.kernel.shutdown()
  await expect.poll(async () => (await fetch(`${chat.url}/socket.io/?EIO=4&transport=polling`)).status, PATIENT).toBe(503)
  const refused = await fetch(`${chat.url}/socket.io/?EIO=4&transport=polling`)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  const late = client(chat.url, 'WebSocket only')
  await next(late, 'connect_error')
  const further = socket.io.socket('/later')
  const answers: string[] = []
  further.on('connect', () => answers.push('connect'))
  further.on('connect_error', () => answers.push('connect_error'))
  await expect.poll(() => chat.io.of('/later'), PATIENT).toHaveProperty('_preConnectSockets.size', 1)
  expect(await (await fetch(chat.url)).text()).toBe('app')
  holding.resolve()
  await stopped
  expect(answers).toEqual([])
  expect(further.active).toBe(true)
})

test.each(['polling only', 'WebSocket only', 'polling, then WebSocket'] as const)(
  'N10 clients go on with a second server, and every message that is retried arrives: %s',
  async (kind) => {
    const said: string[] = []
    const listen = (io: Server) =>
      void io.on('connection', (socket) => {
        socket.on('say', async (text: string, done: () => void) => {
          await new Promise((resolve) => setTimeout(resolve, 5))
          said.push(text)
          done()
        })
      })
    const [first, second] = [await startChat({ listen }), await startChat({ listen })]
    const { url, moveOn } = await balancer(first, second)
    const retried = { reconnection: true, reconnectionDelay: 20, retries: 10, ackTimeout: 2_000 }
    const clients = await Promise.all(Array.from({ length: 5 }, () => joined(url, kind, retried)))
    const away = clients.map((socket) => next(socket, 'disconnect'))
    const texts = clients.flatMap((_, client) => Array.from({ length: 40 }, (_, i) => `${client}.${i}`))
    const answers = Promise.all(
      texts.map(async (text, i) => {
        await new Promise((resolve) => setTimeout(resolve, (i % 40) * 5))
        await clients[Math.floor(i / 40)]?.emitWithAck('say', text)
      }),
    )
    await expect.poll(() => said.length, PATIENT).toBeGreaterThan(10)
    moveOn()
    await first.kernel.shutdown()
    await Promise.all(away)
    await answers
    expect(new Set(said)).toEqual(new Set(texts))
    for (const socket of clients) expect(socket.connected).toBe(true)
  },
)

test('a restart takes it from its HTTP server and puts a new one on', async () => {
  const lives: Server[] = []
  const chat = socketIo('chat', {
    host: '127.0.0.1',
    io: () => {
      const io = new Server()
      io.on('connection', (socket) => socket.on('life', (done) => done(lives.indexOf(io))))
      lives.push(io)
      return io
    },
  })
  const kernel = await createKernel([chat]).start()
  const url = urlOf(kernel.get(chat))
  const socket = await joined(url, 'polling, then WebSocket', { reconnection: true, reconnectionDelay: 20 })
  expect(await socket.emitWithAck('life')).toBe(0)
  const back = next(socket.io as never, 'reconnect')
  await kernel.restart(chat)
  await back
  expect(await socket.emitWithAck('life')).toBe(1)
  expect((await fetch(url)).status).toBe(404)
  await kernel.shutdown()
})

test('it has crashed when something other than the kernel closes it', async () => {
  const chat = await startChat()
  await chat.io.close()
  await expect.poll(() => chat.kernel.probe().live, PATIENT).toBe(false)
  expect(chat.kernel.probe().reasons[0]?.message).toContain('it was closed by something other than the kernel')
  expect(await (await fetch(chat.url)).text()).toBe('app')
})

function urlOf(io: Server): string {
  return `http://127.0.0.1:${(io.httpServer.address() as AddressInfo).port}`
}
