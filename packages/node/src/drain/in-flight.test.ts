import { createServer, type ServerResponse } from 'node:http'
import { connect, createServer as createH2Server, type ServerHttp2Stream } from 'node:http2'
import type { Server } from 'node:net'
import { createKernel, type ShutdownError } from '@keelson/kernel'
import { expect, it, onTestFinished } from 'vitest'
import { requestLabel } from '../connections/request-label.js'
import { httpServer } from '../server/http-server.js'
import { h2Client } from '../test-support/h2-client.js'
import { head, rawClient } from '../test-support/raw-client.js'
import { later, listen, serve } from '../test-support/serve.js'
import { drainOptions } from './drain-options.js'
import { drainServer } from './drain-server.js'
import { plainDrainer } from './plain-drainer.js'

async function when(holds: () => boolean): Promise<void> {
  while (!holds()) await later(5)
}

const labels = (work: readonly { readonly label: string }[]) => work.map(({ label }) => label).sort()

it('W1 tells each request in flight by method and path, without the query, and for how long it goes on', async () => {
  const answers: ServerResponse[] = []
  const served = await serve((_req, res) => void answers.push(res))
  expect(served.drainer.inFlight()).toEqual([])
  const clients = await Promise.all([rawClient(served.port), rawClient(served.port)])
  clients[0]!.send(head('GET', '/export?token=secret#top'))
  await when(() => answers.length === 1)
  await later(50)
  clients[1]!.send(head('DELETE', '/orders/7'))
  await when(() => answers.length === 2)
  const work = served.drainer.inFlight()
  expect(labels(work)).toEqual(['DELETE /orders/7', 'GET /export'])
  expect(Math.max(...work.map(({ sinceMs }) => sinceMs))).toBeGreaterThanOrEqual(45)
  expect(Math.min(...work.map(({ sinceMs }) => sinceMs))).toBeGreaterThanOrEqual(0)
  for (const answer of answers) answer.end()
  await when(() => served.drainer.inFlight().length === 0)
})

it('W1 counts from the newest request of a connection, not from its first', async () => {
  const answers: ServerResponse[] = []
  const served = await serve((_req, res) => void answers.push(res))
  const client = await rawClient(served.port)
  client.send(head('GET', '/first'))
  await when(() => answers.length === 1)
  await later(200)
  answers[0]!.end('first answer')
  await client.received('first answer')
  client.send(head('GET', '/second'))
  await when(() => answers.length === 2)
  const [work] = served.drainer.inFlight()
  expect(work?.label).toBe('GET /second')
  expect(work?.sinceMs).toBeLessThan(190)
})

it('W1 says what a request waits for, where that shows', async () => {
  const answers: ServerResponse[] = []
  const served = await serve((req, res) => {
    answers.push(res)
    if (req.url === '/sse') res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' }).write('data:\n\n')
    if (req.url === '/sse2') {
      res.setHeader('content-type', 'text/event-stream')
      res.write('data:\n\n')
    }
    if (req.url === '/file') res.end(Buffer.alloc(30_000_000))
    if (req.url === '/page') res.writeHead(200, { 'content-type': 'text/html' }).write('<p>')
  })
  const paths = ['/sse', '/sse2', '/file', '/page']
  for (const path of paths) {
    const client = await rawClient(served.port)
    client.socket.pause()
    client.send(head('GET', path))
  }
  const upload = await rawClient(served.port)
  upload.send(`${head('POST', '/upload', 'Content-Length: 10')}half`)
  await when(() => answers.length === 5)
  const hints = Object.fromEntries(served.drainer.inFlight().map(({ label, hint }) => [label, hint]))
  expect(hints).toEqual({
    'GET /sse': 'an event stream: end it when drainSignal(req) aborts',
    'GET /sse2': 'an event stream: end it when drainSignal(req) aborts',
    'GET /file': 'its client has not read all of the answer',
    'GET /page': undefined,
    'POST /upload': 'its client has not sent all of it',
  })
})

