import { once } from 'node:events'
import { createServer, Server as HttpServer, type ServerResponse } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { head, rawClient } from '../test-support/raw-client.js'
import { later } from '../test-support/serve.js'
import { type DrainOptions, drainOptions } from './drain-options.js'
import { drainsInFull, plainDrainer } from './plain-drainer.js'

async function serve(quietWindow = 20, options: DrainOptions = {}) {
  const responses: ServerResponse[] = []
  const server = createServer((_req, res) => void responses.push(res))
  const drainer = plainDrainer(server, drainOptions({ quietWindow, ...options }))
  onTestFinished(() => drainer.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const client = () => rawClient(typeof address === 'object' ? (address?.port ?? 0) : 0)
  const asked = async () => {
    const before = responses.length
    const one = await client()
    one.send(head('GET', '/'))
    while (responses.length === before) await later(2)
    return one
  }
  return { server, drainer, responses, asked }
}

it('is for servers whose connections cannot be followed', () => {
  expect(drainsInFull(new HttpServer())).toBe(true)
  expect(drainsInFull(Object.create(null))).toBe(false)
})

it('N7 answers what is in flight, with Connection: close, closes idle connections, and leaves nothing behind', async () => {
  const { server, drainer, responses, asked } = await serve()
  const idle = await asked()
  responses[0]?.end('idle')
  await idle.received('idle')
  const busy = await asked()
  const draining = drainer.drain()
  expect(drainer.stats()).toMatchObject({ state: 'draining', requests: 1 })
  expect(await idle.ended).toBe('end')
  responses[1]?.end('busy')
  await draining
  expect(await busy.rest()).toMatch(/Connection: close[\s\S]*busy$/i)
  expect(drainer.stats()).toMatchObject({ state: 'drained', requests: 0, drained: 1, cut: 0 })
  expect(server.listening).toBe(false)
  expect(Object.hasOwn(server, 'emit')).toBe(false)
})

it('N7 cuts what is in flight at the deadline, and counts it', async () => {
  const { drainer, asked } = await serve()
  const busy = await asked()
  const deadline = new AbortController()
  const draining = drainer.drain({ signal: deadline.signal })
  deadline.abort()
  await draining
  expect(await busy.ended).toMatch(/ECONNRESET|end/)
  expect(drainer.stats()).toMatchObject({ state: 'drained', drained: 0, cut: 1 })
})

it('N2 says Connection: close as a lame duck, and goes on accepting', async () => {
  const { drainer, responses, asked } = await serve()
  drainer.lameDuck()
  const late = await asked()
  responses[0]?.end('late')
  expect(await late.rest()).toMatch(/Connection: close[\s\S]*late$/i)
  expect(drainer.stats().state).toBe('lame-duck')
})

it('N1 waits for a handler whose client has left until it ends its answer', async () => {
  const { drainer, responses, asked } = await serve()
  const client = await asked()
  client.socket.destroy()
  while (drainer.stats().left === 0) await later(2)
  expect(drainer.inFlight()).toEqual([{ label: 'GET /', sinceMs: expect.any(Number), hint: 'its client has left' }])
  const log: string[] = []
  const drained = drainer.drain().then(() => log.push('drained'))
  await later(200)
  log.push('handler ends')
  responses[0]?.end()
  await drained
  expect(log).toEqual(['handler ends', 'drained'])
  expect(drainer.stats()).toMatchObject({ state: 'drained', left: 0, cut: 0 })
})
