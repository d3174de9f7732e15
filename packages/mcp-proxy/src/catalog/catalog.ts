import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { KernelView } from '@keelson/kernel'
import { stopping, unavailable } from '../call-error.js'
import { isOver } from '../upstream/is-over.js'
import { type Listing, NOTHING } from '../upstream/listing.js'
import { nameFor, uriFor } from '../upstream/names.js'
import { troubleOf } from '../upstream/trouble.js'
import type { Upstream } from '../upstream/upstream.js'
import type { Audience, ListKind } from './audience.js'

/** How long clients wait for servers that are still starting, in ms: many ask for the list only once. */
const STARTING = 10_000

interface Offer {
  listing: Listing
  instructions: string | undefined
  /** Undefined while the server is away; what it has stays on the list meanwhile. */
  upstream: Upstream | undefined
}

/** What all servers offer, by names that say whose it is. */
export class Catalog {
  /** Resolves when every server has started or failed, or has had its time for that. */
  readonly started: Promise<void>
  readonly #kernel: KernelView
  readonly #offers = new Map<string, Offer>()
  readonly #audience: Audience
  readonly #fronts = new Set<symbol>()
  #unserved: (() => void)[] = []
  #isStarting = true

  constructor(kernel: KernelView, audience: Audience) {
    this.#kernel = kernel
    this.#audience = audience
    const over = new AbortController()
    const moved = new Promise<void>((resolve) => kernel.once('kernel:state', () => resolve()))
    this.started = Promise.race([moved, sleep(STARTING, undefined, { signal: over.signal })]).then(() => {
      this.#isStarting = false
      over.abort()
    })
  }

  /** Every server's, under the names that clients know. */
  get listing(): Listing {
    const all = [...this.#offers].sort(byName).map(([server, { listing }]) => ({ server, ...listing }))
    return {
      // How a tool can be run as a task is left out: the proxy has no tasks.
      tools: all.flatMap(({ server, tools }) =>
        tools.map(({ execution, ...tool }) => ({ ...tool, name: nameFor(server, tool.name) })),
      ),
      resources: all.flatMap(({ server, resources }) =>
        resources.map((resource) => ({ ...resource, uri: uriFor(server, resource.uri) })),
      ),
      resourceTemplates: all.flatMap(({ server, resourceTemplates }) =>
        resourceTemplates.map((template) => ({ ...template, uriTemplate: uriFor(server, template.uriTemplate) })),
      ),
      prompts: all.flatMap(({ server, prompts }) => prompts.map((prompt) => ({ ...prompt, name: nameFor(server, prompt.name) }))),
    }
  }

  /** What the servers tell models of themselves, each under its name. */
  get instructions(): string {
    const said = [...this.#offers].sort(byName).filter(([, { instructions = '' }]) => instructions !== '')
    return said.map(([server, { instructions }]) => `# ${server}\n\n${instructions}`).join('\n\n')
  }

  /** Those that run. */
  get upstreams(): Upstream[] {
    return Array.from(this.#offers.values(), ({ upstream }) => upstream).filter((upstream) => upstream !== undefined)
  }

  /**
   * The server of that name, which runs.
   *
   * @throws CallError when it is away; `unknown` when there is none.
   */
  async find(server: string, unknown: () => Error): Promise<Upstream> {
    if (this.#offers.get(server)?.upstream === undefined) await this.started
    const offer = this.#offers.get(server)
    // What is not listed is still asked for: a list may be older than what it is of.
    if (offer?.upstream !== undefined) return offer.upstream
    const trouble = troubleOf(this.#kernel, server)
    if (offer === undefined && trouble === undefined) throw unknown()
    if (isOver(this.#kernel.state)) throw stopping(server)
    throw unavailable(server, trouble ?? 'it is being started')
  }

  /** A server runs. */
  offer(upstream: Upstream, listing: Partial<Listing>): void {
    const { instructions } = upstream
    const before = this.#offers.get(upstream.name)?.listing ?? NOTHING
    const after = { ...NOTHING, ...listing }
    this.#offers.set(upstream.name, { listing: after, instructions, upstream })
    this.#tellOf(before, after)
  }

  /** A server has others of these kinds than before; one that is away meanwhile has not. */
  update(upstream: Upstream, listing: Partial<Listing>): void {
    const offer = this.#offers.get(upstream.name)
    if (offer?.upstream === upstream) this.offer(upstream, { ...offer.listing, ...listing })
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
    if (offer !== undefined) this.#tellOf(offer.listing, NOTHING)
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

  #tellOf(before: Listing, after: Listing): void {
    // Whoever asks while it starts is told then.
    if (this.#isStarting) return
    const isOther = (key: keyof Listing) => !isDeepStrictEqual(before[key], after[key])
    const kinds: Record<ListKind, boolean> = {
      tools: isOther('tools'),
      resources: isOther('resources') || isOther('resourceTemplates'),
      prompts: isOther('prompts'),
    }
    for (const [kind, isNew] of Object.entries(kinds)) if (isNew) this.#audience.changed(kind as ListKind)
  }
}

/** Whoever starts first, the list is the same. */
function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
