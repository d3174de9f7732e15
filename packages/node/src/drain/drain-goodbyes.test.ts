import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { head, type RawClient, rawClient } from '../test-support/raw-client.js'
import { drained, later, listen, serve } from '../test-support/serve.js'
import type { DrainOptions } from './drain-options.js'
import { drainServer } from './drain-server.js'
import { onDrain } from './on-drain.js'
import { type WebSocketsOptions, webSockets } from './web-sockets.js'

const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n'

/** So many WebSockets on one server, and when each was closed, in ms from the beginning of the drain. */
async function connected(count: number, options: DrainOptions, sockets?: WebSocketsOptions) {
  const server = createServer()
  const drainer = drainServer(server, options)
  const wss = new WebSocketServer({ server })
  if (sockets) webSockets(wss, sockets)
  const port = await listen(server, drainer)
  const clients = await Promise.all(
    Array.from({ length: count }, async () => {
      const client = new WebSocket(`ws://127.0.0.1:${port}`)
      await once(client, 'open')
      return client
    }),
  )
  while (drainer.stats().upgraded < count) await later(5)
  const started = performance.now()
  const closes = clients.map(async (client) => {
    const [code, reason] = await once(client, 'close')
    return { code, reason: String(reason), at: performance.now() - started }
  })
  return { server, drainer, clients, closes: Promise.all(closes) }
}

/** A client of another protocol that never closes by itself. */
async function mute(options: DrainOptions): Promise<Awaited<ReturnType<typeof serve>> & { client: RawClient }> {
  const served = await serve((_req, res) => res.end('ok'), options)
  served.server.on('upgrade', (_req, socket) => void socket.write(SWITCHED))
  const client = await rawClient(served.port)
  client.send(head('GET', '/', 'Upgrade: other', 'Connection: Upgrade'))
  await client.received('101')
  return { ...served, client }
}

describe('N5 goodbyes to WebSockets', () => {
  it.each([
    ['of ws', {}],
    ['of any other library', undefined],
  ])('%s are spread, and nobody is told twice', async (_, sockets) => {
    // Longer than the quiet window, whose sweep must tell nobody before their turn.
    const { closes, ...served } = await connected(5, { spread: 1_000 }, sockets)
    await drained(served)
    const all = await closes
    expect(all.map(({ code }) => code)).toEqual(Array(5).fill(1012))
    const at = all.map(({ at }) => at).sort((a, b) => a - b)
    for (const [i, ms] of at.entries()) expect(ms).toBeGreaterThanOrEqual(i * 200 - 1)
  })

  it('tell clients when to come back, in the message and in the reason', async () => {
    const hints: number[] = []
    const options = {
      message: ({ retryMs }) => JSON.stringify({ retryMs }),
      reason: ({ retryMs }) => `restarting, retry in ${retryMs} ms`,
      code: 1001,
    } satisfies WebSocketsOptions
    const { closes, clients, ...served } = await connected(3, { retry: 2_000 }, options)
    for (const client of clients) client.on('message', (message) => hints.push(JSON.parse(String(message)).retryMs))
    await drained(served)
    expect(hints).toHaveLength(3)
    for (const hint of hints) expect(hint >= 2_000 && hint <= 4_000).toBe(true)
    const reasons = (await closes).map(({ code, reason }) => [code, reason])
    expect(reasons.sort()).toEqual(hints.map((hint) => [1001, `restarting, retry in ${hint} ms`]).sort())
  })

  it('come at once to who sets them while the server drains', async () => {
    const served = await serve((_req, res) => res.end('ok'), { spread: 10_000 })
    let answer = () => {}
    let toldAt = 0
    served.server.on('upgrade', (_req, socket) => {
      answer = () => {
        socket.write(SWITCHED)
        onDrain(socket, ({ retryMs }) => {
          toldAt = performance.now()
          socket.end(`bye ${retryMs}`)
        })
      }
    })
    const client = await rawClient(served.port)
    client.send(head('GET', '/', 'Upgrade: other', 'Connection: Upgrade'))
    while (served.drainer.stats().upgraded === 0) await later(5)
    const draining = drained(served)
    await later(50)
    answer()
    expect(toldAt).toBeGreaterThan(0)
    await draining
    expect(await client.rest()).toMatch(/bye \d{4}$/)
  })

  it('leave out who has gone before its turn', async () => {
    const { closes, clients, ...served } = await connected(4, { spread: 10_000 })
    const draining = drained(served)
    for (const client of clients.slice(1)) client.close(1000)
    await draining
    expect((await closes).filter(({ code }) => code === 1012)).toHaveLength(1)
  })

  it('are all said when the server is destroyed', async () => {
    const served = await serve((_req, res) => res.end('ok'), { spread: 10_000 })
    let told = 0
    served.server.on('upgrade', (_req, socket) => {
      socket.write(SWITCHED)
      onDrain(socket, () => void told++)
    })
    for (let i = 0; i < 3; i++) {
      const client = await rawClient(served.port)
      client.send(head('GET', '/', 'Upgrade: other', 'Connection: Upgrade'))
      await client.received('101')
    }
    served.drainer.destroy()
    expect(told).toBe(3)
  })
})

it('N5 who does not close is closed before the drain is given up, which is no failure', async () => {
  const { client, ...served } = await mute({ upgradeTimeout: 60_000 })
  const deadline = AbortSignal.timeout(1_000)
  await served.drainer.drain({ within: 1_000, signal: deadline })
  await client.ended
  expect(served.drainer.stats()).toMatchObject({ destroyed: 0, cut: 0 })
})

it('N5 who does not close has upgradeTimeout for that where there is time', async () => {
  const { client, ...served } = await mute({ upgradeTimeout: 200 })
  const started = performance.now()
  onTestFinished(() => served.drainer.destroy())
  await served.drainer.drain({ within: 20_000 })
  await client.ended
  expect(performance.now() - started).toBeGreaterThanOrEqual(199)
})
