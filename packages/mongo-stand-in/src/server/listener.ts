import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** A TCP listener that can stop and listen again on the port it was first given. */
export class Listener {
  readonly #host: string
  readonly #onConnection: (socket: Socket) => void
  readonly #sockets = new Set<Socket>()
  #port: number
  #server: Server | undefined

  constructor(host: string, port: number, onConnection: (socket: Socket) => void) {
    this.#host = host
    this.#port = port
    this.#onConnection = onConnection
  }

  get port(): number {
    return this.#port
  }

  get listening(): boolean {
    return this.#server !== undefined
  }

  get connections(): number {
    return this.#sockets.size
  }

  async listen(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket))
    this.#server = server
    try {
      server.listen(this.#port, this.#host)
      await once(server, 'listening')
    } catch (error) {
      this.#server = undefined
      throw error
    }
    const address = server.address()
    if (typeof address === 'object' && address) this.#port = address.port
  }

  destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  /** Resolves when nothing listens and every socket is closed. */
  async stop(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      this.destroySockets()
    })
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    this.#onConnection(socket)
  }
}
