import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { KernelView } from '@keelson/kernel'
import type { Tool } from '@modelcontextprotocol/sdk/types.js'
import { stopping, unavailable, unknownTool } from '../call-error.js'
import { isOver } from '../upstream/is-over.js'
import { troubleOf } from '../upstream/trouble.js'
import type { Upstream } from '../upstream/upstream.js'

/** Between the name of a server and that of its tool. */
const SEPARATOR = '__'

/** How long clients wait for servers that are still starting, in ms: many ask for the list only once. */
const STARTING = 10_000

interface Offer {
  tools: readonly Tool[]
  /** Undefined while the server is away; its tools stay on the list meanwhile. */
  upstream: Upstream | undefined
}

/** The tools of all servers, each under the name `<server>__<tool>`. */
export class Catalog {
  /** Resolves when every server has started or failed, or has had its time for that. */
  readonly started: Promise<void>
  readonly #kernel: KernelView
  readonly #offers = new Map<string, Offer>()
  readonly #listeners = new Set<() => void>()
  readonly #fronts = new Set<symbol>()
  #unserved: (() => void)[] = []
  #isStarting = true

  constructor(kernel: KernelView) {
    this.#kernel = kernel
    const over = new AbortController()
    const moved = new Promise<void>((resolve) => kernel.once('kernel:state', () => resolve()))
    this.started = Promise.race([moved, sleep(STARTING, undefined, { signal: over.signal })]).then(() => {
      this.#isStarting = false
      over.abort()
    })
  }

  tools(): Tool[] {
    return [...this.#offers].sort(byName).flatMap(([server, { tools }]) =>
      // How a tool can be run as a task is left out: the proxy has no tasks.
      tools.map(({ execution, ...tool }) => ({ ...tool, name: `${server}${SEPARATOR}${tool.name}` })),
    )
  }

  /**
   * Who has a tool, and what it is called there.
   *
   * @throws CallError when there is none of that name, or its server is away.
   */
  async find(name: string): Promise<{ upstream: Upstream; tool: string }> {
    const at = name.indexOf(SEPARATOR)
    if (at < 0) throw unknownTool(name)
    const server = name.slice(0, at)
    if (this.#offers.get(server)?.upstream === undefined) await this.started
    const offer = this.#offers.get(server)
    // What is not listed is still asked for: a list may be older than a tool.
    if (offer?.upstream !== undefined) return { upstream: offer.upstream, tool: name.slice(at + SEPARATOR.length) }
    const trouble = troubleOf(this.#kernel, server)
    if (offer === undefined && trouble === undefined) throw unknownTool(name)
    if (isOver(this.#kernel.state)) throw stopping(server)
    throw unavailable(server, trouble ?? 'it is being started')
  }

  /** A server runs. */
  offer(upstream: Upstream, tools: readonly Tool[]): void {
    const before = this.#offers.get(upstream.name)
    this.#offers.set(upstream.name, { tools, upstream })
    if (!isDeepStrictEqual(before?.tools ?? [], tools)) this.#changed()
  }

  /** A server has other tools than before; one that is away meanwhile has not. */
  update(upstream: Upstream, tools: readonly Tool[]): void {
    if (this.#offers.get(upstream.name)?.upstream === upstream) this.offer(upstream, tools)
  }

  /** A server is away. */
  withdraw(upstream: Upstream): void {
    const offer = this.#offers.get(upstream.name)
    if (offer?.upstream === upstream) offer.upstream = undefined
  }

  /** A server will not come back. */
  forget(server: string): void {
    const offer = this.#offers.get(server)
    this.#offers.delete(server)
    if (offer !== undefined && offer.tools.length > 0) this.#changed()
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

  /** Calls whenever the list of tools is another one, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #changed(): void {
    // Whoever asks while it starts is told then.
    if (this.#isStarting) return
    for (const listener of this.#listeners) listener()
  }
}

/** Whoever starts first, the list is the same. */
function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
