import { setMaxListeners } from 'node:events'
import type { Filters, ListedContainer } from './docker-like.js'
import type { EngineLink } from './engine-link.js'
import { type EngineEvent, readEvents, UnreadableEvents } from './event-lines.js'
import { pause } from './within.js'

/** The events that can change the status of a container, or the set of containers. */
const ACTIONS = ['start', 'kill', 'stop', 'die', 'oom', 'pause', 'unpause', 'health_status', 'destroy']
const LIST_TIMEOUT = 30_000
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 5_000

export interface FollowerHost {
  readonly link: EngineLink
  readonly filters: Filters
  /** Milliseconds between two listings while the event stream is up. */
  readonly interval: number
  /** Called with all containers that match the filters, after each listing. */
  listed(containers: readonly ListedContainer[]): void
  /** Called with a container that matches the filters and has just started. */
  appeared(container: ListedContainer): void
  /** Whether a container is watched already. */
  knows(id: string): boolean
  happened(event: EngineEvent): void
  /** Called with why the events cannot be read; they are asked for anew. */
  unreadable(error: UnreadableEvents): void
}

/**
 * Follows which containers there are: subscribes to events first, then lists, so that nothing is missed between the two; both again
 * after the stream or the engine was lost. A listing per interval covers for a stream that died silently.
 */
export class Follower {
  readonly #host: FollowerHost

  constructor(host: FollowerHost) {
    this.#host = host
  }

  /** Follows until the signal aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    const { link } = this.#host
    let wait = FIRST_PAUSE
    while (!signal.aborted) {
      const since = link.clock.now()
      await link.back(signal).catch(() => {})
      if (signal.aborted) return
      await this.#followOnce(signal).catch((error: unknown) => {
        if (error instanceof UnreadableEvents) this.#host.unreadable(error)
      })
      if (signal.aborted) return
      // The stream has ended: either the engine is away, or only this connection was cut.
      await link.isThere()
      wait = link.clock.now() - since > LONGEST_PAUSE ? FIRST_PAUSE : Math.min(2 * wait, LONGEST_PAUSE)
      await pause(link.clock, wait, signal).catch(() => {})
    }
  }

  async #followOnce(outer: AbortSignal): Promise<void> {
    const { link } = this.#host
    const ending = new AbortController()
    const signal = AbortSignal.any([outer, ending.signal])
    // Every question about a container that has started listens to it.
    setMaxListeners(0, signal)
    // A connection that was cut half-way produces no error here: give it up when the engine is known to be away.
    const unwatch = link.watch({ lost: () => ending.abort(new Error('the engine went away')), back: () => {} })
    try {
      const filters = { type: ['container'], event: ACTIONS }
      const stream = await link.docker.getEvents({ filters, abortSignal: signal })
      const end = readEvents(stream, (event) => this.#heard(event, signal))
      end.catch(() => {}) // awaited below, unless the first listing fails
      this.#host.listed(await this.#list(this.#host.filters, signal))
      this.#relist(signal).catch(() => {})
      await end
    } finally {
      unwatch()
      ending.abort(new Error('the event stream has ended'))
    }
  }

  async #relist(signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(this.#host.link.clock, this.#host.interval, signal)
      const containers = await this.#list(this.#host.filters, signal).catch(() => undefined)
      if (signal.aborted) return
      if (containers !== undefined) this.#host.listed(containers)
    }
  }

  #heard(event: EngineEvent, signal: AbortSignal): void {
    if (this.#host.knows(event.id)) return this.#host.happened(event)
    if (event.action !== 'start') return
    // The engine decides whether it matches: an event does not contain all that filters look at. An `id` filter of the user's own is kept.
    this.#list({ id: [event.id], ...this.#host.filters }, signal).then(
      (found) => {
        for (const container of found) if (container.Id === event.id) this.#host.appeared(container)
      },
      () => {}, // the next listing finds it
    )
  }

  async #list(filters: Filters, signal: AbortSignal): Promise<ListedContainer[]> {
    const copy = Object.fromEntries(Object.entries(filters).map(([name, values]) => [name, [...values]]))
    const { link } = this.#host
    const ask = (abortSignal: AbortSignal) => link.docker.listContainers({ all: true, filters: copy, abortSignal })
    return (await link.ask(LIST_TIMEOUT, signal, ask)).value
  }
}
