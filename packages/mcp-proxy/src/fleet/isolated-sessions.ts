import type { Clock, Kernel, ResourceLike } from '@keelson/kernel'
import { crowded, stopping } from '../call-error.js'
import type { IsolatedServer, OwnSide } from '../catalog/isolated-server.js'
import type { Isolation } from '../config/isolation.js'
import { isOver } from '../upstream/is-over.js'

export interface IsolatedSessionsOptions extends Isolation {
  readonly server: string
  readonly clock: Clock
  kernel(): Kernel
  /** What the session of this client has, under this name in the graph; it brings the session itself with it, and takes it along. */
  session(name: string, client: OwnSide): ResourceLike
}

interface Session {
  readonly name: string
  readonly resource: ResourceLike
  /** Settles when it runs, or its first try has failed. */
  readonly opened: Promise<void>
  lastUsed: number
}

/** Idle sessions are looked for so often, or oftener, in ms. */
const SWEEP = 60_000

/** The sessions that clients have with one server, each with its own: begun when it is used, ended with the client or when it is idle. */
export class IsolatedSessions implements IsolatedServer {
  readonly #options: IsolatedSessionsOptions
  readonly #sessions = new Map<OwnSide, Session>()
  /** Sessions that are being ended. */
  readonly #closing = new Map<OwnSide, Promise<void>>()
  /** Clients for whom there was no room. */
  readonly #refused = new Set<OwnSide>()
  readonly #gone = new WeakSet<OwnSide>()
  #begun = 0
  #refusals = 0
  #sweeping: unknown
  #isClosed = false

  constructor(options: IsolatedSessionsOptions) {
    this.#options = options
    this.#sweepLater()
  }

  /** For `ctx.counters()`. */
  get counts(): Record<string, number> {
    return { sessions: this.#sessions.size, begun: this.#begun, refused: this.#refusals }
  }

  async open(client: OwnSide): Promise<string> {
    const { server, maxSessions, clock } = this.#options
    const known = this.#sessions.get(client)
    if (known !== undefined) {
      known.lastUsed = clock.now()
      await known.opened
      return known.name
    }
    const kernel = this.#options.kernel()
    // While it starts nothing can be added.
    if (kernel.state === 'starting') {
      await new Promise<unknown>((resolve) => kernel.once('kernel:state', resolve))
      return this.open(client)
    }
    if (isOver(kernel.state) || this.#isClosed || this.#gone.has(client)) throw stopping(server)
    const closing = this.#closing.get(client)
    if (closing !== undefined) {
      await closing
      return this.open(client)
    }
    if (this.#sessions.size + this.#closing.size >= maxSessions) {
      this.#refusals++
      this.#refused.add(client)
      throw crowded(server, maxSessions)
    }
    return this.#begin(client)
  }

  close(client: OwnSide): void {
    this.#gone.add(client)
    this.#refused.delete(client)
    if (this.#sessions.has(client)) void this.#end(client)
  }

  /** Ends none of them, which the kernel does, and begins no more. */
  stop(): void {
    this.#isClosed = true
    this.#options.clock.clearTimeout(this.#sweeping)
  }

  async #begin(client: OwnSide): Promise<string> {
    const { server, clock, session: resourceOf } = this.#options
    const name = `${server}@${++this.#begun}`
    this.#refused.delete(client)
    const resource = resourceOf(name, client)
    // A shutdown that comes first ends it, and says so to whoever asks for it then.
    const opened = this.#options
      .kernel()
      .add(resource)
      .catch(() => {})
    const session: Session = { name, resource, opened, lastUsed: clock.now() }
    this.#sessions.set(client, session)
    await opened
    return name
  }

  #end(client: OwnSide): Promise<void> {
    const { server } = this.#options
    const { resource } = this.#sessions.get(client)!
    this.#sessions.delete(client)
    // Nobody waits for what it works on.
    client.offers.of(server)?.upstream?.close()
    const ended = this.#options
      .kernel()
      .remove(resource)
      .catch(() => {}) // the kernel tells of it, or a shutdown comes first
      .then(() => {
        this.#closing.delete(client)
        this.#tellOfRoom()
      })
    this.#closing.set(client, ended)
    return ended
  }

  /** Who was refused may ask again: its lists lack what the server has. */
  #tellOfRoom(): void {
    const waiting = [...this.#refused]
    this.#refused.clear()
    for (const { audience } of waiting) for (const kind of ['tools', 'resources', 'prompts'] as const) audience.changed(kind)
  }

  #sweepLater(): void {
    const { clock, idle } = this.#options
    this.#sweeping = clock.setTimeout(() => this.#sweep(), Math.min(idle, SWEEP), { unref: true })
  }

  #sweep(): void {
    const { server, clock, idle } = this.#options
    for (const [client, session] of this.#sessions) {
      const isBusy = client.offers.of(server)?.upstream?.isBusy || client.audience.wishesOf({ name: server }).uris.length > 0
      if (isBusy) session.lastUsed = clock.now()
      else if (clock.now() - session.lastUsed >= idle) void this.#end(client)
    }
    this.#sweepLater()
  }
}
