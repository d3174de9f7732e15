import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { askOnce, Connection, request } from './connection.js'

/** A server that does as it is told with the bytes that it reads, and a client on one connection of it. */
async function connected() {
  const server = createServer({ noDelay: true, pauseOnConnect: true, highWaterMark: 1 }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = new Connection(address)
  await client.connected
  const [socket] = await accepted
  socket.on('error', () => {})
  onTestFinished(() => {
    client.leave()
    socket.destroy()
  })
  const ask = () => client.ask(request('/', address, [], false))
  const answered = async (text: string) => {
    const outcome = ask()
    await once(socket.resume(), 'data')
    socket.write(text)
    return outcome
  }
  return { client, socket, ask, answered, address, server }
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('F2 what became of a request', () => {
  it('is in flight when the server has read it and ends the connection in order', async () => {
    const { socket, ask } = await connected()
    const outcome = ask()
    await once(socket.resume(), 'data')
    socket.destroy()
    expect(await outcome).toEqual({ kind: 'lost', loss: 'in-flight' })
  })

  it('is in flight when its answer is cut, however the connection ends', async () => {
    for (const end of ['destroy', 'resetAndDestroy'] as const) {
      const { socket, ask } = await connected()
      const outcome = ask()
      await once(socket.resume(), 'data')
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nthe begin', () => setTimeout(() => socket[end](), 50))
      expect(await outcome).toEqual({ kind: 'lost', loss: 'in-flight' })
    }
  })

  it('is accepted when it was the first and nobody has read it', async () => {
    const { socket, ask } = await connected()
    const outcome = ask()
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    expect(await outcome).toEqual({ kind: 'lost', loss: 'accepted' })
  })

  it('is on the wire when it was a later one and nobody has read it', async () => {
    const { client, socket, ask, answered } = await connected()
    expect(await answered(OK)).toEqual({ kind: 'answered', status: 200 })
    socket.pause()
    // Node reads no more once it has something that nobody takes.
    client.send('x')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const outcome = ask()
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    expect(await outcome).toEqual({ kind: 'lost', loss: 'on-the-wire' })
  })

  it('is on the wire when it crosses the end of its connection', async () => {
    const { client, socket, ask, answered } = await connected()
    await answered(OK)
    socket.destroy()
    // In the same turn, so that the client cannot know.
    const outcome = ask()
    expect(await outcome).toEqual({ kind: 'lost', loss: 'on-the-wire' })
    expect(client.endedAt).toBeGreaterThan(0)
  })

  it('is answered with its status, and nothing may follow what says close', async () => {
    const { client, answered } = await connected()
    expect(await answered(OK)).toEqual({ kind: 'answered', status: 200 })
    expect(client.idle).toBe(true)
    expect(await answered('HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')).toEqual({
      kind: 'answered',
      status: 503,
    })
    expect(client.idle).toBe(false)
  })

  it('is refused when nobody listens', async () => {
    const { address, server } = await connected()
    server.close()
    expect(await askOnce(address, '/', [], 5_000)).toEqual({ kind: 'refused' })
  })
})
