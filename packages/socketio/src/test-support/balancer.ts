import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Chat } from './chat.js'

/** A load balancer with sessions that stick: new clients go to the first server, and to the second from `moveOn()` on. */
export async function balancer(first: Chat, second: Chat): Promise<{ url: string; moveOn(): void }> {
  let target = first
  const { clients } = first.io.engine as unknown as { clients: object }
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (head) => {
      const sid = /[?&]sid=([^& ]+)/.exec(head.toString('latin1'))?.[1]
      const { http } = sid === undefined ? target : sid in clients ? first : second
      const upstream = connect(http.port, '127.0.0.1')
      upstream.on('error', () => socket.destroy())
      upstream.write(head)
      socket.pipe(upstream).pipe(socket)
      socket.once('close', () => upstream.destroy())
      upstream.once('close', () => socket.destroy())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    moveOn() {
      target = second
    },
  }
}
