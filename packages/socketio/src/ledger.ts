import type { WorkInFlight } from '@keelson/kernel'
import type { Conn, IoSocket } from './io-like.js'
import { now } from './time.js'
import type { Work } from './work.js'

const NONE: ReadonlySet<Work> = new Set()

/** What is being handled, by client. */
export class Ledger {
  readonly #open = new Map<Conn, Set<Work>>()
  readonly #listeners = new Set<(conn: Conn) => void>()

  begin(work: Work): void {
    const { conn } = work.socket
    const open = this.#open.get(conn)
    if (open === undefined) this.#open.set(conn, new Set([work]))
    else open.add(work)
  }

  /** Takes it off when it is over. */
  settle(work: Work): void {
    if (!work.over) return
    const { conn } = work.socket
    const open = this.#open.get(conn)
    open?.delete(work)
    if (open?.size === 0) this.#open.delete(conn)
    for (const listener of [...this.#listeners]) listener(conn)
  }

  /** A client has left a namespace: it waits for no acknowledgement any more. */
  left(socket: IoSocket): void {
    for (const work of [...this.of(socket.conn)]) if (work.socket === socket) this.settle(work)
  }

  of(conn: Conn): ReadonlySet<Work> {
    return this.#open.get(conn) ?? NONE
  }

  *all(): Generator<Work> {
    for (const works of this.#open.values()) yield* works
  }

  /** Calls `listener` when something of a client is over. Returns a function that ends this. */
  onSettled(listener: (conn: Conn) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  inFlight(): WorkInFlight[] {
    const at = now()
    return Array.from(this.all(), (work) => work.describe(at))
  }
}