it('W1 tells upgraded connections, and handlers at work though their client has left', async () => {
  const server = createServer(() => {})
  server.on('upgrade', (_req, socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
  const drainer = drainServer(server)
  const port = await listen(server, drainer)
  const [upgraded, leaving] = await Promise.all([rawClient(port), rawClient(port)])
  upgraded.send(head('GET', '/chat?user=1', 'Connection: Upgrade', 'Upgrade: websocket'))
  await upgraded.received('101')
  leaving.send(head('GET', '/slow'))
  await when(() => drainer.inFlight().length === 2)
  leaving.socket.destroy()
  await when(() => drainer.stats().left === 1)
  const hints = Object.fromEntries(drainer.inFlight().map(({ label, hint }) => [label, hint]))
  expect(hints).toEqual({ 'GET /chat': 'an upgraded connection that its client keeps open', 'GET /slow': 'its client has left' })
})

it('W1 tells the streams of HTTP/2', async () => {
  const server = createH2Server()
  const answers: ServerHttp2Stream[] = []
  server.on('stream', (stream, headers) => {
    answers.push(stream)
    if (headers[':path'] === '/sse') stream.respond({ ':status': 200, 'content-type': 'text/event-stream' })
  })
  const drainer = drainServer(server)
  const port = await listen(server as unknown as Server, drainer)
  const client = connect(`http://127.0.0.1:${port}`)
  onTestFinished(() => client.destroy())
  client.on('error', () => {})
  const streams = ['/sse', '/export?all'].map((path) => client.request({ ':path': path }).on('error', () => {}))
  await when(() => drainer.inFlight().some(({ hint }) => hint !== undefined) && drainer.inFlight().length === 2)
  expect(labels(drainer.inFlight())).toEqual(['GET /export', 'GET /sse'])
  for (const stream of streams) stream.close()
  // One is an event stream; of the other the handler is at work.
  const left = [{ label: 'GET /export', sinceMs: expect.any(Number), hint: 'its client has left' }]
  await expect.poll(() => drainer.inFlight()).toEqual(left)
  for (const answer of answers) answer.end()
  expect(drainer.inFlight()).toEqual([])
})

it.each(['http', 'h2c'])('W1 tells requests of %s of which only a part has come while it drains', async (protocol) => {
  const server = protocol === 'http' ? createServer(() => {}) : createH2Server(() => {})
  const drainer = drainServer(server)
  const port = await listen(server as unknown as Server, drainer)
  if (protocol === 'http') {
    const clients = await Promise.all([rawClient(port), rawClient(port), rawClient(port)])
    clients[0]!.send('GET /secret HTTP/1.1\r\nHost: x')
    clients[1]!.send(`${head('POST', '/upload', 'Content-Length: 10')}half`)
  } else {
    const clients = await Promise.all([h2Client(port, false), h2Client(port, false)])
    clients[0]!.firstHalf(1)
    clients[1]!.withBody(1)
  }
  await when(() => drainer.stats().requests === 1)
  await later(50)
  const drained = drainer.drain()
  const body = protocol === 'http' ? 'POST /upload' : 'GET /'
  const hint = 'its client has not sent all of it'
  await expect
    .poll(() => drainer.inFlight().sort((a, b) => a.label.localeCompare(b.label)))
    .toEqual(
      [
        { label: body, sinceMs: expect.any(Number), hint },
        { label: 'half a request', sinceMs: expect.any(Number), hint },
      ].sort((a, b) => a.label.localeCompare(b.label)),
    )
  drainer.destroy()
  await drained
  expect(drainer.inFlight()).toEqual([])
})

it('W1 tells the requests of a server that only lets itself be closed', async () => {
  const answers: ServerResponse[] = []
  const server = createServer((_req, res) => void answers.push(res))
  const drainer = plainDrainer(server, drainOptions({ quietWindow: 10 }))
  const client = await rawClient(await listen(server, drainer))
  client.send(head('GET', '/export?x'))
  await when(() => answers.length === 1)
  expect(labels(drainer.inFlight())).toEqual(['GET /export'])
  answers[0]!.end()
  await when(() => drainer.inFlight().length === 0)
})

it('W1 a server that runs out of time says whose handlers it has given up', async () => {
  const api = httpServer('api', { host: '127.0.0.1', listener: () => () => new Promise(() => {}) })
  const kernel = createKernel([api], { shutdown: { timeout: 1_000 } })
  await kernel.start()
  const client = await rawClient(kernel.get(api).port)
  client.send(head('GET', '/export?token=secret'))
  await when(() => kernel.inspect(api).work !== undefined)
  client.socket.destroy()
  await when(() => drainServer(kernel.get(api).server).stats().left === 1)
  const report = await kernel.shutdown().catch((error: ShutdownError) => error.report)
  const work = { count: 1, oldest: [{ label: 'GET /export', sinceMs: expect.any(Number), hint: 'its client has left' }] }
  expect(report.outcomes[0]).toMatchObject({ work, cut: work })
  expect(report.errors[0]?.message).toMatch(/ still at work: GET \/export for \d+ ms: its client has left/)
})

it('W1 a server that runs out of time says which requests were cut', async () => {
  const api = httpServer('api', { host: '127.0.0.1', listener: () => () => {} })
  const kernel = createKernel([api], { shutdown: { timeout: 1_000 } })
  await kernel.start()
  const client = await rawClient(kernel.get(api).port)
  client.send(head('GET', '/export?token=secret'))
  await when(() => kernel.inspect().resources[0]!.work !== undefined)
  const report = await kernel.shutdown().catch((error: ShutdownError) => error.report)
  const work = { count: 1, oldest: [{ label: 'GET /export', sinceMs: expect.any(Number) }] }
  expect(report.outcomes[0]).toMatchObject({ work, cut: work, note: 'drained 0 requests, 1 cut' })
  expect(report.errors[0]?.message).toMatch(/ still at work: GET \/export for \d+ ms; /)
})

it.each([
  [{ method: 'GET', url: '/a/b?c=d' }, 'GET /a/b'],
  [{ method: 'GET', url: '/b', originalUrl: '/a/b?c' }, 'GET /a/b'],
  [{ method: 'GET', url: 'http://user:word@host:80/a?b' }, 'GET /a'],
  [{ method: 'OPTIONS', url: '*' }, 'OPTIONS *'],
  [{ method: 'GET', url: '' }, 'GET /'],
  [{ method: 'GET', url: '?q' }, 'GET /'],
  [{}, '? /'],
])('labels %j', (request, label) => {
  expect(requestLabel(request)).toBe(label)
})
