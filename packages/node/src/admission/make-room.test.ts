import { connect, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { head, type RawClient, rawClient } from '../test-support/raw-client.js'
import { later, serve } from '../test-support/serve.js'
import { makeRoom, type Room, spareFiles } from './make-room.js'
import { openFileLimit } from './open-file-limit.js'

async function crowded(room: Partial<Room>, tls = false) {
  const served = await serve((req, res) => (req.url === '/wait' ? undefined : res.end('ok')), { tls })
  makeRoom(served.server, { maxConnections: 8, spareFiles: 0, ...room })
  const client = () => rawClient(served.port, { tls })
  return { ...served, client, clients: async (n: number) => Array.from(await Promise.all(Array.from({ length: n }, client))) }
}

async function answered(client: RawClient): Promise<boolean> {
  client.send(head('GET', '/'))
  return client.received('200 OK').then(
    () => true,
    () => false,
  )
}

it.each([false, true])('N9 answers whoever comes while silent connections hold all the room (tls %s)', async (tls) => {
  const { port, client } = await crowded({}, tls)
  const flood = new Set<Socket>()
  for (let i = 0; i < 100; i++) flood.add(connect(port, '127.0.0.1').on('error', () => {}))
  onTestFinished(() => {
    for (const socket of flood) socket.destroy()
  })
  await later(100)
  for (let i = 0; i < 10; i++) expect(await answered(await client())).toBe(true)
})

it('N9 closes the oldest of the idle ones, and none with a request in flight', async () => {
  const { client, drainer } = await crowded({})
  const busy = await client()
  busy.send(head('GET', '/wait'))
  const [first, second] = [await client(), await client()]
  for (const idle of [first, second]) expect(await answered(idle)).toBe(true)
  const rest = []
  for (let i = 0; i < 5; i++) {
    rest.push(await client())
    expect(await answered(rest[i]!)).toBe(true)
  }
  expect(await first.ended).toBe('end')
  expect(drainer.stats().connections).toBe(7)
  expect([busy, second, ...rest].map(({ socket }) => socket.readyState)).toEqual(Array(7).fill('open'))
})

it('N9 closes the new one where every other has a request in flight', async () => {
  const { clients, client, drainer } = await crowded({})
  const busy = await clients(8)
  for (const each of busy) each.send(head('GET', '/wait'))
  await expect.poll(() => drainer.stats().requests).toBe(8)
  const late = await client()
  await late.ended
  expect(drainer.stats()).toMatchObject({ connections: 8, requests: 8 })
})

it('N9 closes one with a request in flight for a server that says so', async () => {
  const { clients, client, drainer } = await crowded({ any: true })
  for (const each of await clients(7)) each.send(head('GET', '/wait'))
  await expect.poll(() => drainer.stats().requests).toBe(7)
  expect(await answered(await client())).toBe(true)
})

it('N9 never closes what was upgraded', async () => {
  const { clients, client, server } = await crowded({ any: true })
  server.on('upgrade', (_req, socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
  )
  const upgraded = await clients(7)
  for (const each of upgraded) each.send(head('GET', '/', 'Connection: Upgrade', 'Upgrade: x'))
  await Promise.all(upgraded.map((each) => each.received('101')))
  for (let i = 0; i < 3; i++) expect(await answered(await client())).toBe(true)
  expect(upgraded.every(({ socket }) => socket.readyState === 'open')).toBe(true)
})

it.runIf(Number.isFinite(openFileLimit()))('N9 keeps files free for what else the process opens', async () => {
  // As if the limit was reached with the fourth connection from now.
  const probe = await serve((_req, res) => res.end())
  const socket = await rawClient(probe.port)
  const files = (socket.socket as unknown as { _handle: { fd: number } })._handle.fd
  const { clients, client, drainer } = await crowded({ maxConnections: 1_000, spareFiles: openFileLimit() - files - 10 })
  await clients(30)
  await later(50)
  expect(drainer.stats().connections).toBeLessThan(25)
  expect(await answered(await client())).toBe(true)
})

it('N9 spares less where there are few', () => {
  expect(spareFiles(64)).toBe(Math.floor(64 * Math.min(1, openFileLimit() / 256)))
})
