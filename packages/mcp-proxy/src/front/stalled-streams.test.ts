import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { StalledStreams } from './stalled-streams.js'

/** A stream into which much is written, of a client that reads or does not. */
async function stream(reads: boolean): Promise<ServerResponse> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  if (reads) socket.resume()
  const [, res] = (await once(server, 'request')) as [unknown, ServerResponse]
  onTestFinished(() => {
    socket.destroy()
    server.closeAllConnections()
    server.close()
  })
  return res
}

it('a stream is broken off whose client does not read it, not one that is read or has nothing to say', async () => {
  const stalled = new StalledStreams(200)
  onTestFinished(() => stalled.close())
  const [read, silent, unread] = await Promise.all([stream(true), stream(false), stream(false)])
  for (const res of [read, silent, unread]) {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    stalled.watch(res)
  }
  silent.write('x')
  for (const res of [read, unread]) res.write('x'.repeat(32 * 1024 * 1024))
  await expect.poll(() => unread.destroyed).toBe(true)
  await expect.poll(() => read.writableLength).toBe(0)
  expect([read.destroyed, silent.destroyed]).toEqual([false, false])
})
