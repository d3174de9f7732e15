import { Socket } from 'node:net'
import { bounded } from '../watch/bounded.js'
import { LOOK, pause } from '../watch/margins.js'
import type { SqlOptions } from './sql-like.js'

/**
 * The sockets of one client of postgres.js, which has no way to destroy them: its `end()` says goodbye and waits for the server to close, however
 * long that takes. They are made here in its place, as it makes them, unless there are several hosts among which it chooses.
 */
export class SqlSockets {
  readonly #made = new Set<Socket>()
  /** Those of `listen()` and `subscribe()`, which have clients of their own, with options of their own. */
  readonly #listening = new WeakSet<Socket>()
  #left: number
  #attached = false

  /** @param most how many there may be in all: postgres.js connects again, without a pause, when the server closes before it has answered. */
  constructor(most = Infinity) {
    this.#left = most
  }

  attach(options: SqlOptions): void {
    const given = options.socket
    if (given === undefined && !options.path && options.host.length > 1) return
    this.#attached = true
    options.socket = (parsed) => {
      if (this.#left-- <= 0) throw new Error('the connection was closed before it was ready')
      const made = given === undefined ? connectTo(parsed) : given(parsed)
      const follow = (socket: Socket) => this.#follow(socket, parsed !== options)
      return made instanceof Promise ? made.then(follow) : follow(made as Socket)
    }
  }

  #follow(socket: Socket, listening: boolean): Socket {
    for (const earlier of this.#made) if (earlier.destroyed) this.#made.delete(earlier)
    this.#made.add(socket)
    if (listening) this.#listening.add(socket)
    return socket
  }

  /**
   * Resolves when `ended` does or all are closed but those that listen, which it may leave open: `end()` and `close()` wait for ever for a
   * connection that was lost in the middle of a statement.
   */
  async closed(ended: Promise<void>): Promise<void> {
    let over = false
    const settled = ended.finally(() => {
      over = true
    })
    if (!this.#attached) return await settled
    settled.catch(() => {})
    while (!over && this.open.some((socket) => !this.#listening.has(socket))) await pause(LOOK)
  }

  async #gone(): Promise<void> {
    while (this.open.length > 0) await pause(LOOK)
  }

  /** Those that are not closed. TLS removes the listeners of a socket, so that each is asked. */
  get open(): readonly Socket[] {
    return [...this.#made].filter((socket) => !socket.destroyed)
  }

  /**
   * Lets none be made any more, and destroys all when the client has been ended, or soon: over TLS it would else write to a socket that is
   * gone.
   */
  async destroy(ended: Promise<unknown>): Promise<void> {
    this.#left = 0
    const said = ended.then(() => this.#gone()) // a goodbye is on its way
    await bounded(said, SOON, undefined, () => undefined).catch(() => {})
    for (const socket of this.open) socket.destroy()
  }
}

/** Milliseconds. */
const SOON = 100

/** postgres.js writes to it at once, which waits until it is connected. */
function connectTo({ host: [host], port: [port], path, shared }: SqlOptions): Socket {
  const socket = new SqlSocket(shared)
  if (path) return socket.connect(path)
  socket.host = host
  socket.port = port
  return socket.connect(port ?? 5432, host ?? 'localhost')
}

/**
 * Tells its error together with its end. In the instant between the two postgres.js would send a statement, such as that of somebody who
 * tries again at once, to the connection that has failed, and never answer it.
 */
class SqlSocket extends Socket {
  /** As postgres.js notes it on a socket that it makes itself. */
  host: string | undefined
  port: number | undefined
  readonly #shared: SqlOptions['shared']

  constructor(shared: SqlOptions['shared']) {
    super()
    this.#shared = shared
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (error) {
      this.prependOnceListener('close', () => {
        this.#shared.retries++ // as it counts errors itself, to wait longer before each next connection
        if (this.listenerCount('error') > 0) this.emit('error', error)
      })
    }
    super._destroy(null, callback)
  }
}
