import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { type TcpProxy, tcpProxy } from './tcp-proxy.js'

const server = createServer((socket) => void socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1')
await once(server, 'listening')
const target = server.address() as AddressInfo
afterAll(() => void server.close())

async function proxied(): Promise<TcpProxy> {
  const proxy = await tcpProxy(target)
  onTestFinished(() => proxy.close())
  return proxy
}

async function client({ host, port }: TcpProxy): Promise<{ socket: Socket; said: () => string; ended: Promise<unknown> }> {
  const socket = connect({ host, port })
  onTestFinished(() => void socket.destroy())
  let said = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    said += chunk
  })
  socket.on('error', () => {})
  const ended = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')
  return { socket, said: () => said, ended }
}

it('forwards in both directions, and counts who has not left', async () => {
  const proxy = await proxied()
  const { socket, said, ended } = await client(proxy)
  socket.write('a')
  await expect.poll(said).toBe('a')
  expect(proxy).toMatchObject({ open: 1, accepted: 1 })
  socket.end('b')
  await ended
  expect(said()).toBe('ab')
  expect(proxy).toMatchObject({ open: 0, accepted: 1 })
})

it('wedges what is open and what comes, and forwards what was held back in order', async () => {
  const proxy = await proxied()
  const before = await client(proxy)
  proxy.wedge()
  const during = await client(proxy)
  for (const { socket } of [before, during]) socket.write('one ')
  await new Promise((resolve) => setTimeout(resolve, 50))
  for (const { socket } of [before, during]) socket.write('two')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([before.said(), during.said()]).toEqual(['', ''])
  await proxy.forward()
  await expect.poll(() => [before.said(), during.said()]).toEqual(['one two', 'one two'])
})

it('does not answer a goodbye while it is wedged, and counts who has said it as gone', async () => {
  const proxy = await proxied()
  const { socket, ended } = await client(proxy)
  proxy.wedge()
  socket.end()
  await expect.poll(() => proxy.open).toBe(0)
  expect(socket.destroyed).toBe(false)
  await proxy.forward()
  await ended
})

it('delays, and keeps the order when the delay ends', async () => {
  const proxy = await proxied()
  const { socket, said } = await client(proxy)
  proxy.delay(100)
  const began = performance.now()
  socket.write('slow ')
  await new Promise((resolve) => setTimeout(resolve, 20))
  proxy.delay(0)
  socket.write('fast')
  await expect.poll(said).toBe('slow fast')
  expect(performance.now() - began).toBeGreaterThan(95)
})

it('cuts what is open, and goes on', async () => {
  const proxy = await proxied()
  const { ended } = await client(proxy)
  proxy.cut()
  await ended
  const { socket, said } = await client(proxy)
  socket.write('again')
  await expect.poll(said).toBe('again')
})

it('refuses until it forwards again, at the same port', async () => {
  const proxy = await proxied()
  const { ended } = await client(proxy)
  await proxy.refuse()
  await ended
  await expect(client(proxy)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await proxy.forward()
  await proxy.forward()
  const { socket, said } = await client(proxy)
  socket.write('back')
  await expect.poll(said).toBe('back')
})

it('has a port of its own, that the system gives to nobody', async () => {
  const ports = (await Promise.all([proxied(), proxied(), proxied()])).map(({ port }) => port)
  expect(new Set(ports).size).toBe(3)
  for (const port of ports) expect(port).toBeLessThan(32_768)
})

it('ends with its scope', async () => {
  const port = await (async () => {
    await using proxy = await tcpProxy(target)
    return proxy.port
  })()
  const socket = connect({ host: '127.0.0.1', port })
  expect(await once(socket, 'error').then(([error]) => error)).toMatchObject({ code: 'ECONNREFUSED' })
})
