import { setTimeout as sleep } from 'node:timers/promises'
import type { KernelView } from '@keelson/kernel'
import { stopping, unavailable } from '../call-error.js'
import { isOver } from '../upstream/is-over.js'
import { troubleOf } from '../upstream/trouble.js'
import type { Upstream } from '../upstream/upstream.js'
import { Audience, type Listener } from './audience.js'
import type { Catalog } from './catalog.js'
import type { OwnSide } from './isolated-server.js'
import { Offers } from './offers.js'

/** How long a list waits for servers that start for it, in ms. What comes later is told. */
const STARTING = 10_000

class OwnOffers extends Offers {
  /** How many lists wait for servers: who waits for one need not be told of it, nor who has never asked for any. */
  awaited = 0
  isKnown = false

  protected override get isTold(): boolean {
    return this.isKnown && this.awaited === 0
  }
}

/** What one client has for itself: its sessions with the servers that are isolated. */
export class OwnServers implements OwnSide {
  readonly audience = new Audience()
  readonly offers = new OwnOffers(this.audience)
  readonly #catalog: Catalog
  readonly #kernel: KernelView
  /** The resources that are its sessions, by server. */
  readonly #names = new Map<string, string>()

  constructor(catalog: Catalog, kernel: KernelView, client: Listener) {
    this.#catalog = catalog
    this.#kernel = kernel
    this.audience.join(client)
  }

  /** Begins all sessions that it may have: who asks for a list uses every server. */
  async opened(): Promise<void> {
    const { isolated } = this.#catalog
    if (isolated.size === 0 && this.#names.size === 0) return
    const over = new AbortController()
    const late = sleep(STARTING, undefined, { signal: over.signal }).catch(() => {})
    const opened = Array.from(isolated.keys(), (server) => this.#open(server).catch(() => {}))
    this.offers.isKnown = true
    this.offers.awaited++
    await Promise.race([Promise.all(opened), late])
    this.offers.awaited--
    over.abort()
    for (const server of this.#names.keys()) if (!isolated.has(server)) this.#forget(server)
  }

  /**
   * The session with a server that is isolated, which runs.
   *
   * @throws CallError when it is away, or there is no room for it.
   */
  async find(server: string): Promise<Upstream> {
    const resource = await this.#open(server)
    const upstream = this.offers.of(server)?.upstream
    if (upstream !== undefined) return upstream
    if (isOver(this.#kernel.state)) throw stopping(server)
    throw unavailable(server, troubleOf(this.#kernel, resource) ?? 'it is being started')
  }

  /** Whether a resource of the kernel is not one that another client has for itself. */
  mayKnow(resource: string): boolean {
    const [session = ''] = resource.split(':')
    return !session.includes('@') || [...this.#names.values()].includes(session)
  }

  /** The client has gone. */
  end(): void {
    for (const server of this.#names.keys()) this.#catalog.isolated.get(server)?.close(this)
  }

  async #open(server: string): Promise<string> {
    const resource = await this.#catalog.isolated.get(server)!.open(this)
    this.#names.set(server, resource)
    return resource
  }

  #forget(server: string): void {
    this.#names.delete(server)
    this.offers.forget(server)
  }
}
