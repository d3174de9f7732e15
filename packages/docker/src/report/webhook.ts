import { request } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { Clock } from '@keelson/kernel'
import { reasonOf } from '../engine/reason-of.js'
import { pause, within } from '../engine/within.js'
import type { MonitorEvent, MonitorEventType } from '../watch/monitor-events.js'

export interface AlertOptions {
  /** Where alerts are posted to, as JSON. It may hold a token: no message shows more of it than its host. */
  url: string
  headers?: Readonly<Record<string, string>>
  /** What is told; default give-ups, recoveries, and the loss and return of the engine. */
  events?: readonly MonitorEventType[]
  /** How often one alert is tried; default 5. */
  attempts?: number
  /** Before the second try, in ms; it doubles with each, up to 30 s; default 1_000. */
  delay?: number
  /** Of one try, in ms; default 10_000. */
  timeout?: number
  /** How many may wait; beyond that the oldest are dropped, and the next alert says how many; default 1_000. */
  queue?: number
}

const DEFAULT_EVENTS: readonly MonitorEventType[] = ['give-up', 'recovery', 'engine-lost', 'engine-back']
const LONGEST_DELAY = 30_000
/** How long a stop waits for alerts that have not been delivered, in ms. */
const LAST_CALL = 3_000

/** Posts alerts one after the other, in their order. */
export class Webhook {
  readonly #options: Required<AlertOptions>
  readonly #clock: Clock
  readonly #problem: (reason: string) => void
  readonly #ending = new AbortController()
  readonly #waiting: MonitorEvent[] = []
  #dropped = 0
  #posting: Promise<void> | undefined
  #closing = false

  constructor(options: AlertOptions, clock: Clock, problem: (reason: string) => void) {
    this.#options = { headers: {}, events: DEFAULT_EVENTS, attempts: 5, delay: 1_000, timeout: 10_000, queue: 1_000, ...options }
    this.#clock = clock
    this.#problem = problem
  }

  tell(event: MonitorEvent): void {
    if (this.#closing || !this.#options.events.includes(event.type)) return
    this.#waiting.push(event)
    if (this.#waiting.length > this.#options.queue) {
      this.#waiting.shift()
      this.#dropped++
    }
    this.#posting ??= this.#postAll()
  }

  /** Delivers what waits, for at most 3 s. */
  async close(): Promise<void> {
    this.#closing = true
    if (this.#posting === undefined) return
    const { signal } = this.#ending
    await within(
      this.#clock,
      LAST_CALL,
      signal,
      () => new Error(),
      () => this.#posting!,
    ).catch(() => {})
    this.#ending.abort(new Error('the monitor has stopped'))
    await this.#posting
    if (this.#waiting.length > 0) this.#problem(`${this.#waiting.length} alerts were not delivered before the stop`)
  }

  /** Called with at least one that waits. */
  async #postAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#ending.signal.aborted) {
      const event = this.#waiting[0]!
      const dropped = this.#dropped
      const failure = await this.#deliver(JSON.stringify(dropped > 0 ? { ...event, dropped } : event))
      if (this.#ending.signal.aborted) return
      // It may have been dropped to make room while it was on its way.
      if (this.#waiting[0] === event) this.#waiting.shift()
      if (failure === undefined) this.#dropped -= dropped
      else {
        this.#dropped++
        this.#problem(`an alert was not delivered to ${new URL(this.#options.url).host}: ${failure}`)
      }
    }
    // In the same turn as the last look: whoever comes later begins anew.
    this.#posting = undefined
  }

  /** Resolves to why it was given up. */
  async #deliver(body: string): Promise<string | undefined> {
    const { attempts, delay, timeout } = this.#options
    const { signal } = this.#ending
    let failure: string | undefined
    for (let attempt = 1; ; attempt++) {
      try {
        const late = () => new Error(`no answer within ${timeout} ms`)
        const status = await within(this.#clock, timeout, signal, late, (inner) => this.#post(body, inner))
        if (status < 300) return undefined
        failure = `it answered ${status}`
        // What was refused once is refused again, unless it says that it only was a bad time.
        if (status < 500 && status !== 408 && status !== 429) return failure
      } catch (error) {
        failure = reasonOf(error)
      }
      if (attempt >= attempts || signal.aborted) return failure
      await pause(this.#clock, Math.min(LONGEST_DELAY, delay * 2 ** (attempt - 1)), signal).catch(() => {})
    }
  }

  #post(body: string, signal: AbortSignal): Promise<number> {
    const { url, headers } = this.#options
    const post = url.startsWith('https:') ? secureRequest : request
    const all = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers }
    return new Promise((resolve, reject) => {
      const asked = post(url, { method: 'POST', headers: all, agent: false, signal }, (response) => {
        response.on('error', reject)
        resolve(response.statusCode ?? 0)
        asked.destroy() // the body may have no end
      })
      asked.on('error', reject).end(body)
    })
  }
}
