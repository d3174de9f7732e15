import { EventEmitter } from 'node:events'
import type { Server } from 'node:net'

/**
 * What Socket.IO is attached to in the place of an HTTP server: it is handed what is for Socket.IO alone, leaves the listeners of the
 * real server as they are, and its close() does not close that.
 */
export class StandInServer extends EventEmitter {
  readonly #server: Server

  constructor(server: Server) {
    super()
    this.#server = server
  }

  get listening(): boolean {
    return this.#server.listening
  }

  address(): ReturnType<Server['address']> {
    return this.#server.address()
  }

  /** Called by the close() of Socket.IO, which waits for it. */
  close(closed?: () => void): this {
    this.emit('close')
    closed?.()
    return this
  }
}
