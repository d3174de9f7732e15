import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Address } from '../system/listeners.js'

/** Stands between a service and what it depends on, over TCP, until it wedges or cuts the connections. */
export class DependencyProxy {
  /** How many connections have come. */
  connections = 0
  readonly #to: Address
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #wedged = false

  private constructor(to: Address) {
    this.#to = to
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
  }

  static async listen(to: Address): Promise<DependencyProxy> {
    const proxy = new DependencyProxy(to)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get address(): Address {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }
  }

  /** From now on connections are accepted and nothing is passed on, in either direction. */
  wedge(): void {
    this.#wedged = true
    for (const socket of this.#sockets) {
      socket.unpipe()
      socket.pause()
    }
  }

  /** Resets all connections; new ones are refused. */
  cut(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** The end of the proxy, whatever is open. */
  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(socket: Socket): void {
    this.connections++
    this.#follow(socket)
    if (this.#wedged) return void socket.pause()
    const upstream = connect({ ...this.#to, allowHalfOpen: true, noDelay: true })
    this.#follow(upstream)
    socket.pipe(upstream)
    upstream.pipe(socket)
    // A reset is passed on as a reset; an end in order is passed on by the pipe.
    upstream.once('close', () => !this.#wedged && socket.destroy())
    socket.once('close', () => upstream.destroy())
  }

  #follow(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
  }
}
