import cluster from 'node:cluster'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { drainServer } from './drain-server.js'
import { holdBack } from './hold-back.js'

const linux = platform() === 'linux'

/** A server that listens, and with which backlogs its handle is told to listen again. */
async function listening(begin: (server: Server) => void) {
  const server = createServer()
  onTestFinished(() => void server.close())
  begin(server)
  await once(server, 'listening')
  const backlogs: number[] = []
  const { _handle: handle } = server as unknown as { _handle: { listen(backlog: number): number } }
  const again = handle.listen.bind(handle)
  handle.listen = (backlog) => {
    backlogs.push(backlog)
    return again(backlog)
  }
  return { server, backlogs }
}

it.each(['127.0.0.1', '::', undefined])('shrinks the queue of a TCP port of its own, on Linux, host %s', async (host) => {
  const { server, backlogs } = await listening((server) => server.listen(0, host))
  holdBack(server)
  expect(backlogs).toEqual(linux ? [0] : [])
})

it('leaves alone what a path, a handle or a descriptor of somebody else is listened to by, and the ports of a cluster', async () => {
  const path = await listening((server) => server.listen(join(mkdtempSync(join(tmpdir(), 'keelson-')), 'socket')))
  const own = await listening((server) => server.listen(0, '127.0.0.1'))
  const base = createServer().listen(0, '127.0.0.1')
  await once(base, 'listening')
  onTestFinished(() => void base.close())
  const other = await listening((server) => server.listen(base))
  for (const { server, backlogs } of [path, other]) {
    holdBack(server)
    expect(backlogs).toEqual([])
  }
  Reflect.set(cluster, 'isWorker', true)
  holdBack(own.server)
  Reflect.set(cluster, 'isWorker', false)
  expect(own.backlogs).toEqual([])
  holdBack(createServer())
})

it('N1 holds back clients until the port is closed, so that they are refused and not reset', async () => {
  const { server, backlogs } = await listening((server) => server.listen(0, '127.0.0.1'))
  const { port } = server.address() as AddressInfo
  server.on('connection', (socket) => socket.end('accepted'))
  holdBack(server)
  expect(backlogs).toEqual(linux ? [0] : [])
  const ends = Array.from({ length: 20 }, () => endOf(connect(port, '127.0.0.1')))
  // Node connects at the end of this tick, accepts in the next turn of the event loop, and has seen in the one after it that all is done.
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
  server.close()
  const refused = (await Promise.all(ends)).filter((end) => end === 'ECONNREFUSED')
  expect((await Promise.all(ends)).filter((end) => end === 'accepted').length + refused.length).toBe(20)
  if (linux) expect(refused.length).toBeGreaterThan(15)
})

it('N1 a drain holds clients back before it closes the port', async () => {
  const { server, backlogs } = await listening((server) => server.listen(0, '127.0.0.1'))
  const whenClosed: number[][] = []
  server.once('close', () => whenClosed.push([...backlogs]))
  await drainServer(server as never).drain()
  expect(whenClosed).toEqual(linux ? [[0]] : [[]])
})

/** What a client hears until its connection ends, or the code of its error. */
async function endOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    text = error.code ?? error.message
  })
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}
