import type { Address } from '../system/listeners.js'
import { within } from '../system/within.js'
import { Connection, type Outcome, request } from './connection.js'
import { count, noRequests, type Tally } from './tally.js'

export interface LoadOptions {
  /** One after the other. */
  readonly paths: readonly string[]
  readonly headers: readonly string[]
  /** How many connections are kept. */
  readonly connections: number
  /** Requests per second in all; every fifth has a connection of its own. */
  readonly rate: number
}

/** No more are sent, whatever else is said. */
const MOST = 100_000

const TICK_MS = 10

const EVERY_FIFTH = 5

/**
 * Asks as clients do that keep to HTTP: on kept connections and on new ones, again and again, not on a connection whose end they have seen or that
 * said `Connection: close`.
 */
export class Load {
  readonly before: Tally = noRequests()
  readonly after: Tally = noRequests()
  /** When the first connection was refused after the signal, by `performance.now()`. */
  refusedAt: number | undefined
  readonly usual = new Set<number>()
  readonly #address: Address
  readonly #options: LoadOptions
  readonly #advertised: () => boolean
  readonly #kept = new Set<Connection>()
  readonly #all = new Set<Connection>()
  readonly #waiting = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #last = 0
  #due = 0
  #sent = 0
  #signalled = false

  /** `advertised`: whether a balancer would still send requests. */
  constructor(address: Address, options: LoadOptions, advertised: () => boolean) {
    this.#address = address
    this.#options = options
    this.#advertised = advertised
  }

  get sent(): number {
    return this.#sent
  }

  start(): void {
    this.#last = performance.now()
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** One request on every connection that is idle: so that some are in flight when the signal comes in the same turn. */
  signal(send: () => void): void {
    for (const connection of this.#kept) if (connection.idle) this.#ask(connection, false)
    this.#signalled = true
    send()
  }

  /** Asks no more, waits up to `ms` for what is not answered, and leaves; what is not answered then is lost in flight. */
  async stop(ms: number): Promise<void> {
    clearInterval(this.#timer)
    await within(Promise.all(this.#waiting), ms)
    for (const connection of this.#all) connection.leave()
    await Promise.all(this.#waiting)
  }

  #tick(): void {
    const now = performance.now()
    // After a pause of this process nothing is made up for.
    this.#due += (Math.min(now - this.#last, 10 * TICK_MS) * this.#options.rate) / 1_000
    this.#last = now
    for (; this.#due >= 1 && this.#sent < MOST; this.#due--) this.#next()
  }

  #next(): void {
    if (this.#sent % EVERY_FIFTH === 0) {
      if (this.#all.size < 2 * this.#options.connections) this.#open(true)
      return
    }
    for (const connection of this.#kept) if (connection.endedAt !== undefined) this.#forget(connection)
    const idle = [...this.#kept].find((connection) => connection.idle)
    if (this.#kept.size < this.#options.connections) this.#open(false)
    else if (idle !== undefined) {
      // To the end, so that all take turns.
      this.#kept.delete(idle)
      this.#kept.add(idle)
      this.#ask(idle, false)
    } else if (this.#all.size < 2 * this.#options.connections) this.#open(true)
  }

  #open(once: boolean): void {
    this.#sent++
    const connection = new Connection(this.#address)
    this.#all.add(connection)
    if (!once) this.#kept.add(connection)
    this.#follow(
      connection,
      connection.connected.then((connected) => (connected ? this.#send(connection, once) : { kind: 'refused' })),
    )
  }

  #ask(connection: Connection, once: boolean): void {
    this.#sent++
    this.#follow(connection, this.#send(connection, once))
  }

  #send(connection: Connection, once: boolean): Promise<Outcome> {
    const { paths, headers } = this.#options
    return connection.ask(request(paths[this.#sent % paths.length]!, this.#address, headers, once))
  }

  #follow(connection: Connection, outcome: Promise<Outcome>): void {
    const counted = outcome.then((outcome) => {
      this.#waiting.delete(counted)
      if (!connection.idle) this.#forget(connection)
      this.#count(outcome)
    })
    this.#waiting.add(counted)
  }

  #forget(connection: Connection): void {
    this.#all.delete(connection)
    this.#kept.delete(connection)
  }

  #count(outcome: Outcome): void {
    if (!this.#signalled) {
      if (outcome.kind === 'answered') this.usual.add(outcome.status)
      return count(this.before, outcome, this.usual, true)
    }
    if (outcome.kind === 'refused') this.refusedAt ??= performance.now()
    count(this.after, outcome, this.usual, this.#advertised())
  }
}
