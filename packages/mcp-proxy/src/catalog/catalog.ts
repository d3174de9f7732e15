import { setTimeout as sleep } from 'node:timers/promises'
import type { KernelView } from '@keelson/kernel'
import { stopping, unavailable } from '../call-error.js'
import { isOver } from '../upstream/is-over.js'
import { troubleOf } from '../upstream/trouble.js'
import type { Upstream } from '../upstream/upstream.js'
import type { Audience } from './audience.js'
import type { IsolatedServer } from './isolated-server.js'
import { Offers } from './offers.js'

/** How long clients wait for servers that are still starting, in ms: many ask for the list only once. */
const STARTING = 10_000

/** What all servers offer, by names that say whose it is. */
export class Catalog extends Offers {
  /** Resolves when every server has started or failed, or has had its time for that. */
  readonly started: Promise<void>
  /** Servers that are not among them, for each client has its own session with them; by name. */
  readonly isolated = new Map<string, IsolatedServer>()
  readonly #kernel: KernelView
  readonly #fronts = new Set<symbol>()
  #unserved: (() => void)[] = []
  #isStarting = true

  constructor(kernel: KernelView, audience: Audience) {
    super(audience)
    this.#kernel = kernel
    const over = new AbortController()
    const moved = new Promise<void>((resolve) => kernel.once('kernel:state', () => resolve()))
    this.started = Promise.race([moved, sleep(STARTING, undefined, { signal: over.signal })]).then(() => {
      this.#isStarting = false
      over.abort()
    })
  }

  /**
   * The server of that name, which runs.
   *
   * @throws CallError when it is away; `unknown` when there is none.
   */
  async find(server: string, unknown: () => Error): Promise<Upstream> {
    if (this.of(server)?.upstream === undefined) await this.started
    const offer = this.of(server)
    // What is not listed is still asked for: a list may be older than what it is of.
    if (offer?.upstream !== undefined) return offer.upstream
    const trouble = troubleOf(this.#kernel, server)
    if (offer === undefined && trouble === undefined) throw unknown()
    if (isOver(this.#kernel.state)) throw stopping(server)
    throw unavailable(server, trouble ?? 'it is being started')
  }

  /** Each client has a session of its own with this server from now on, when it uses it. */
  isolate(server: string, sessions: IsolatedServer): void {
    this.isolated.set(server, sessions)
    this.#tellOfAll()
  }

  override forget(server: string): void {
    if (this.isolated.delete(server)) this.#tellOfAll()
    super.forget(server)
  }

  #tellOfAll(): void {
    if (this.isTold) for (const kind of ['tools', 'resources', 'prompts'] as const) this.audience.changed(kind)
  }

  /** Whoever passes calls on says so, and calls the returned function when that is over. */
  serve(): () => void {
    const front = Symbol()
    this.#fronts.add(front)
    return () => {
      this.#fronts.delete(front)
      if (this.#fronts.size === 0) for (const resolve of this.#unserved.splice(0)) resolve()
    }
  }

  /** Resolves when nobody passes calls on any more. */
  unserved(): Promise<void> {
    if (this.#fronts.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#unserved.push(resolve))
  }

  /** Whoever asks while it starts is told then. */
  protected override get isTold(): boolean {
    return !this.#isStarting
  }
}
