import { isDeepStrictEqual } from 'node:util'
import { type Listing, NOTHING } from '../upstream/listing.js'
import { nameFor, uriFor } from '../upstream/names.js'
import type { Upstream } from '../upstream/upstream.js'
import type { Audience, ListKind } from './audience.js'

/** What a server has that runs, or has run. */
export interface Offer {
  readonly listing: Listing
  readonly instructions: string | undefined
  /** Undefined while the server is away; what it has stays on the list meanwhile. */
  upstream: Upstream | undefined
}

/** What some servers offer to some clients, by names that say whose it is. */
export class Offers {
  readonly #offers = new Map<string, Offer>()
  /** Who is told when it is another. */
  protected readonly audience: Audience

  constructor(audience: Audience) {
    this.audience = audience
  }

  /** Of one server, if it has run. */
  of(server: string): Offer | undefined {
    return this.#offers.get(server)
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

  /** Whether clients are told when lists are others. */
  protected get isTold(): boolean {
    return true
  }

  #tellOf(before: Listing, after: Listing): void {
    if (!this.isTold) return
    const isOther = (key: keyof Listing) => !isDeepStrictEqual(before[key], after[key])
    const kinds: Record<ListKind, boolean> = {
      tools: isOther('tools'),
      resources: isOther('resources') || isOther('resourceTemplates'),
      prompts: isOther('prompts'),
    }
    for (const [kind, isNew] of Object.entries(kinds)) if (isNew) this.audience.changed(kind as ListKind)
  }
}

/** Whoever starts first, the list is the same. */
function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
