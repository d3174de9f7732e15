import cluster from 'node:cluster'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../test-support/serve.js'
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

it('N1 a client that connects while the port closes is answered or refused, not reset', async () => {
  const { drainer, port } = await serve((_req, res) => res.end('ok'))
  const drained = drainer.drain()
  const ends = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = connect(port, '127.0.0.1').setEncoding('latin1')
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
      let text = ''
      socket.on('data', (chunk: string) => {
        text += chunk
      })
      socket.on('error', (error: NodeJS.ErrnoException) => {
        text = error.code ?? error.message
      })
      await new Promise((resolve) => socket.once('close', resolve))
      return text
    }),
  )
  await drained
  const refused = ends.filter((end) => end === 'ECONNREFUSED')
  expect(ends.filter((end) => end.endsWith('ok')).length + refused.length).toBe(20)
  if (linux) expect(refused.length).toBeGreaterThan(15)
})
