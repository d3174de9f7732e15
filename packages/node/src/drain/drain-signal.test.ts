import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { head, rawClient } from '../test-support/raw-client.js'
import { drained, later, listen, serve } from '../test-support/serve.js'
import { drainSignal } from './drain-signal.js'

function eventStream(req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  const timer = setInterval(() => res.write('data: tick\n\n'), 20)
  res.on('close', () => clearInterval(timer))
  const signal = drainSignal(req)
  const end = () => res.end('event: bye\ndata:\n\n')
  if (signal.aborted) end()
  else signal.addEventListener('abort', end)
}

describe('drainSignal', () => {
  it('N1 ends an event stream when draining starts', async () => {
    const served = await serve(eventStream)
    const client = await rawClient(served.port)
    client.send(head('GET', '/'))
    await client.received('data: tick', 3)
    await drained(served)
    expect(await client.rest()).toMatch(/event: bye\ndata:\n\n\r\n0\r\n\r\n$/)
  })

  it('is not aborted by the lame duck phase', async () => {
    const served = await serve(eventStream)
    const client = await rawClient(served.port)
    client.send(head('GET', '/'))
    await client.received('data: tick')
    served.drainer.lameDuck()
    await client.received('data: tick', 5)
    await drained(served)
  })

  it('is aborted from the start for a request that comes while draining', async () => {
    const served = await serve(eventStream)
    const client = await rawClient(served.port)
    const draining = drained(served)
    client.send(head('GET', '/'))
    await draining
    expect(await client.rest()).toMatch(/Connection: close[\s\S]*event: bye/)
  })

  it('N1 an event stream without it is destroyed at the deadline', async () => {
    const served = await serve((_req, res) => void res.writeHead(200).write('data: tick\n\n'))
    const client = await rawClient(served.port)
    client.send(head('GET', '/'))
    await client.received('data: tick')
    await served.drainer.drain({ signal: AbortSignal.timeout(400) })
    await client.ended
    expect(served.drainer.stats()).toMatchObject({ destroyed: 1, drained: 0 })
  })

  it('gives each request one signal of its own and forgets it when the response is over', async () => {
    const signals: AbortSignal[] = []
    const served = await serve((req, res) => {
      signals.push(drainSignal(req))
      expect(drainSignal(req)).toBe(signals.at(-1))
      res.end('ok')
    })
    const client = await rawClient(served.port)
    client.send(head('GET', '/') + head('GET', '/'))
    await client.received('ok', 2)
    client.send(head('GET', '/'))
    await client.received('ok', 3)
    expect(new Set(signals).size).toBe(3)
    await later(20)
    await drained(served)
    expect(signals[2]?.aborted).toBe(false)
  })

  it('never aborts for a server that is not drained by this package', async () => {
    const server = createServer((req, res) => res.end(String(drainSignal(req).aborted)))
    const port = await listen(server, { destroy: () => void server.close() })
    onTestFinished(() => server.closeAllConnections())
    const client = await rawClient(port)
    client.send(head('GET', '/', 'Connection: close'))
    expect(await client.rest()).toMatch(/false$/)
  })
})
