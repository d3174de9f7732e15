import type { Clock } from '@keelson/kernel'
import type { MonitorEvent } from '../watch/monitor-events.js'
import { type AlertNews, newsOf } from './alert.js'

/** Milliseconds in which alerts are counted, and between two that tell of a storm. */
const WINDOW = 60_000
/** Milliseconds in which the first of a storm gather. */
const GATHER = 1_000
/** Names in the alert of a storm. */
const NAMES = 20

interface Folded {
  readonly container: string
  givenUp: boolean
}

/**
 * Passes alerts on, at most `limit` about containers in a minute: what is more is folded into one that says which are down, told again each
 * minute in which that changes, and resolved when none of them is down any more. What was told by itself is resolved by itself.
 */
export class AlertFold {
  readonly #limit: number
  readonly #clock: Clock
  readonly #wanted: ReadonlySet<string>
  readonly #pass: (news: AlertNews) => void
  /** When the latest were passed on that are about containers. */
  #passed: number[] = []
  /** The containers that are down and were told by themselves. */
  readonly #told = new Set<string>()
  readonly #folded = new Map<string, Folded>()
  /** What else was too much, since the storm was told last. */
  #more = 0
  #stormTold = false
  #closed = false
  #timer: (() => void) | undefined

  /** `wanted` are the types of events that are told; a container that was told to be down is told to be gone, too. */
  constructor(limit: number, wanted: ReadonlySet<string>, clock: Clock, pass: (news: AlertNews) => void) {
    this.#limit = limit
    this.#wanted = wanted
    this.#clock = clock
    this.#pass = pass
  }

  tell(event: MonitorEvent): void {
    if (!('container' in event)) {
      if (this.#wanted.has(event.type)) this.#pass(newsOf(event))
      return
    }
    const folded = this.#folded.get(event.id)
    if (event.type === 'recovery' || event.type === 'gone') return this.#over(event, folded)
    if (!this.#wanted.has(event.type)) return
    if (folded !== undefined) {
      if (event.type === 'give-up') folded.givenUp = true
      return this.#gather()
    }
    const isDown = event.type === 'down' || event.type === 'give-up'
    if (this.#hasRoom()) {
      this.#passed.push(this.#clock.now())
      if (isDown) this.#told.add(event.id)
      return this.#pass(newsOf(event))
    }
    if (isDown && !this.#told.has(event.id)) {
      this.#folded.set(event.id, { container: event.container, givenUp: event.type === 'give-up' })
    } else if (event.type === 'give-up') return this.#pass(newsOf(event))
    else this.#more++
    this.#gather()
  }

  /** Tells what has gathered, and nothing after that. */
  close(): void {
    this.#closed = true
    if (this.#timer === undefined) return
    this.#timer()
    this.#timer = undefined
    this.#tellStorm()
  }

  #over(event: MonitorEvent & { readonly id: string }, folded: Folded | undefined): void {
    if (folded !== undefined) {
      this.#folded.delete(event.id)
      return this.#gather()
    }
    const isOpen = this.#told.delete(event.id)
    if (isOpen || this.#wanted.has(event.type)) this.#pass(newsOf(event))
  }

  #hasRoom(): boolean {
    const since = this.#clock.now() - WINDOW
    this.#passed = this.#passed.filter((at) => at > since)
    return this.#passed.length < this.#limit
  }

  #gather(): void {
    if (this.#timer !== undefined || this.#closed) return
    const handle = this.#clock.setTimeout(
      () => {
        this.#timer = undefined
        this.#tellStorm()
      },
      this.#stormTold ? WINDOW : GATHER,
    )
    this.#timer = () => this.#clock.clearTimeout(handle)
  }

  #tellStorm(): void {
    const at = this.#clock.now()
    const more = this.#more
    this.#more = 0
    if (this.#folded.size === 0 && more === 0) {
      if (!this.#stormTold) return
      this.#stormTold = false
      const summary = 'the containers that were told together are not down any more'
      return this.#pass({ type: 'storm-over', at, severity: 'info', resolves: true, summary, about: 'storm' })
    }
    this.#stormTold = true
    const all = [...this.#folded.values()]
    const names = all.slice(0, NAMES).map(({ container }) => container)
    const givenUp = all.filter((folded) => folded.givenUp).length
    const severity = givenUp > 0 ? 'critical' : 'error'
    const summary = stormText(all.length, names, givenUp, more)
    this.#pass({
      type: 'storm',
      at,
      severity,
      resolves: false,
      summary,
      about: 'storm',
      containers: names,
      count: all.length,
      givenUps: givenUp,
    })
    // It is over some time, also when nobody says anything any more.
    if (all.length === 0) this.#gather()
  }
}

function stormText(count: number, names: readonly string[], givenUp: number, more: number): string {
  const parts: string[] = []
  if (count > 0) {
    const others = count - names.length
    parts.push(
      `${count} more ${count === 1 ? 'container is' : 'containers are'} down: ${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}`,
    )
  }
  if (givenUp > 0) parts.push(`${givenUp} of them given up`)
  if (more > 0) parts.push(`${more} other events of containers were not told one by one`)
  return parts.join('; ')
}
