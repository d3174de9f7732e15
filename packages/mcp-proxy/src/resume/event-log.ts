import type { ResumeLimits } from '../config/resume-limits.js'
import type { Kept, KeptEvent } from './kept-event.js'
import { SessionEvents } from './session-events.js'

/** Old events are looked for so often, or oftener, in ms. */
const SWEEP = 30_000

/** What all clients were told lately, within limits: the oldest makes room for what is new. */
export class EventLog implements Kept {
  readonly limits: ResumeLimits
  /** Oldest first. */
  readonly #events = new Set<KeptEvent>()
  #bytes = 0
  #sweeping: NodeJS.Timeout | undefined

  constructor(limits: ResumeLimits) {
    this.limits = limits
  }

  /** What one client is told. */
  session(): SessionEvents {
    return new SessionEvents(this)
  }

  get size(): { events: number; bytes: number } {
    return { events: this.#events.size, bytes: this.#bytes }
  }

  add(event: KeptEvent): void {
    this.#events.add(event)
    this.#bytes += event.bytes
    const { events, bytes } = this.limits
    while (this.#events.size > events || this.#bytes > bytes) this.#dropOldest()
    this.#sweeping ??= setTimeout(() => this.#sweep(), Math.min(this.limits.age, SWEEP)).unref()
  }

  remove(event: KeptEvent): void {
    if (this.#events.delete(event)) this.#bytes -= event.bytes
  }

  close(): void {
    clearTimeout(this.#sweeping)
    this.#events.clear()
    this.#bytes = 0
  }

  #dropOldest(): void {
    const [oldest] = this.#events
    if (oldest === undefined) return
    this.remove(oldest)
    oldest.drop()
  }

  #sweep(): void {
    this.#sweeping = undefined
    const before = performance.now() - this.limits.age
    for (const event of this.#events) {
      if (event.at > before) break
      this.#dropOldest()
    }
    if (this.#events.size > 0) this.#sweeping = setTimeout(() => this.#sweep(), Math.min(this.limits.age, SWEEP)).unref()
  }
}
